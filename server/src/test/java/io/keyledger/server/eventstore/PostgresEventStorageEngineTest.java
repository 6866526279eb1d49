package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.database.Outage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine;
import org.axonframework.eventsourcing.eventstore.EventStoreException;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.messaging.GenericMessage;
import org.axonframework.messaging.MetaData;
import org.axonframework.modelling.command.AggregateStreamCreationException;
import org.axonframework.modelling.command.ConcurrencyException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

class PostgresEventStorageEngineTest {

    private final HikariDataSource database = TestDatabase.create();
    private final Axon axon = new Axon(database);
    private final JdbcTemplate sql = new JdbcTemplate(database);
    private final EventReader reader = new EventReader(() -> axon.engine(3));

    /** All of this must hold whatever the reader's clock says. */
    @BeforeEach
    void set_the_clock_wrong() {
        GenericEventMessage.clock = Clock.offset(Clock.systemUTC(), Duration.ofHours(2));
    }

    @AfterEach
    void set_the_clock_right() {
        GenericEventMessage.clock = Clock.systemUTC();
        database.close();
    }

    @Test
    void an_event_that_commits_late_is_waited_for_and_read_once() throws SQLException {
        try (EventWriter slow = new EventWriter(database);
                EventWriter fast = new EventWriter(database)) {
            appendTo(4, fast);
            long gap = slow.append();
            appendTo(2, fast);

            assertThat(reader.readAll()).hasSize(6);
            appendTo(1, fast);
            assertThat(reader.readAll()).hasSize(1);
            reader.restart();
            appendTo(1, fast);
            assertThat(reader.readAll()).hasSize(1);
            assertThat(reader.token().getGaps()).containsExactly(gap);

            slow.commit();
            assertThat(reader.readAll()).containsExactly(identifier(gap));
            assertThat(reader.token().getGaps()).isEmpty();
            assertThat(reader.readAll()).isEmpty();
        }
    }

    @Test
    void an_event_that_is_rolled_back_leaves_no_gap() throws SQLException {
        try (EventWriter slow = new EventWriter(database);
                EventWriter fast = new EventWriter(database)) {
            long gap = slow.append();
            appendTo(2, fast);
            reader.readAll();
            appendTo(1, fast);
            reader.readAll();
            assertThat(reader.token().getGaps()).containsExactly(gap);

            slow.rollback();
            // PostgreSQL may have a transaction of its own under way, to analyze a table.
            await().until(() -> {
                appendTo(1, fast);
                assertThat(reader.readAll()).hasSize(1);
                return reader.token().getGaps().isEmpty();
            });
            assertReadOnce(reader);
        }
    }

    /** Its id is then the xmax, and also the xmin, of the reader's snapshot. */
    @Test
    void a_gap_is_kept_when_its_transaction_started_after_all_that_have_ended() throws SQLException {
        try (EventWriter first = new EventWriter(database);
                EventWriter second = new EventWriter(database)) {
            long firstId = first.takeTransactionId();
            assertThat(second.takeTransactionId()).isGreaterThan(firstId);
            long gap = second.append();
            appendTo(1, first);

            assertThat(reader.readAll()).hasSize(1);
            assertThat(reader.token().getGaps()).containsExactly(gap);
            second.commit();
            assertThat(reader.readAll()).containsExactly(identifier(gap));
        }
    }

    @Test
    void gaps_beyond_a_full_batch_are_kept() throws SQLException {
        EventReader oneByOne = new EventReader(() -> axon.engine(1));
        try (EventWriter slow = new EventWriter(database);
                EventWriter fast = new EventWriter(database)) {
            long one = slow.append();
            long two = slow.append();
            slow.appendAndTakeBack();
            long three = slow.append();
            appendTo(1, fast);
            oneByOne.read(1);
            slow.commit();

            assertThat(oneByOne.read(1)).containsExactly(identifier(one));
            oneByOne.restart();
            assertThat(oneByOne.read(1)).containsExactly(identifier(two));
            assertThat(oneByOne.read(1)).containsExactly(identifier(three));
            assertThat(oneByOne.token().getGaps()).isEmpty();
        }
    }

    @Test
    void reading_starts_before_an_event_that_is_not_visible_yet() throws SQLException {
        try (EventWriter slow = new EventWriter(database);
                EventWriter fast = new EventWriter(database)) {
            long first = slow.append();
            appendTo(1, fast);
            EventStorageEngine engine = axon.engine(3);
            GapAwareTrackingToken tail = (GapAwareTrackingToken) engine.createTailToken();
            slow.commit();

            assertThat(engine.readEvents(tail, false).findFirst().orElseThrow().getIdentifier())
                    .isEqualTo(identifier(first));
        }
    }

    @Test
    void gaps_that_are_long_dead_never_enter_a_token() throws SQLException {
        try (EventWriter writer = new EventWriter(database)) {
            for (int i = 0; i < 50; i++) {
                writer.append();
                writer.rollback();
                appendTo(1, writer);
            }
        }
        while (!reader.read(1).isEmpty()) {
            assertThat(reader.token().getGaps()).isEmpty();
        }
        assertThat(reader.everRead()).hasSize(50);
    }

