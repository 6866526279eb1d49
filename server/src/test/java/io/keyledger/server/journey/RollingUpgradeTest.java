package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a node does when one of a newer version has begun to work on its database. */
class RollingUpgradeTest {

    @Test
    void a_running_node_goes_on_says_so_and_refuses_what_it_cannot_read_and_none_starts() {
        try (var nodes = Nodes.start(1)) {
            var node = nodes.node(0);
            var owner = People.register(nodes.administrator(), node.client(), "owner");
            var changed = People.createToken(owner.session(), "changed by the newer version");
            var other = People.createToken(owner.session(), "left alone");
            assertThat(health(node)).doesNotContain("newer version");
            nodes.jdbc().sql("""
                insert into state.flyway_schema_history
                select max(installed_rank) + 1, '999', 'from the future', 'SQL', 'V999__future.sql', 1, 'test', now(), 1,
                    true
                from state.flyway_schema_history\
                """).update();
            append(nodes, changed.id());

            assertThat(health(node)).contains("a newer version has migrated it; replace this node");
            // The look-up knows rows, not events.
            assertThat(People.status(node, changed.value())).isEqualTo(200);
            var refused = owner.session().delete("/api/tokens/" + changed.id());
            assertThat(refused.status()).as("%s", refused).isEqualTo(503);
            assertThat(refused.code()).isEqualTo("newer_version");
            assertThat(refused.header("Retry-After")).isNotEmpty();
            assertThat(owner.session().delete("/api/tokens/" + other.id()).status())
                    .isEqualTo(204);
            assertThat(People.status(node, other.value())).isEqualTo(401);

            try (var older = ServerProcess.onDatabase(TestDatabase.jdbcUrl(nodes.database()))
                    .launch()) {
                assertThat(older.exited(Duration.ofSeconds(60))).isTrue();
                assertThat(older.exitCode()).isEqualTo(1);
                assertThat(older.output()).contains("The database has the schema of a newer version (999).");
            }
        }
    }

    private static String health(ServerProcess node) {
        return node.client().get("/actuator/health").response().body();
    }

    private static void append(Nodes nodes, String tokenId) {
        nodes.jdbc()
                .sql("""
                    insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                        occurred_at, payload_type, payload_revision, payload, metadata)
                    select ?, aggregate_identifier, max(sequence_number) + 1, type, now(), 'token.teleported', '1', ?, ?
                    from event.domain_event where aggregate_identifier = ? group by aggregate_identifier, type\
                    """)
                .params(
                        UUID.randomUUID().toString(),
                        "{}".getBytes(StandardCharsets.UTF_8),
                        "{\"actorType\":\"system\",\"correlationId\":\"test\"}".getBytes(StandardCharsets.UTF_8),
                        tokenId)
                .update();
    }
}
