package io.keyledger.server;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.axonframework.eventhandling.pooled.PooledStreamingEventProcessor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The streaming projections of this process: their start and end, how they are, and that they go on after a failure. An
 * event that cannot be read or applied stops its projection, so that nothing is skipped, until it can.
 */
public final class Projections implements HealthIndicator, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Projections.class);

    /** Axon waits longer and longer, up to a minute; a database that was away for long is back sooner than that. */
    private static final Duration RESTART = Duration.ofSeconds(5);

    private static final int SEGMENT = 0;

    private final List<Running> running;
    private final JdbcClient jdbc;

    Projections(List<Running> running, JdbcClient jdbc, MeterRegistry meters) {
        this.running = running;
        this.jdbc = jdbc;
        for (var projection : running) {
            Gauge.builder("keyledger.projection.position", () -> position(projection.name()))
                    .description("Position that the projection has reached")
                    .tag("projection", projection.name())
                    .register(meters);
            Gauge.builder("keyledger.projection.lag", () -> head() - position(projection.name()))
                    .description("Positions that the projection is behind the log's head")
                    .tag("projection", projection.name())
                    .register(meters);
        }
    }

    /** One projection's processor, and what it failed at last. */
    static final class Running {

        private @Nullable PooledStreamingEventProcessor processor;
        private volatile @Nullable Throwable failure;
        private volatile boolean wanted;
        private long restartedAt = System.nanoTime();

        void run(PooledStreamingEventProcessor processor) {
            this.processor = processor;
        }

        /** Called with what an event handler threw. */
        void failed(Throwable failure) {
            this.failure = failure;
        }

        private PooledStreamingEventProcessor processor() {
            return Objects.requireNonNull(processor);
        }

        private String name() {
            return processor().getName();
        }

        /** After a handler's failure this node lets go of the segment, so one that is held is being worked on. */
        private boolean isFailing() {
            if (!processor().processingStatus().isEmpty()) {
                failure = null;
            }
            return processor().isError() || failure != null;
        }

        private void start() {
            wanted = true;
            processor().start();
        }

        /**
         * Claims the segment after a handler's failure, and starts anew what still does not work: a processor that has
         * lost the database in the middle of a batch stays as it is, and one that could not even start has to.
         */
        private void goOn() {
            if (!wanted || (processor().isRunning() && !isFailing())) {
                return;
            }
            if (System.nanoTime() - restartedAt > RESTART.toNanos()) {
                restartedAt = System.nanoTime();
                processor().shutDown();
                processor().start();
            } else if (failure != null) {
                var _ = processor().claimSegment(SEGMENT);
            }
        }
    }

    void start() {
        running.forEach(Running::start);
    }

    /** Tries again what has failed; to be called every few seconds. */
    void goOn() {
        for (var projection : running) {
            try {
                projection.goOn();
            } catch (RuntimeException e) {
                LOG.warn("The projection {} cannot go on yet: {}", projection.name(), e.toString());
            }
        }
    }

    /** Whether a projection of this node has stopped at a failure. */
    boolean areFailing() {
        return running.stream().anyMatch(Running::isFailing);
    }

    /** Whether every projection, on whatever node, has reached this position. */
    boolean haveReached(long position) {
        return running.stream().allMatch(projection -> position(projection.name()) >= position);
    }

    long head() {
        return jdbc.sql("select coalesce(max(global_index), 0) from event.domain_event")
                .query(Long.class)
                .single();
    }

    private long position(String processor) {
        return jdbc.sql("""
            select coalesce(min((convert_from(token, 'UTF8')::jsonb ->> 'index')::bigint), 0)
            from state.token_entry where processor_name = ?\
            """).param(processor).query(Long.class).single();
    }

    /** Down while a projection of this node has stopped at a failure. */
    @Override
    public Health health() {
        var failing =
                running.stream().filter(Running::isFailing).map(Running::name).toList();
        return failing.isEmpty()
                ? Health.up().build()
                : Health.down().withDetail("failing", failing).build();
    }

    @Override
    public void close() {
        try {
            CompletableFuture.allOf(running.stream()
                            .map(projection -> projection.processor().shutdownAsync())
                            .toArray(CompletableFuture[]::new))
                    .get(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("The projections did not stop in time: {}", e.toString());
        }
    }
}
