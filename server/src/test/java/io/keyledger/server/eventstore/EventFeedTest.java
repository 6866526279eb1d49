package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.server.TestDatabase;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.PropagatingErrorHandler;
import org.axonframework.eventhandling.SimpleEventHandlerInvoker;
import org.axonframework.eventhandling.TrackedEventMessage;
import org.axonframework.eventhandling.pooled.PooledStreamingEventProcessor;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.messaging.StreamableMessageSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

class EventFeedTest {

    private static final String PROCESSOR = "samples";

    /** A projection; the second handler makes the processor store its token for all other events too. */
    final class Samples {

        @EventHandler
        void on(SampleHappened event) {
            sql.update("insert into projection.sample values (?)", event.what());
            handled.add(event.what());
            if (event.what().equals("bad")) {
                throw new IllegalStateException("cannot project");
            }
        }

        @EventHandler
        void on(@SuppressWarnings("UnusedVariable") Object event) {}
    }

    private final HikariDataSource database = TestDatabase.create();
    private final Axon axon = new Axon(database);
    private final JdbcTemplate sql = new JdbcTemplate(database);
    private final BlockingQueue<String> handled = new LinkedBlockingQueue<>();
    private final PostgresEventStorageEngine otherProcess = axon.engine(100);
    private final EventFeed feed = new EventFeed(axon.engine(100), Duration.ofMillis(50), () -> false);
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
    private final PooledStreamingEventProcessor processor = PooledStreamingEventProcessor.builder()
            .name(PROCESSOR)
            .eventHandlerInvoker(SimpleEventHandlerInvoker.builder()
                    .eventHandlers(new Samples())
                    .listenerInvocationErrorHandler(PropagatingErrorHandler.instance())
                    .build())
            .messageSource(feed)
            .tokenStore(JdbcTokenStore.builder()
                    .connectionProvider(axon.connections)
                    .schema(EventTables.TOKENS)
                    .serializer(TokenSerializer.create())
                    .build())
            .transactionManager(axon.transactions)
            .coordinatorExecutor(threads)
            .workerExecutor(threads)
            .initialSegmentCount(1)
            .initialToken(StreamableMessageSource::createTailToken)
            .batchSize(100)
            .build();
    private final ProjectionPositions positions =
            new ProjectionPositions(JdbcClient.create(database), TokenSerializer.create());

    private long appended;

    @BeforeEach
    void start() {
        sql.execute("create table projection.sample (what text)");
        processor.start();
    }

    @AfterEach
    void stop() {
        processor.shutDown();
        feed.close();
        threads.shutdownNow();
        database.close();
    }

    /** Each is appended after the one before was handled; asking twice a second, this would take 10 s. */
    @Test
    void events_of_other_processes_are_noticed_soon() throws InterruptedException {
        append("first");
        assertThat(handled.poll(10, TimeUnit.SECONDS)).isEqualTo("first");

        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            append("event " + i);
            assertThat(handled.poll(10, TimeUnit.SECONDS)).isEqualTo("event " + i);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
    }

    @Test
    void many_events_are_handled_in_their_order() {
        for (int i = 0; i < 350; i++) {
            append("event " + i);
        }
        positions.await(PROCESSOR, 350);
        assertThat(handled).hasSize(350).first().isEqualTo("event 0");
        assertThat(sql.queryForObject("select count(*) from projection.sample", Long.class))
                .isEqualTo(350);
    }

    /** Axon's coordinator does so: it goes on asking after it has let another thread in. */
    @Test
    void none_is_lost_while_another_thread_asks_whether_there_are_more() throws InterruptedException {
        processor.shutDown();
        otherProcess.appendEvents(IntStream.range(0, 5_000)
                .mapToObj(number ->
                        new GenericDomainEventMessage<>("Sample", "a", number, new SampleHappened("event " + number)))
                .toList());
        var events = feed.openStream(null);
        var asking = threads.submit(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                events.hasNextAvailable();
            }
        });
        for (var number = 0; number < 5_000; number++) {
            assertThat(((DomainEventMessage<?>) events.nextAvailable()).getSequenceNumber())
                    .isEqualTo(number);
        }
        asking.cancel(true);
    }

    @Test
    void the_token_moves_past_events_that_the_projection_ignores() {
        append("this");
        positions.await(PROCESSOR, 1);
        otherProcess.appendEvents(new GenericDomainEventMessage<>("Sample", "b", 0, new SampleIgnored("that")));
        positions.await(PROCESSOR, 2);
        assertThat(handled).containsExactly("this");
    }

    @Test
    void an_event_that_cannot_be_read_stops_the_processor_visibly() {
        append("before");
        positions.await(PROCESSOR, 1);
        sql.execute("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, occurred_at,
                payload_type, payload_revision, payload, metadata)
            values ('e', 'b', 0, now(), 'sample.unheard.of', '1', '{}', '{}')
            """);
        append("after");

        await().until(processor::isError);
        assertThat(handled).containsExactly("before");
    }

    /** How a watchdog bounds Axon's pause between attempts, which grows to a minute: it claims the segment anew. */
    @Test
    void a_handler_that_fails_changes_nothing_and_is_tried_again() {
        append("bad");
        await().until(() -> !handled.isEmpty() && processor.processingStatus().isEmpty());
        assertThat(sql.queryForList("select * from projection.sample")).isEmpty();

        handled.clear();
        await().until(() -> {
            var _ = processor.claimSegment(0);
            return !handled.isEmpty();
        });
        assertThat(sql.queryForList("select * from projection.sample")).isEmpty();
    }

    @Test
    void whoever_committed_events_can_have_them_looked_at_at_once() throws InterruptedException {
        try (EventFeed slow = new EventFeed(otherProcess, Duration.ofDays(1), () -> true)) {
            var events = slow.openStream(slow.createTailToken());
            assertThat(events.hasNextAvailable()).isFalse();
            append("this");
            assertThat(events.hasNextAvailable()).isFalse();
            slow.look();
            TrackedEventMessage<?> event = events.nextAvailable();
            assertThat(event.getPayload()).isEqualTo(new SampleHappened("this"));
            assertThat(events.peek()).isEmpty();
        }
    }

    @Test
    void what_is_committed_in_a_hurry_is_looked_at_together_and_none_of_it_later_than_soon() {
        try (EventFeed busy = new EventFeed(otherProcess, Duration.ofDays(1), () -> true)) {
            var told = new AtomicInteger();
            busy.openStream(busy.createTailToken()).setOnAvailableCallback(told::incrementAndGet);
            long start = System.nanoTime();
            for (int i = 0; i < 10_000; i++) {
                busy.look();
            }
            int before = told.get();
            busy.look();
            await().until(() -> told.get() > before);
            long pauses = (System.nanoTime() - start) / Duration.ofMillis(20).toNanos();
            assertThat((long) told.get()).isLessThanOrEqualTo(pauses + 2);
        }
    }

    @Test
    void a_processor_that_cannot_be_told_keeps_the_news_from_nobody_else() {
        try (EventFeed other = new EventFeed(otherProcess, Duration.ofMillis(10), () -> false)) {
            var told = new AtomicInteger();
            for (int i = 0; i < 3; i++) {
                other.openStream(other.createTailToken()).setOnAvailableCallback(() -> {
                    told.incrementAndGet();
                    throw new IllegalStateException("cannot be told");
                });
            }
            await().until(() -> told.get() >= 9);
        }
    }

    private void append(String what) {
        otherProcess.appendEvents(new GenericDomainEventMessage<>("Sample", "a", appended++, new SampleHappened(what)));
    }
}
