package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.ToolProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * A PostgreSQL of the operator's own, in the set-up of deploy/roles.sql, is backed up and restored with its own tools, as
 * docs/backup.md says; then what happened after the backup is brought back.
 */
class ExternalBackupTest {

    @TempDir
    private Path files;

    @Test
    void what_was_revoked_and_erased_after_a_dump_stays_so_when_it_is_restored() throws IOException {
        try (var postgres = InstalledPostgres.start(files)) {
            postgres.tool(
                    Map.of("KEYLEDGER_OWNER_PASSWORD", "unused", "KEYLEDGER_SERVER_PASSWORD", "unused"),
                    "psql",
                    "--quiet",
                    "--file=" + Path.of("..", "deploy", "roles.sql"),
                    postgres.uri("postgres", "postgres"));
            backUpAndRestore(postgres);
        }
    }

    private void backUpAndRestore(InstalledPostgres postgres) throws IOException {
        var dump = files.resolve("keyledger.dump");
        var archive = files.resolve("archive");
        var live = postgres.jdbcUrl("keyledger");
        People.Person person;
        People.Person erased;
        People.Issued kept;
        People.Issued revoked;
        People.Issued later;
        try (var server = twoRoles(ServerProcess.onDatabase(live)).start()) {
            var administrator = server.client().administrator();
            person = People.register(administrator, server.client(), "somebody");
            erased = People.register(administrator, server.client(), "soon-erased");
            kept = People.createToken(person.session(), "kept", "tokens:read");
            revoked = People.createToken(person.session(), "revoked", "tokens:read");

            postgres.tool(
                    Map.of(),
                    "pg_dump",
                    "--format=custom",
                    "--file=" + dump,
                    postgres.uri("keyledger_owner", "keyledger"));

            assertThat(person.session().delete("/api/tokens/" + revoked.id()).status())
                    .isEqualTo(204);
            assertThat(administrator
                            .delete("/api/accounts/" + erased.accountId() + "/personal-data")
                            .status())
                    .isEqualTo(204);
            later = People.createToken(person.session(), "later", "tokens:read");
            done(twoRoles(ToolProcess.onDatabase(live)).run("events", "export", "--output", archive.toString()));
        }

        postgres.tool(Map.of(), "psql", "--quiet", "--command", """
            create database restored owner keyledger_owner encoding 'UTF8' template template0\
            """, postgres.uri("postgres", "postgres"));
        postgres.tool(
                Map.of(), "pg_restore", "--dbname=" + postgres.uri("keyledger_owner", "restored"), dump.toString());
        var restored = postgres.jdbcUrl("restored");
        var tool = twoRoles(ToolProcess.onDatabase(restored));
        done(tool.run("restore"));
        // Whoever kept the projections did so on the database that was backed up.
        assertThat(JdbcClient.create(new DriverManagerDataSource(restored, "postgres", "unused"))
                        .sql("select count(*) from state.token_entry where owner is not null")
                        .query(Long.class)
                        .single())
                .isZero();

        try (var server = twoRoles(ServerProcess.onDatabase(restored)).start()) {
            for (var token : new People.Issued[] {kept, revoked, later}) {
                var refused = server.client().token(token.value()).get("/api/tokens/self");
                assertThat(refused.status()).as("%s", refused).isEqualTo(503);
            }
            var signIn = People.trySignIn(server.client(), person.email(), People.PASSWORD);
            assertThat(signIn.status()).as("%s", signIn).isEqualTo(503);
            assertThat(signIn.json().path("detail").asString()).startsWith("The database was restored from a backup");
            assertThat(server.client()
                            .get("/actuator/health/readiness")
                            .response()
                            .body())
                    .contains("run keyledger restore");

            done(tool.run("restore", "--from", archive.toString()));

            var open = server.client().token(kept.value()).get("/api/tokens/self");
            assertThat(open.status()).as("%s", open).isEqualTo(200);
            assertThat(People.status(server, revoked.value())).isEqualTo(401);
            assertThat(People.status(server, later.value())).isEqualTo(200);
            assertThat(People.trySignIn(server.client(), erased.email(), People.PASSWORD)
                            .status())
                    .isEqualTo(401);
            var account = server.client().administrator().get("/api/accounts/" + erased.accountId());
            assertThat(account.json().path("erased").asBoolean())
                    .as("%s", account)
                    .isTrue();
            // Positions go on behind the last one.
            People.createToken(People.signIn(server.client(), person.email(), People.PASSWORD), "after all that");
        }
    }

    private static ServerProcess.Setup twoRoles(ServerProcess.Setup setup) {
        return setup.with("SPRING_DATASOURCE_USERNAME", "keyledger")
                .with("SPRING_FLYWAY_USER", "keyledger_owner")
                .with("SPRING_FLYWAY_PASSWORD", "unused");
    }

    private static ToolProcess twoRoles(ToolProcess tool) {
        return tool.with("SPRING_DATASOURCE_USERNAME", "keyledger")
                .with("SPRING_FLYWAY_USER", "keyledger_owner")
                .with("SPRING_FLYWAY_PASSWORD", "unused");
    }

    private static void done(Result result) {
        assertThat(result.exitCode()).as("%s", result).isZero();
    }
}
