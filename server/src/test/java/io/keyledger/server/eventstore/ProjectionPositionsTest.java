package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.server.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.ReplayToken;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventhandling.tokenstore.TokenStore;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class ProjectionPositionsTest {

    private static final String PROCESSOR = "samples";

    private final HikariDataSource database = TestDatabase.create();
    private final Axon axon = new Axon(database);
    private final Serializer tokens = TokenSerializer.create();
    private final TokenStore store = JdbcTokenStore.builder()
            .connectionProvider(axon.connections)
            .schema(EventTables.TOKENS)
            .serializer(tokens)
            .build();
    private final ProjectionPositions positions = new ProjectionPositions(JdbcClient.create(database), tokens);

    @BeforeEach
    void append_three_events() throws SQLException {
        try (EventWriter writer = new EventWriter(database)) {
            writer.append();
            writer.append();
            writer.append();
            writer.commit();
        }
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void a_projection_that_has_read_nothing_covers_nothing() {
        positions.await(PROCESSOR, 0);
        assertNotReached(1);

        segments(1);
        store(0, null);
        positions.await(PROCESSOR, 0);
        assertNotReached(1);
    }

    @Test
    void every_segment_has_to_cover_the_position() {
        segments(2);
        store(0, token(3));
        store(1, token(2));

        positions.await(PROCESSOR, 2);
        assertNotReached(3);
    }

    @Test
    void a_position_that_no_event_has_is_refused_at_once() {
        segments(1);
        store(0, token(3));

        positions.check(3);
        for (ThrowingCallable beyond :
                List.<ThrowingCallable>of(() -> positions.check(4), () -> positions.await(PROCESSOR, 4))) {
            assertThatThrownBy(beyond)
                    .isInstanceOfSatisfying(
                            Refusal.Malformed.class,
                            refusal -> assertThat(refusal.code()).isEqualTo("invalid_position"));
        }
    }

    @Test
    void a_gap_counts_once_its_event_is_committed() throws SQLException {
        segments(1);
        try (EventWriter slow = new EventWriter(database);
                EventWriter fast = new EventWriter(database)) {
            long gap = slow.append();
            long position = fast.append();
            fast.commit();
            store(0, token(position, gap));
            positions.await(PROCESSOR, position);

            slow.commit();
            assertNotReached(position);
            positions.await(PROCESSOR, gap - 1);
            store(0, token(position));
            positions.await(PROCESSOR, position);
        }
    }

    @Test
    void an_event_that_fills_a_gap_has_to_be_read_like_any_other() throws SQLException {
        segments(1);
        try (EventWriter slow = new EventWriter(database);
                EventWriter fast = new EventWriter(database)) {
            long gap = slow.append();
            long position = fast.append();
            fast.commit();
            store(0, token(position, gap));
            slow.commit();

            assertNotReached(gap);
            store(0, token(position));
            positions.await(PROCESSOR, gap);
        }
    }

    @Test
    void in_a_replay_it_counts_how_far_that_has_come() {
        segments(1);
        store(0, ReplayToken.createReplayToken(token(3), token(1)));

        positions.await(PROCESSOR, 1);
        assertNotReached(3);
    }

    @Test
    void a_read_waits_for_the_projection() {
        segments(1);
        store(0, token(2));
        try (ExecutorService other = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> read = other.submit(() -> positions.await(PROCESSOR, 3));
            assertThatThrownBy(() -> read.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);

            store(0, token(3));
            assertThat(read).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    private void assertNotReached(long position) {
        long start = System.nanoTime();
        assertThatThrownBy(() -> positions.await(PROCESSOR, position))
                .isInstanceOfSatisfying(
                        Refusal.Unavailable.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("position_not_reached"));
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(10));
    }

    private void segments(int count) {
        axon.transactions.executeInTransaction(() -> {
            store.initializeTokenSegments(PROCESSOR, count, null);
            for (int segment = 0; segment < count; segment++) {
                store.fetchToken(PROCESSOR, segment);
            }
        });
    }

    private void store(int segment, @Nullable TrackingToken token) {
        axon.transactions.executeInTransaction(() -> store.storeToken(token, PROCESSOR, segment));
    }

    private static GapAwareTrackingToken token(long index, Long... gaps) {
        return GapAwareTrackingToken.newInstance(index, List.of(gaps));
    }
}
