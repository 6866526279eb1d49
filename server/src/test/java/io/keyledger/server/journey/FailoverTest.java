package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A primary and its synchronous standby, which is promoted while the old primary goes on answering reads: what is
 * revoked on the new one must not be accepted by a node that still asks the old one.
 */
class FailoverTest {

    private static final String DATABASE = "keyledger";

    /** A standby asks for its primary every 5 s. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void nobody_is_authenticated_by_a_server_that_may_not_be_the_primary_any_more() throws IOException {
        var primaryData = directory.resolve("primary");
        var standbyData = directory.resolve("standby");
        try (var empty = postgres(primaryData, 0)) {
            new JdbcTemplate(empty.getPostgresDatabase()).execute("create database " + DATABASE);
        }
        copy(primaryData, standbyData);
        try (var primary = postgres(primaryData, 0)) {
            Files.writeString(
                    standbyData.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=%d user=postgres application_name=standby'%n"
                            .formatted(primary.getPort()));
            Files.createFile(standbyData.resolve("standby.signal"));
            try (var standby = postgres(standbyData, 0)) {
                failOver(primary, primaryData, standby);
            }
        }
    }

    private static void failOver(EmbeddedPostgres primary, Path primaryData, EmbeddedPostgres standby)
            throws IOException {
        var old = new JdbcTemplate(primary.getPostgresDatabase());
        old.execute("alter system set synchronous_standby_names = 'standby'");
        old.execute("select pg_reload_conf()");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(old.queryForList("select sync_state from pg_stat_replication", String.class))
                                .containsExactly("sync"));

        try (var node = start("127.0.0.1:%d,127.0.0.1:%d".formatted(primary.getPort(), standby.getPort()))) {
            var administrator = People.signIn(node.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
            var person = People.register(administrator, node.client(), "person");
            var toBeRevoked = People.createToken(person.session(), "to be revoked");
            var revoked = node.client().token(toBeRevoked.value());
            var good = node.client()
                    .token(People.createToken(person.session(), "good").value());
            assertThat(revoked.get("/api/authenticate").status()).isEqualTo(204);

            // As docs/operations.md has it.
            var next = new JdbcTemplate(standby.getPostgresDatabase());
            next.execute("alter system set primary_conninfo = ''");
            next.execute("select pg_reload_conf()");
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(old.queryForList("select pid from pg_stat_replication", Integer.class))
                                    .isEmpty());
            next.execute("alter system reset primary_conninfo");
            next.execute("select pg_promote()");
            var promoted = System.nanoTime();

            // It answers, and knows nothing of its successor.
            assertThat(old.queryForObject("select pg_is_in_recovery()", Boolean.class))
                    .isFalse();
            var status = 0;
            while (status != 503) {
                var asked = System.nanoTime();
                status = revoked.get("/api/authenticate").status();
                assertThat(status)
                        .as("%d ms after the promotion", TimeUnit.NANOSECONDS.toMillis(asked - promoted))
                        .isIn(asked - promoted < TimeUnit.MILLISECONDS.toNanos(300) ? List.of(204, 503) : List.of(503));
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(node.client()
                                    .get("/actuator/health/readiness")
                                    .status())
                            .isEqualTo(503));
            assertThat(node.client().get("/actuator/health/liveness").status()).isEqualTo(200);

            try (var other = start("127.0.0.1:" + standby.getPort())) {
                assertThat(person.session()
                                .at(other)
                                .delete("/api/tokens/" + toBeRevoked.id())
                                .status())
                        .isEqualTo(204);
            }
            for (var use = 0; use < 20; use++) {
                assertThat(revoked.get("/api/authenticate").status()).isEqualTo(503);
            }

            // Demoted at last, on its old address.
            var port = primary.getPort();
            primary.close();
            Files.createFile(primaryData.resolve("standby.signal"));
            try (var demoted = postgres(primaryData, port)) {
                assertThat(new JdbcTemplate(demoted.getPostgresDatabase())
                                .queryForObject("select pg_is_in_recovery()", Boolean.class))
                        .isTrue();
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () -> assertThat(good.get("/api/authenticate").status())
                                        .isEqualTo(204));
                assertThat(revoked.get("/api/authenticate").status()).isEqualTo(401);
            }
        }
    }

    private static ServerProcess start(String hosts) {
        return ServerProcess.onDatabase("jdbc:postgresql://%s/%s?targetServerType=primary".formatted(hosts, DATABASE))
                .start();
    }

    private static EmbeddedPostgres postgres(Path data, int port) throws IOException {
        var builder = EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("synchronous_commit", "on");
        return (port == 0 ? builder : builder.setPort(port)).start();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