    /** Every interleaving is made by one thread, step by step, so a failing seed fails again. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whatever_writers_do_each_committed_event_is_read_once(long seed) throws SQLException {
        for (int round = 0; round < 10; round++) {
            interleave(new Random(seed * 1000 + round), reader);
        }
        assertReadOnce(reader);

        try (EventWriter writer = new EventWriter(database)) {
            appendTo(1, writer);
            reader.readAll();
            reader.readAll();
            appendTo(1, writer);
        }
        assertThat(reader.readAll()).hasSize(1);
        assertThat(reader.token().getGaps()).isEmpty();
    }

    /** Why there is an engine of our own, and that the test above would notice. */
    @Test
    void axons_own_engine_loses_events() throws SQLException {
        EventReader stock = new EventReader(this::stockEngine);
        for (int round = 0; round < 10; round++) {
            interleave(new Random(round), stock);
        }
        assertThat(stock.everRead()).hasSizeLessThan(committed().size());
    }

    private void interleave(Random random, EventReader reader) throws SQLException {
        List<EventWriter> writers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            writers.add(new EventWriter(database));
        }
        for (int step = 0; step < 80; step++) {
            EventWriter writer = writers.get(random.nextInt(writers.size()));
            switch (random.nextInt(12)) {
                case 0 -> writer.takeTransactionId();
                case 1, 2, 3 -> writer.append();
                case 4 -> writer.appendInSubtransaction();
                case 5 -> writer.appendAndTakeBack();
                case 6, 7 -> writer.commit();
                case 8 -> writer.rollback();
                case 9, 10 -> reader.read(1 + random.nextInt(7));
                default -> reader.restart();
            }
        }
        for (EventWriter writer : writers) {
            if (random.nextBoolean()) {
                writer.commit();
            }
            writer.close();
        }
        reader.readAll();
    }

    private EventStorageEngine stockEngine() {
        JdbcEventStorageEngine.Builder builder = JdbcEventStorageEngine.builder()
                .schema(EventTables.EVENTS)
                .connectionProvider(axon.connections)
                .transactionManager(axon.transactions)
                .eventSerializer(axon.events)
                .snapshotSerializer(axon.events)
                .batchSize(3);
        return new JdbcEventStorageEngine(builder) {
            @Override
            protected Object readTimeStamp(ResultSet row, String column) throws SQLException {
                return row.getObject(column, OffsetDateTime.class);
            }
        };
    }

    @Test
    void events_come_back_as_they_were_written() {
        Instant now = Instant.parse("2026-11-05T10:15:30.123Z");
        DomainEventMessage<?> event = new GenericDomainEventMessage<>(
                "Sample",
                "a",
                0,
                new GenericMessage<>(new SampleHappened("this"), MetaData.from(Map.of("actor", "alice"))),
                () -> now);
        EventStorageEngine engine = axon.engine(3);
        engine.appendEvents(event);

        assertThat(engine.readSnapshot("a")).isEmpty();
        DomainEventMessage<?> read = engine.readEvents("a").next();
        assertThat(read.getIdentifier()).isEqualTo(event.getIdentifier());
        assertThat(read.getPayload()).isEqualTo(new SampleHappened("this"));
        assertThat(read.getMetaData()).isEqualTo(Map.of("actor", "alice"));
        assertThat(read.getTimestamp()).isEqualTo(now);
        assertThat(read.getType()).isEqualTo("Sample");
    }

    @Test
    void an_aggregate_longer_than_a_batch_is_read_to_its_end() {
        EventStorageEngine engine = axon.engine(3);
        for (int length = 1; length <= 7; length++) {
            engine.appendEvents(event("a", length - 1));
            assertThat(engine.readEvents("a").asStream()).hasSize(length);
        }
    }

    @Test
    void two_writers_of_one_aggregate_conflict() {
        EventStorageEngine engine = axon.engine(3);
        engine.appendEvents(event("a", 0));
        engine.appendEvents(event("a", 1));

        assertThatThrownBy(() -> engine.appendEvents(event("a", 1))).isInstanceOf(ConcurrencyException.class);
        assertThatThrownBy(() -> engine.appendEvents(event("a", 0)))
                .isInstanceOf(AggregateStreamCreationException.class);
    }

    /** Axon's own says of whatever goes wrong that the identifier is taken, or the event already there. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    void when_the_disk_is_full_that_is_what_is_said(long sequence) {
        sql.execute("""
            create function event.fail() returns trigger language plpgsql as
                $$ begin raise disk_full using message = 'No space left on device'; end $$;
            create trigger fail before insert on event.domain_event execute function event.fail();
            """);
        assertThatThrownBy(() -> axon.engine(3).appendEvents(event("a", sequence)))
                .isInstanceOf(EventStoreException.class)
                .isNotInstanceOf(ConcurrencyException.class)
                .hasMessageStartingWith("Events could not be appended: ERROR: No space left on device")
                .satisfies(failure -> assertThat(Outage.isCauseOf(failure)).isTrue());
    }

    private static DomainEventMessage<?> event(String aggregate, long sequence) {
        return new GenericDomainEventMessage<>("Sample", aggregate, sequence, new SampleHappened("that"));
    }

    private static void appendTo(int count, EventWriter writer) throws SQLException {
        for (int i = 0; i < count; i++) {
            writer.append();
        }
        writer.commit();
    }

    private String identifier(long index) {
        return sql.queryForObject(
                "select event_identifier from event.domain_event where global_index = ?", String.class, index);
    }

    private List<String> committed() {
        return sql.queryForList("select event_identifier from event.domain_event", String.class);
    }

    private void assertReadOnce(EventReader reader) {
        assertThat(reader.everRead()).containsExactlyInAnyOrderElementsOf(committed());
    }
}
