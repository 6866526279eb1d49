package io.keyledger.server.projections;

import io.keyledger.api.ForRole.Role;
import io.keyledger.query.Projection;
import io.keyledger.server.database.Nodes;
import io.keyledger.server.eventstore.EventFeed;
import io.keyledger.server.eventstore.EventNotifications;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.axonframework.eventhandling.pooled.PooledStreamingEventProcessor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.dao.DataAccessException;
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

    private static final Duration SHARE = Duration.ofSeconds(10);

    /** Over how long the rate of events is measured. */
    private static final Duration RATE = Duration.ofMinutes(1);

    private final List<Projection> projections;
    private final List<Running> running;
    private final EventFeed feed;
    private final EventNotifications notifications;
    private final Nodes nodes;
    private final JdbcClient jdbc;
    private long sharedAt = System.nanoTime();
    private final Map<String, Deque<Sample>> samples = new ConcurrentHashMap<>();
    private final Set<String> toldFailures = ConcurrentHashMap.newKeySet();

    private record Sample(long nanoTime, long position) {}

    /**
     * @param projections all there are
     * @param running the processors of the streaming ones
     */
    public Projections(
            List<Projection> projections,
            List<Running> running,
            EventFeed feed,
            EventNotifications notifications,
            Nodes nodes,
            JdbcClient jdbc,
            MeterRegistry meters) {
        this.projections = projections;
        this.running = running;
        this.feed = feed;
        this.notifications = notifications;
        this.nodes = nodes;
        this.jdbc = jdbc;
        for (var projection : projections) {
            Gauge.builder("keyledger.projection.position", () -> position(projection))
                    .description("Position that the projection has reached")
                    .tag("projection", projection.name())
                    .register(meters);
            Gauge.builder("keyledger.projection.lag", () -> head() - position(projection))
                    .description("Positions that the projection is behind the log's head")
                    .tag("projection", projection.name())
                    .register(meters);
            Gauge.builder("keyledger.projection.rate", () -> rate(projection.name()))
                    .description("Positions that the projection has advanced in a second, over the last minute")
                    .tag("projection", projection.name())
                    .register(meters);
            Gauge.builder("keyledger.projection.drift", () -> drift(projection.name()))
                    .description("Rows that the last rebuild found to differ from what the events tell")
                    .tag("projection", projection.name())
                    .register(meters);
        }
    }

    /**
     * How a projection is, over all processes.
     *
     * @param lag positions that it is behind the log's head
     * @param eventsPerSecond by which its position has moved over the last minute
     * @param lastError why it stands still; absent while it does not
     */
    public record Status(
            String name,
            List<String> tables,
            long position,
            long head,
            long lag,
            double eventsPerSecond,
            boolean healthy,
            @Nullable String lastError,
            @Nullable Instant lastErrorAt) {}

    public List<Status> statuses() {
        return projections.stream()
                .sorted(Comparator.comparing(Projection::name))
                .map(this::status)
                .toList();
    }

    private record Failure(String message, Instant at) {}

    private Status status(Projection projection) {
        var head = head();
        var position = Math.min(head, position(projection));
        var failure = jdbc.sql("select message, at from state.projection_failure where projection = ?")
                .param(projection.name())
                .query((row, _) -> new Failure(
                        row.getString("message"), row.getTimestamp("at").toInstant()))
                .optional()
                .orElse(null);
        return new Status(
                projection.name(),
                projection.tables(),
                position,
                head,
                head - position,
                rate(projection.name()),
                failure == null,
                failure == null ? null : failure.message(),
                failure == null ? null : failure.at());
    }

    private long position(Projection projection) {
        return projection.isStreaming() ? position(projection.name()) : head();
    }

    private long drift(String projection) {
        return jdbc.sql("select coalesce(max(differences), 0) from state.projection_rebuild where projection = ?")
                .param(projection)
                .query(Long.class)
                .single();
    }

    private double rate(String projection) {
        var kept = samples.get(projection);
        var first = kept == null ? null : kept.peekFirst();
        var last = kept == null ? null : kept.peekLast();
        return first == null || last == null || last.nanoTime() == first.nanoTime()
                ? 0
                : (last.position() - first.position()) * 1e9 / (last.nanoTime() - first.nanoTime());
    }

    private void sample(Projection projection) {
        var kept = samples.computeIfAbsent(projection.name(), _ -> new ConcurrentLinkedDeque<>());
        var now = System.nanoTime();
        kept.addLast(new Sample(now, position(projection)));
        while (kept.size() > 2 && now - kept.getFirst().nanoTime() > RATE.toNanos()) {
            kept.removeFirst();
        }
    }

    /** Whether this node has failed at it, and no other one has gone on with it since. */
    private boolean standsStill(Running projection) {
        try {
            projection.forgetIf(event -> hasPassed(projection.name(), event));
            return projection.isFailing() && position(projection.name()) < head();
        } catch (DataAccessException e) {
            LOG.debug("It cannot be told whether {} stands still", projection.name(), e);
            return true;
        }
    }

    /** Whether the projection, on whatever node, is past the event, or there is no such event any more. */
    private boolean hasPassed(String processor, String event) {
        return jdbc.sql("""
            select not exists (
                select from event.domain_event
                    cross join (select convert_from(token, 'UTF8')::jsonb from state.token_entry
                        where processor_name = :processor) as entry (token)
                where event_identifier = :event
                    and ((token ->> 'index')::bigint < global_index or token -> 'gaps' @> to_jsonb(global_index)))\
            """)
                .param("event", event)
                .param("processor", processor)
                .query(Boolean.class)
                .single();
    }

    /** Tells the other processes why a projection stands still, and when it does not any more. */
    private void tellFailure(Running projection) {
        var name = projection.name();
        if (standsStill(projection)) {
            jdbc.sql("""
                insert into state.projection_failure (projection, message) values (:name, :message)
                on conflict (projection) do update set message = excluded.message, at = clock_timestamp()
                where projection_failure.message <> excluded.message\
                """)
                    .param("name", name)
                    .param("message", projection.failure())
                    .update();
            toldFailures.add(name);
        } else if (projection.isWorking() || toldFailures.contains(name)) {
            jdbc.sql("delete from state.projection_failure where projection = ?")
                    .param(name)
                    .update();
            toldFailures.remove(name);
        }
    }

    /** One projection's processor, and what it failed at last. */
    public static final class Running {

        private final Supplier<@Nullable Throwable> reading;

        /** @param event the first of those that the handler got */
        private record Failed(Throwable cause, String event) {}

        private @Nullable PooledStreamingEventProcessor processor;
        private volatile @Nullable Failed failure;

        /** Since a failure, after which Axon asks for the segment later and later, even when another node has mended it. */
        private volatile boolean waits;

        private volatile boolean wanted;
        private long restartedAt = System.nanoTime();

        /** @param reading why the log cannot be read, if so */
        public Running(Supplier<@Nullable Throwable> reading) {
            this.reading = reading;
        }

        public void run(PooledStreamingEventProcessor processor) {
            this.processor = processor;
        }

        /**
         * Called with what an event handler threw.
         *
         * @param event identifier of the first of the events that it got
         */
        public void failed(Throwable cause, String event) {
            failure = new Failed(cause, event);
            waits = true;
        }

        /** It may be another node that has gone on with what failed here. */
        private void forgetIf(Predicate<String> isPassed) {
            var known = failure;
            if (known != null && isPassed.test(known.event())) {
                failure = null;
            }
        }

        private PooledStreamingEventProcessor processor() {
            return Objects.requireNonNull(processor);
        }

        private String name() {
            return processor().getName();
        }

        private boolean isFailing() {
            return processor().isError() || failure != null;
        }

        private boolean isWorking() {
            return processor().isRunning() && !processor().processingStatus().isEmpty();
        }

        private String failure() {
            var applying = failure;
            var cause = applying != null ? applying.cause() : reading.get();
            return cause == null ? "the log cannot be read" : FailureReason.of(cause);
        }

        private void start() {
            wanted = true;
            processor().start();
        }

        private void stop() {
            if (wanted) {
                wanted = false;
                processor().shutDown();
            }
        }

        /** Another node may take it; this one asks for it again in a moment. */
        private void letGo() {
            processor().releaseSegment(SEGMENT);
        }

        /**
         * Claims the segment after a handler's failure, and starts anew what still does not work: a processor that has
         * lost the database in the middle of a batch stays as it is, and one that could not even start has to.
         */
        private void goOn() {
            if (!wanted) {
                return;
            }
            if (isWorking()) {
                waits = false;
            }
            if ((!processor().isRunning() || isFailing()) && System.nanoTime() - restartedAt > RESTART.toNanos()) {
                restartedAt = System.nanoTime();
                processor().shutDown();
                processor().start();
            } else if (waits) {
                var _ = processor().claimSegment(SEGMENT);
            }
        }
    }

    public void start() {
        notifications.start(feed::look);
        running.forEach(Running::start);
    }

    /** Tries again what has failed; to be called every few seconds. */
    public void goOn() {
        if (nodes.isDoubled()) {
            // Who goes by the same id would take this node's claims for its own.
            running.forEach(Running::stop);
            return;
        }
        projections.forEach(this::sample);
        running.forEach(this::tellFailure);
        share();
        for (var projection : running) {
            try {
                projection.goOn();
            } catch (RuntimeException e) {
                LOG.warn("The projection {} cannot go on yet: {}", projection.name(), e.toString());
            }
        }
    }

    /**
     * Every node takes what nobody has. One that has more than its part lets go of one, which the others take then; seldom,
     * as nobody may be able to, and it stands still for a moment.
     */
    private void share() {
        var held = running.stream().filter(Running::isWorking).toList();
        if (held.size() > 1 && System.nanoTime() - sharedAt > SHARE.toNanos()) {
            var parts = Math.max(1, nodes.count(Role.QUERY));
            if (held.size() > (running.size() + parts - 1) / parts) {
                sharedAt = System.nanoTime();
                held.getLast().letGo();
            }
        }
    }

    /** Whether a projection of this node has stopped at a failure. */
    public boolean areFailing() {
        return running.stream().anyMatch(this::standsStill);
    }

    /** Whether every projection, on whatever node, has reached this position. */
    public boolean haveReached(long position) {
        return running.stream().allMatch(projection -> position(projection.name()) >= position);
    }

    public long head() {
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
                running.stream().filter(this::standsStill).map(Running::name).toList();
        var health = failing.isEmpty() ? Health.up() : Health.down().withDetail("failing", failing);
        // Without, they are looked for.
        return health.withDetail("eventsAreTold", notifications.isListening()).build();
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
