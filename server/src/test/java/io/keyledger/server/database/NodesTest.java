package io.keyledger.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.settings.KeyledgerSettings;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Which process goes by a node's id; ProjectionsOnNodesTest shows what follows from it. */
class NodesTest {

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final DatabaseClock clock = new DatabaseClock();
    private final Nodes node = new Nodes(
            new KeyledgerSettings(
                    Path.of("data"),
                    Set.of("query"),
                    "klt_",
                    "closed",
                    null,
                    null,
                    "admin@localhost",
                    null,
                    null,
                    null,
                    null,
                    null,
                    new KeyledgerSettings.Webhooks(false),
                    new KeyledgerSettings.Checkpoints(null, null),
                    null,
                    null),
            clock,
            jdbc);

    @BeforeEach
    void measure() {
        clock.measure(jdbc);
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Of the one node that has reported. */
    private UUID mark() {
        return jdbc.sql("select mark from state.node").query(UUID.class).single();
    }

    private void setMark(UUID mark) {
        assertThat(jdbc.sql("update state.node set mark = ?").param(mark).update())
                .isEqualTo(1);
    }

    @Test
    void each_report_leaves_another_mark() {
        node.report();
        var first = mark();
        node.report();
        assertThat(mark()).isNotEqualTo(first);
        assertThat(node.isDoubled()).isFalse();
    }

    /** All nodes at once: the failover is one for all. */
    @Test
    void a_node_whose_last_reports_a_failover_lost_is_not_taken_for_doubled() {
        node.report();
        var kept = mark();
        // As many as there can be before the row is too old.
        for (var lost = 0; lost < 6; lost++) {
            node.report();
        }
        setMark(kept);
        node.report();
        node.report();
        assertThat(node.isDoubled()).isFalse();
        assertThat(mark()).isNotEqualTo(kept);
    }

    @Test
    void a_node_that_finds_a_mark_of_another_process_is_doubled() {
        node.report();
        var another = UUID.randomUUID();
        setMark(another);
        node.report();
        assertThat(node.isDoubled()).isTrue();
        node.report();
        node.close();
        assertThat(mark()).as("left to the other process").isEqualTo(another);
    }

    @Test
    void a_node_that_ends_is_not_there_any_more() {
        node.report();
        node.close();
        assertThat(jdbc.sql("select id from state.node").query(String.class).list())
                .isEmpty();
    }
}
