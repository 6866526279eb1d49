package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.People.Issued;
import io.keyledger.server.journey.People.Person;
import io.keyledger.server.journey.ToolProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A backup is restored, and what happened after it is brought back from an archive or an export, or every token is revoked:
 * nothing that was revoked or erased since is ever accepted again.
 */
class RestoreTest {

    private static final String NEW_PASSWORD = "eight wooden ladders";

    @TempDir
    private static Path files;

    private static Person person;
    private static Person erased;
    private static Issued kept;
    private static Issued revoked;
    private static Issued later;
    private static String backup;

    /** A backup, then more happens, then everything is written to files. */
    @BeforeAll
    static void live() throws IOException {
        var before = TestDatabase.createEmpty();
        try (var server = ServerProcess.onDatabase(TestDatabase.jdbcUrl(before)).start()) {
            var administrator = server.client().administrator();
            person = People.register(administrator, server.client(), "somebody");
            erased = People.register(administrator, server.client(), "soon-erased");
            kept = People.createToken(person.session(), "kept", "tokens:read");
            revoked = People.createToken(person.session(), "revoked", "tokens:read");
            // The log has its name from the first one on.
            assertThat(administrator.post("/api/admin/checkpoint", "{}").status())
                    .isLessThan(300);
        }
        var after = TestDatabase.copyOf(before);
        backup = databaseName(before);
        try (var server = ServerProcess.onDatabase(TestDatabase.jdbcUrl(after)).start()) {
            var session = person.session().at(server);
            assertThat(session.delete("/api/tokens/" + revoked.id()).status()).isEqualTo(204);
            later = People.createToken(session, "later", "tokens:read");
            assertThat(session.put("/api/account/password", """
                {"currentPassword": "%s", "newPassword": "%s", "confirmNewPassword": "%2$s"}\
                """.formatted(People.PASSWORD, NEW_PASSWORD))
                            .status())
                    .isEqualTo(204);
            assertThat(server.client()
                            .administrator()
                            .delete("/api/accounts/" + erased.accountId() + "/personal-data")
                            .status())
                    .isEqualTo(204);
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(after));
            done(tool.run(
                    "events", "export", "--output", files.resolve("archive").toString()));
            done(tool.run(
                    "audit",
                    "export",
                    "--output",
                    files.resolve("export.ndjson").toString()));
        }
        Files.writeString(
                files.resolve("checkpoint"),
                JdbcClient.create(after)
                        .sql("select note from event.checkpoint order by size desc limit 1")
                        .query(String.class)
                        .single());
        after.close();
    }

    private static String databaseName(HikariDataSource database) {
        return database.getJdbcUrl();
    }

    private static HikariDataSource restored() {
        var original = new HikariDataSource();
        original.setJdbcUrl(backup);
        return TestDatabase.copyOf(original);
    }

    private static Result done(Result result) {
        assertThat(result.exitCode()).as("%s", result).isZero();
        return result;
    }

    private static void refused(Result result, String because) {
        assertThat(result.exitCode()).as("%s", result).isEqualTo(1);
        // Before it there may be a warning, that one role owns the events and serves.
        assertThat(result.err().lines().toList().getLast()).contains(because);
    }

    @Test
    void from_an_archive_all_is_back_and_nothing_that_was_withdrawn() {
        try (var database = restored();
                var server =
                        ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));
            done(tool.run("restore"));
            assertThat(People.status(server, kept.value())).isEqualTo(503);
            assertThat(People.status(server, later.value())).isEqualTo(503);

            done(tool.run(
                    "restore",
                    "--from",
                    files.resolve("archive").toString(),
                    "--checkpoint",
                    files.resolve("checkpoint").toString()));

            accepted(server, kept, 200);
            accepted(server, revoked, 401);
            accepted(server, later, 200);
            assertThat(signIn(server, People.PASSWORD)).isEqualTo(401);
            assertThat(signIn(server, NEW_PASSWORD)).isEqualTo(204);
            isErased(server);
            done(tool.run(
                    "audit",
                    "verify",
                    "--checkpoint",
                    files.resolve("checkpoint").toString()));
            // Positions go on behind the last one.
            var session = People.signIn(server.client(), person.email(), NEW_PASSWORD);
            People.createToken(session, "after all that");
        }
    }

    @Test
    void from_an_export_alone_a_password_that_was_changed_since_is_none() {
        try (var database = restored();
                var server =
                        ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));

            var result = done(
                    tool.run("restore", "--from", files.resolve("export.ndjson").toString()));

            assertThat(result.err()).contains("1 passwords were changed", "of 1 accounts was erased again");
            accepted(server, kept, 200);
            accepted(server, revoked, 401);
            accepted(server, later, 200);
            assertThat(signIn(server, People.PASSWORD)).isEqualTo(401);
            assertThat(signIn(server, NEW_PASSWORD)).isEqualTo(401);
            isErased(server);
        }
    }

    @Test
    void without_anything_later_every_token_is_revoked_and_the_log_goes_on_under_another_name() {
        try (var database = restored();
                var server =
                        ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
            var before = origin(server);
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));

            done(tool.run("restore", "--revoke-tokens"));

            accepted(server, kept, 401);
            accepted(server, revoked, 401);
            assertThat(signIn(server, People.PASSWORD)).isEqualTo(204);
            var checkpoint = server.client().administrator().post("/api/admin/checkpoint", "{}");
            assertThat(checkpoint.status()).as("%s", checkpoint).isLessThan(300);
            assertThat(origin(server)).isNotEqualTo(before);
            done(tool.run("audit", "verify"));
        }
    }

    @Test
    void an_archive_becomes_a_new_database_that_is_opened_by_a_word() {
        try (var database = TestDatabase.createEmpty()) {
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));
            done(tool.run("events", "import", files.resolve("archive").toString()));
            try (var server =
                    ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
                assertThat(People.status(server, kept.value())).isEqualTo(503);

                done(tool.run("restore", "--nothing-lost"));

                accepted(server, kept, 200);
                accepted(server, revoked, 401);
                assertThat(signIn(server, NEW_PASSWORD)).isEqualTo(204);
                done(tool.run(
                        "audit",
                        "verify",
                        "--checkpoint",
                        files.resolve("checkpoint").toString()));
                refused(
                        tool.run("events", "import", files.resolve("archive").toString()),
                        "This database has a log already");
            }
        }
    }

    @Test
    void what_cannot_be_used_changes_nothing_and_leaves_it_closed() throws IOException {
        try (var database = restored()) {
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));
            var cut = Files.createDirectories(files.resolve("cut"));
            var archive = files.resolve("archive");
            Files.copy(
                    archive.resolve("events.ndjson"),
                    cut.resolve("events.ndjson"),
                    StandardCopyOption.REPLACE_EXISTING);
            var state = Files.readString(archive.resolve("state.ndjson"));
            Files.writeString(cut.resolve("state.ndjson"), state.substring(0, state.length() - 10));
            refused(tool.run("restore", "--from", cut.toString()), "was cut off or altered");

            var events = Files.readString(archive.resolve("events.ndjson"));
            var short_ = files.resolve("short.ndjson");
            Files.writeString(short_, events.substring(0, events.length() / 2));
            refused(tool.run("restore", "--from", short_.toString()), "cut off");

            refused(tool.run("restore", "--from", files.resolve("nothing").toString()), "There is no ");
            refused(
                    ToolProcess.onDatabase(TestDatabase.jdbcUrl(database))
                            .run(
                                    "restore",
                                    "--from",
                                    archive.toString(),
                                    "--checkpoint",
                                    cut.resolve("state.ndjson").toString()),
                    "holds no checkpoint");

            var compared = tool.run(
                    "restore",
                    "--nothing-lost",
                    "--checkpoint",
                    cut.resolve("state.ndjson").toString());
            assertThat(compared.exitCode()).as("%s", compared).isEqualTo(2);
            assertThat(compared.err()).contains("--checkpoint is for --from");

            var jdbc = JdbcClient.create(database);
            assertThat(jdbc.sql("select exists (select from state.restore)")
                            .query(Boolean.class)
                            .single())
                    .isTrue();
            assertThat(jdbc.sql("select count(*) from event.domain_event where payload_type = 'token.revoked'")
                            .query(Long.class)
                            .single())
                    .isZero();
        }
    }

    @Test
    void a_log_that_went_on_by_itself_is_not_mended() {
        try (var database = restored()) {
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));
            try (var server =
                    ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
                People.createToken(People.signIn(server.client(), person.email(), People.PASSWORD), "too early");
            }

            refused(
                    tool.run("restore", "--from", files.resolve("archive").toString()),
                    "have different events at position");
        }
    }

    private static void accepted(ServerProcess server, Issued token, int status) {
        assertThat(People.status(server, token.value())).isEqualTo(status);
    }

    private static int signIn(ServerProcess server, String password) {
        return People.trySignIn(server.client(), person.email(), password).status();
    }

    private static void isErased(ServerProcess server) {
        var account = server.client().administrator().get("/api/accounts/" + erased.accountId());
        assertThat(account.json().path("erased").asBoolean()).as("%s", account).isTrue();
        assertThat(account.response().body()).doesNotContain("soon-erased", "Somebody");
    }

    private static String origin(ServerProcess server) {
        var checkpoint = server.client().get("/.well-known/keyledger/checkpoint");
        return checkpoint.status() == 200
                ? checkpoint.response().body().lines().findFirst().orElse("")
                : "none";
    }
}
