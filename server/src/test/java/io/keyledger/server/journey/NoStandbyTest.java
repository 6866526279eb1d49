package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.query.authentication.TokenLookup;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A primary whose synchronous standby is away: what is committed waits for it, and must not be acknowledged before. */
class NoStandbyTest {

    private EmbeddedPostgres postgres;
    private JdbcClient sql;
    private ServerProcess node;

    @BeforeEach
    void start() throws IOException {
        // Whatever the server's PostgreSQL does by default.
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("synchronous_commit", "off")
                .start();
        JdbcClient.create(postgres.getPostgresDatabase())
                .sql("create database keyledger")
                .update();
        sql = JdbcClient.create(postgres.getDatabase("postgres", "keyledger"));
        node = ServerProcess.onDatabase(postgres.getJdbcUrl("postgres", "keyledger"))
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        if (node != null) {
            waitFor("");
            node.close();
        }
        postgres.close();
    }

    @Test
    void a_change_whose_wait_for_the_standby_is_cancelled_is_not_acknowledged() throws Exception {
        var administrator = People.signIn(node.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
        var token = People.createToken(administrator, "to be revoked");
        waitFor("standby");
        await().until(() -> !waiting("application_name = 'keyledger lookup'").isEmpty());

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var revocation = threads.submit(() -> administrator.delete("/api/tokens/" + token.id()));
            // The change itself, and neither the session's last access nor whatever else the node commits.
            await().until(() -> cancel("""
                pid in (select pid from pg_locks
                    where relation = 'event.domain_event'::regclass and mode = 'RowExclusiveLock')\
                """) == 1);
            waitFor("");
            var answer = revocation.get();

            assertThat(answer.status()).as("%s", answer).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("database_unavailable");
            assertThat(answer.header("Keyledger-Position")).isEmpty();
        }
        assertThat(administrator.delete("/api/tokens/" + token.id()).status()).isEqualTo(204);
    }

    /** Who waits does not notice that nobody waits for its answer any more. */
    @Test
    void heartbeats_that_are_not_acknowledged_leave_no_connections_behind() {
        waitFor("standby");
        await().untilAsserted(() -> assertThat(
                        node.client().get("/actuator/health/readiness").status())
                .isEqualTo(503));
        await().during(Duration.ofSeconds(8))
                .atMost(Duration.ofSeconds(20))
                .until(() -> waiting("application_name = 'keyledger lookup'").size() <= TokenLookup.LANES);
        waitFor("");
        await().untilAsserted(() -> assertThat(
                        node.client().get("/actuator/health/readiness").status())
                .isEqualTo(200));
    }

    /** @param standby the one to wait for; empty: none */
    private void waitFor(String standby) {
        sql.sql("alter system set synchronous_standby_names = '%s'".formatted(standby))
                .update();
        sql.sql("select pg_reload_conf()").query(Boolean.class).single();
    }

    private List<Integer> waiting(String condition) {
        return sql.sql("select pid from pg_stat_activity where wait_event = 'SyncRep' and " + condition)
                .query(Integer.class)
                .list();
    }

    /** @return how many */
    private int cancel(String condition) {
        var waiting = waiting(condition);
        for (var pid : waiting) {
            sql.sql("select pg_cancel_backend(?)")
                    .param(pid)
                    .query(Boolean.class)
                    .single();
        }
        return waiting.size();
    }
}
