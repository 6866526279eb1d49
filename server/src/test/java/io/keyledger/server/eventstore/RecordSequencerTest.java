package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.query.record.Frontier;
import io.keyledger.query.record.Hash;
import io.keyledger.query.record.LeafEntry;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.server.TestDatabase;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

class RecordSequencerTest {

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcTemplate sql = new JdbcTemplate(database);
    private final RecordSequencer sequencer = sequencer(10_000);

    @AfterEach
    void close() {
        database.close();
    }

    private RecordSequencer sequencer(int batch) {
        return new RecordSequencer(database, new DataSourceTransactionManager(database), batch);
    }

    @Test
    void events_become_leaves_in_the_order_of_their_positions() throws Exception {
        append(3);
        sequencer.sequence();
        append(2);
        sequencer.sequence();

        assertThat(positions()).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(hashes()).isEqualTo(recomputed());
    }

    @Test
    void an_index_that_was_given_out_and_taken_back_leaves_no_hole() throws Exception {
        try (var writer = new EventWriter(database)) {
            writer.append();
            writer.appendAndTakeBack();
            writer.append();
            writer.commit();
        }
        sequencer.sequence();

        assertThat(positions()).containsExactly(1L, 3L);
        assertThat(sql.queryForList("select index from event.leaf order by index", Long.class))
                .containsExactly(0L, 1L);
    }

    @Test
    void a_slow_transactions_event_is_waited_for_and_keeps_its_place() throws Exception {
        try (var slow = new EventWriter(database);
                var fast = new EventWriter(database)) {
            slow.append();
            fast.append();
            fast.commit();
            sequencer.sequence();
            sequencer.sequence();
            assertThat(positions()).isEmpty();
            assertThat(sequencer.catchUp()).isFalse();

            fast.append();
            fast.commit();
            slow.commit();
        }
        sequencer.sequence();
        sequencer.sequence();

        assertThat(positions()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void a_transaction_that_could_still_write_below_holds_up_nothing_that_was_closed_before() throws Exception {
        append(2);
        try (var slow = new EventWriter(database)) {
            sequencer.sequence();
            slow.append();
            append(1);
            sequencer.sequence();
            assertThat(positions()).containsExactly(1L, 2L);
            slow.rollback();
        }
        sequencer.sequence();
        assertThat(positions()).containsExactly(1L, 2L, 4L);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 255, 256, 257, 300, 1000})
    void the_tree_is_the_same_however_it_is_cut_into_batches(int batch) throws Exception {
        append(1_000);
        var inBatches = sequencer(batch);
        for (var i = 0; i < 1_000 && positions().size() < 1_000; i++) {
            inBatches.sequence();
        }

        List<String> subtrees = new ArrayList<>();
        var tree = new Frontier((level, index, root) -> {
            if (level == 8) {
                subtrees.add(level + "/" + index + "/" + root);
            }
        });
        recomputed().forEach(tree::append);
        assertThat(hashes()).isEqualTo(recomputed());
        assertThat(sql.query(
                        "select level, index, hash from event.subtree order by level, index",
                        (row, _) -> row.getInt(1) + "/" + row.getLong(2) + "/" + Hash.of(row.getBytes(3))))
                .isEqualTo(subtrees)
                .hasSize(3);
    }

    @Test
    void bigger_subtrees_are_kept_too() throws Exception {
        append(65_536 + 1);
        assertThat(sequencer.catchUp()).isTrue();

        var tree = new Frontier();
        hashes().subList(0, 65_536).forEach(tree::append);
        assertThat(sql.query(
                        "select index, hash from event.subtree where level = 16",
                        (row, _) -> row.getLong(1) + "/" + Hash.of(row.getBytes(2))))
                .containsExactly("0/" + tree.root());
        assertThat(sql.queryForObject("select count(*) from event.subtree where level = 8", Integer.class))
                .isEqualTo(256);
    }

    @Test
    void several_nodes_at_once_give_each_event_one_place() throws Exception {
        try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<?>>();
            for (var node = 0; node < 4; node++) {
                var own = sequencer(50);
                var number = node;
                running.add(nodes.submit(() -> {
                    for (var i = 0; i < 20; i++) {
                        append(7);
                        if (number % 2 == 0) {
                            own.sequence();
                        } else {
                            own.catchUp();
                        }
                    }
                    return null;
                }));
            }
            for (var one : running) {
                one.get();
            }
        }
        assertThat(sequencer.catchUp()).isTrue();

        assertThat(positions())
                .isEqualTo(sql.queryForList(
                        "select global_index from event.domain_event order by global_index", Long.class))
                .hasSize(4 * 20 * 7);
        assertThat(hashes()).isEqualTo(recomputed());
    }

    @Test
    void a_server_that_rests_uses_up_no_transaction_ids() throws Exception {
        append(1);
        sequencer.sequence();
        var before = sql.queryForObject("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint", Long.class);

        for (var i = 0; i < 5; i++) {
            sequencer.sequence();
        }
        assertThat(sql.queryForObject("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint", Long.class))
                .isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update event.leaf set global_index = 7",
                "delete from event.leaf",
                "truncate event.leaf",
                "delete from event.subtree",
                "delete from event.checkpoint",
                "update event.checkpoint set size = 3"
            })
    void what_was_recorded_is_never_changed_or_removed(String change) throws Exception {
        append(1);
        sequencer.sequence();

        assertThatThrownBy(() -> sql.execute(change)).hasMessageContaining("Events are never changed or removed");
    }

    private void append(int events) throws SQLException {
        try (var writer = new EventWriter(database)) {
            writer.append(events);
            writer.commit();
        }
    }

    private List<Long> positions() {
        return sql.queryForList("select global_index from event.leaf order by index", Long.class);
    }

    private List<Hash> hashes() {
        return sql.query("select hash from event.leaf order by index", (row, _) -> Hash.of(row.getBytes(1)));
    }

    private List<Hash> recomputed() {
        return sql.query(
                "select * from event.domain_event order by global_index",
                (row, _) -> new LeafEntry(
                                row.getLong("global_index"),
                                row.getString("event_identifier"),
                                row.getString("aggregate_identifier"),
                                row.getLong("sequence_number"),
                                row.getString("type"),
                                row.getObject("occurred_at", OffsetDateTime.class)
                                        .toInstant(),
                                row.getString("payload_type"),
                                row.getString("payload_revision"),
                                row.getBytes("payload"),
                                row.getBytes("metadata"))
                        .hash());
    }
}
