package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.command.webhook.Webhooks;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.query.record.SignedNote;
import io.keyledger.query.record.SigningKey;
import io.keyledger.query.record.VerifierKey;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.backup.Archive;
import io.keyledger.server.backup.Restore;
import io.keyledger.server.backup.Restore.Applied;
import io.keyledger.server.backup.Restore.State;
import io.keyledger.server.database.JdbcPersonalDataKeys;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Sealed;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.journey.People.Issued;
import io.keyledger.server.journey.People.Person;
import io.keyledger.server.journey.ToolProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

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
    private static String link;
    private static String keptWebhook;
    private static String deletedWebhook;
    private static String disabledWebhook;
    private static String changedWebhook;
    private static String createdWebhook;
    private static String backup;

    /** A backup, then more happens, then everything is written to files. */
    @BeforeAll
    static void live() throws IOException {
        var before = TestDatabase.createEmpty();
        try (var server = server(before)) {
            var administrator = server.client().administrator();
            person = People.register(administrator, server.client(), "somebody");
            erased = People.register(administrator, server.client(), "soon-erased");
            kept = People.createToken(person.session(), "kept", "tokens:read");
            revoked = People.createToken(person.session(), "revoked", "tokens:read");
            link = administrator
                    .post("/api/accounts/" + person.accountId() + "/reset-link", "{}")
                    .json()
                    .path("secret")
                    .asString();
            keptWebhook = createWebhook(administrator);
            deletedWebhook = createWebhook(administrator);
            disabledWebhook = createWebhook(administrator);
            changedWebhook = createWebhook(administrator);
            // The log has its name from the first one on.
            assertThat(administrator.post("/api/admin/checkpoint", "{}").status())
                    .isLessThan(300);
        }
        var after = TestDatabase.copyOf(before);
        backup = databaseName(before);
        try (var server = server(after)) {
            var session = person.session().at(server);
            assertThat(session.delete("/api/tokens/" + revoked.id()).status()).isEqualTo(204);
            later = People.createToken(session, "later", "tokens:read");
            assertThat(session.put("/api/account/password", """
                {"currentPassword": "%s", "newPassword": "%s", "confirmNewPassword": "%2$s"}\
                """.formatted(People.PASSWORD, NEW_PASSWORD))
                            .status())
                    .isEqualTo(204);
            var administrator = server.client().administrator();
            assertThat(administrator
                            .delete("/api/accounts/" + erased.accountId() + "/personal-data")
                            .status())
                    .isEqualTo(204);
            assertThat(administrator.delete("/api/webhooks/" + deletedWebhook).status())
                    .isEqualTo(204);
            change(administrator, disabledWebhook, "{\"enabled\": false}");
            change(
                    administrator,
                    changedWebhook,
                    "{\"url\": \"http://127.0.0.1:9/elsewhere\", \"types\": [\"account.disabled\"]}");
            createdWebhook = createWebhook(administrator);
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(after));
            var exported = done(tool.run(
                            "events",
                            "export",
                            "--output",
                            files.resolve("archive").toString(),
                            "--json"))
                    .json();
            assertThat(exported.path("events").asLong()).isPositive();
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
        archiveInUse(after);
        after.close();
    }

    private static ServerProcess server(HikariDataSource database) {
        return ServerProcess.onDatabase(TestDatabase.jdbcUrl(database))
                .with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true")
                .start();
    }

    private static String createWebhook(Client administrator) {
        var created = administrator.post(
                "/api/webhooks", "{\"url\": \"http://127.0.0.1:9/\", \"types\": [\"token.leaked\"]}");
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        return created.json().path("id").asString();
    }

    private static void change(Client administrator, String webhookId, String patch) {
        var changed = administrator.patch("/api/webhooks/" + webhookId, patch);
        assertThat(changed.status()).as("%s", changed).isEqualTo(200);
    }

    /** As while a server runs: between the log and what stands beside it, more happens and is signed. */
    private static void archiveInUse(HikariDataSource database) throws IOException {
        var jdbc = JdbcClient.create(database);
        appendTo(jdbc);
        var template = new JdbcTemplate(database);
        var transactions = new DataSourceTransactionManager(database);
        var keys = new RecordKeys(
                jdbc,
                MasterKeys.of(MasterKey.of(ServerProcess.MASTER_KEY), null).keeping(Sealed.RECORD, template));
        try {
            new Checkpoints(database, keys, new RecordSequencer(database, transactions), transactions).signNow();
            new Archive(database)
                    .write(
                            files.resolve("archive-in-use"),
                            out -> out.write(Files.readString(files.resolve("archive/events.ndjson"))),
                            schema(database),
                            jdbc.sql("select fingerprint from state.master_key")
                                    .query(String.class)
                                    .single());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void appendTo(JdbcClient jdbc) {
        jdbc.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, occurred_at,
                payload_type, payload_revision, payload, metadata)
            values ('later', 'later', 0, now(), 'account.enabled', '1', '{}', '{}')\
            """).update();
    }

    private static String schema(HikariDataSource database) {
        return JdbcClient.create(database)
                .sql("select max(version::int)::text from state.flyway_schema_history where version is not null")
                .query(String.class)
                .single();
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
            var closed = done(tool.run("restore", "--json")).json();
            assertThat(closed.path("open").asBoolean(true)).isFalse();
            assertThat(People.status(server, kept.value())).isEqualTo(503);
            assertThat(People.status(server, later.value())).isEqualTo(503);

            var restored = done(tool.run(
                            "restore",
                            "--from",
                            files.resolve("archive").toString(),
                            "--checkpoint",
                            files.resolve("checkpoint").toString(),
                            "--json"))
                    .json();

            assertThat(restored.path("open").asBoolean()).isTrue();
            assertThat(restored.path("applied").path("events").asLong()).isPositive();
            assertThat(restored.path("applied").path("erased").asLong()).isEqualTo(1);
            accepted(server, kept, 200);
            accepted(server, revoked, 401);
            accepted(server, later, 200);
            assertThat(signIn(server, People.PASSWORD)).isEqualTo(401);
            assertThat(signIn(server, NEW_PASSWORD)).isEqualTo(204);
            noLinkWorks(server);
            isErased(server);
            assertThat(webhooks(server))
                    .containsOnly(
                            Map.entry(keptWebhook, "enabled [\"token.leaked\"]"),
                            Map.entry(disabledWebhook, "disabled [\"token.leaked\"]"),
                            Map.entry(changedWebhook, "enabled [\"account.disabled\"]"),
                            Map.entry(createdWebhook, "enabled [\"token.leaked\"]"));
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

            assertThat(result.out())
                    .contains(
                            "1 passwords were changed",
                            "of 1 accounts was erased again",
                            "2 webhooks were created or changed since");
            accepted(server, kept, 200);
            accepted(server, revoked, 401);
            accepted(server, later, 200);
            assertThat(signIn(server, People.PASSWORD)).isEqualTo(401);
            assertThat(signIn(server, NEW_PASSWORD)).isEqualTo(401);
            noLinkWorks(server);
            isErased(server);
            assertThat(webhooks(server))
                    .containsOnly(
                            Map.entry(keptWebhook, "enabled [\"token.leaked\"]"),
                            Map.entry(disabledWebhook, "disabled [\"token.leaked\"]"),
                            Map.entry(changedWebhook, "disabled [\"account.disabled\"]"));
            var administrator = server.client().administrator();
            var changed = administrator.get("/api/webhooks/" + changedWebhook);
            assertThat(administrator
                            .header("If-Match", changed.header("ETag"))
                            .patch("/api/webhooks/" + changedWebhook, "{\"enabled\": true}")
                            .status())
                    .isEqualTo(200);
            assertThat(webhooks(server)).containsEntry(changedWebhook, "enabled [\"account.disabled\"]");
        }
    }

    @Test
    void without_anything_later_every_token_is_revoked_and_the_log_goes_on_under_another_name() {
        try (var database = restored();
                var server =
                        ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
            var before = origin(server);
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));

            var result = done(tool.run("restore", "--revoke-tokens"));

            assertThat(result.out()).contains("2 tokens were revoked, 3 passwords removed.", "account reset-link");
            accepted(server, kept, 401);
            accepted(server, revoked, 401);
            noLinkWorks(server);
            assertThat(signIn(server, People.PASSWORD)).isEqualTo(401);
            assertThat(People.trySignIn(server.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD)
                            .status())
                    .isEqualTo(401);
            var wayIn = done(tool.run("account", "reset-link", ServerProcess.ADMIN_EMAIL, "--json"));
            assertThat(server.client()
                            .post("/api/password-reset", """
                                {"secret": "%1$s", "newPassword": "%2$s", "confirmNewPassword": "%2$s"}\
                                """.formatted(
                                            wayIn.json()
                                                    .path("resetLink")
                                                    .path("secret")
                                                    .asString(),
                                            ServerProcess.ADMIN_PASSWORD))
                            .status())
                    .isEqualTo(204);
            var checkpoint = server.client().administrator().post("/api/admin/checkpoint", "{}");
            assertThat(checkpoint.status()).as("%s", checkpoint).isLessThan(300);
            assertThat(origin(server)).isNotEqualTo(before);
            done(tool.run("audit", "verify"));
        }
    }

    @Test
    void an_archive_becomes_a_new_database_that_is_opened_by_a_word() throws IOException {
        try (var database = TestDatabase.createEmpty()) {
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));
            var archive = files.resolve("archive-in-use");
            var cut = Files.createDirectories(files.resolve("cut-import"));
            var events = Files.readString(archive.resolve("events.ndjson"));
            Files.writeString(cut.resolve("events.ndjson"), events.substring(0, events.length() - 40));
            Files.copy(archive.resolve("state.ndjson"), cut.resolve("state.ndjson"));
            refused(tool.run("events", "import", cut.toString()), "The export was cut off");
            var imported = done(tool.run("events", "import", archive.toString(), "--json"))
                    .json();
            assertThat(imported.path("events").asLong())
                    .isEqualTo(imported.path("checkpoint").path("size").asLong())
                    .isPositive();
            try (var server =
                    ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
                assertThat(People.status(server, kept.value())).isEqualTo(503);

                done(tool.run("restore", "--nothing-lost"));

                accepted(server, kept, 200);
                accepted(server, revoked, 401);
                assertThat(signIn(server, NEW_PASSWORD)).isEqualTo(204);
                assertThat(server.client()
                                .administrator()
                                .post("/api/admin/checkpoint", "{}")
                                .status())
                        .isEqualTo(200);
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
    void what_cannot_be_used_changes_nothing_and_closes_it_only_where_it_looked_usable() throws IOException {
        try (var database = restored()) {
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));
            var jdbc = JdbcClient.create(database);
            refused(tool.run("restore", "--from", files.resolve("nothing").toString()), "There is no ");
            var other =
                    tool.run("restore", "--from", files.resolve("checkpoint").toString());
            refused(other, "This is not an export of the record");
            assertThat(other.err()).doesNotContain("The database is closed");
            assertThat(isClosed(jdbc)).isFalse();

            var cut = Files.createDirectories(files.resolve("cut"));
            var archive = files.resolve("archive");
            Files.copy(
                    archive.resolve("events.ndjson"),
                    cut.resolve("events.ndjson"),
                    StandardCopyOption.REPLACE_EXISTING);
            var state = Files.readString(archive.resolve("state.ndjson"));
            Files.writeString(cut.resolve("state.ndjson"), state.substring(0, state.length() - 10));
            var failed = tool.run("restore", "--from", cut.toString());
            refused(failed, "was cut off or altered");
            assertThat(failed.err()).contains("The database is closed now");

            var events = Files.readString(archive.resolve("events.ndjson"));
            var short_ = files.resolve("short.ndjson");
            Files.writeString(short_, events.substring(0, events.length() / 2));
            refused(tool.run("restore", "--from", short_.toString()), "cut off");

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

            assertThat(isClosed(jdbc)).isTrue();
            assertThat(jdbc.sql("select count(*) from event.domain_event where payload_type = 'token.revoked'")
                            .query(Long.class)
                            .single())
                    .isZero();
        }
    }

    /** Without a process each; the tool says what the exception does. */
    @Test
    void what_is_forged_foreign_older_or_of_another_key_is_refused() throws IOException {
        var known = SignedNote.parse(Files.readString(files.resolve("checkpoint")));
        var checkpoint = Checkpoint.parse(known.text());
        var more = new Checkpoint(checkpoint.origin(), checkpoint.size() + 1, checkpoint.root()).text();
        var foreign = SigningKey.generate("keyledger/other");
        var replaced = SigningKey.generate(checkpoint.origin());
        try (var database = restored()) {
            var jdbc = JdbcClient.create(database);
            var key = jdbc.sql("select origin, public_key from state.log_key")
                    .query((row, _) -> new VerifierKey(row.getString(1), row.getBytes(2)))
                    .single();
            var masterKey = jdbc.sql("select fingerprint from state.master_key")
                    .query(String.class)
                    .single();

            var forged = new SignedNote(more, known.signatures());
            assertThatThrownBy(() -> apply(database, key, forged, masterKey))
                    .hasMessageContainingAll("is forged", "Nothing was changed: take another copy");
            var ofAnotherLog = SignedNote.sign(
                    new Checkpoint("keyledger/other", checkpoint.size(), checkpoint.root()).text(), foreign);
            assertThatThrownBy(() -> apply(database, key, ofAnotherLog, masterKey))
                    .hasMessageContaining("is of the log keyledger/other");
            assertThatThrownBy(() -> apply(database, null, SignedNote.sign(more, replaced), masterKey))
                    .hasMessageContaining("is newer than the export");
            assertThatThrownBy(() -> apply(database, replaced.verifier(), known, masterKey))
                    .hasMessageContaining("is not signed by the key");
            assertThatThrownBy(() -> apply(database, foreign.verifier(), null, masterKey))
                    .hasMessageContaining("is of the log " + checkpoint.origin());
            assertThatThrownBy(() -> apply(database, key, known, "another"))
                    .hasMessageContaining("written under another master key. Start with that one");
            assertThat(jdbc.sql("select count(*) from event.domain_event where payload_type = 'token.revoked'")
                            .query(Long.class)
                            .single())
                    .isZero();

            assertThat(apply(database, key, known, masterKey).events()).isPositive();
            appendTo(jdbc);
            assertThatThrownBy(() -> apply(database, key, known, masterKey))
                    .hasMessageContaining("The export is older than the backup");
        }
    }

    private static Applied apply(
            HikariDataSource database, @Nullable VerifierKey key, @Nullable SignedNote outside, String fingerprint)
            throws IOException {
        var template = new JdbcTemplate(database);
        var masterKeys = MasterKeys.of(MasterKey.of(ServerProcess.MASTER_KEY), null);
        var keys = new JdbcPersonalDataKeys(template, masterKeys.configured());
        var recordKeys = new RecordKeys(JdbcClient.create(database), masterKeys.keeping(Sealed.RECORD, template));
        var webhooks = new Webhooks(JdbcClient.create(database), masterKeys.passing(Sealed.WEBHOOKS));
        try (var events = Files.newInputStream(files.resolve("archive").resolve("events.ndjson"));
                var rows = Files.newBufferedReader(files.resolve("archive").resolve("state.ndjson"))) {
            return new Restore(database, keys, recordKeys, webhooks, new EventSerializer(Event.types()))
                    .apply(events, new State(rows, schema(database), fingerprint), key, outside, _ -> {});
        }
    }

    /** By its own file of checkpoints the server knows what the database does not. */
    @Test
    void an_older_state_that_was_put_back_without_telling_authenticates_nobody() throws IOException {
        var known = Files.copy(files.resolve("checkpoint"), files.resolve("checkpoints.txt"));
        try (var database = restored();
                var server = ServerProcess.onDatabase(TestDatabase.jdbcUrl(database))
                        .with("KEYLEDGER_CHECKPOINTS_FILE", known.toString())
                        .start()) {
            accepted(server, kept, 503);
            accepted(server, revoked, 503);
            assertThat(signIn(server, People.PASSWORD)).isEqualTo(503);
            assertThat(server.client()
                            .get("/actuator/health/readiness")
                            .response()
                            .body())
                    .contains("run keyledger restore");
            assertThat(server.output()).contains("an older state of the database was put back");
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database))
                    .with("KEYLEDGER_CHECKPOINTS_FILE", known.toString());
            refused(tool.run("restore", "--nothing-lost"), "something was lost");
            accepted(server, revoked, 503);

            done(tool.run("restore", "--from", files.resolve("export.ndjson").toString()));

            accepted(server, kept, 200);
            accepted(server, revoked, 401);
            // It has looked at the file again when the next checkpoint is in there, and finds nothing lost.
            var administrator = server.client().administrator();
            var next = administrator
                    .post("/api/admin/checkpoint", "{}")
                    .json()
                    .path("note")
                    .asString();
            await().untilAsserted(() -> assertThat(known).content().endsWith(next + "\n"));
            accepted(server, kept, 200);
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

    @Test
    void ctrl_c_undoes_what_was_applied_so_far_and_leaves_the_database_closed() throws Exception {
        try (var database = restored();
                var holding = database.getConnection();
                var statement = holding.createStatement()) {
            var jdbc = JdbcClient.create(database);
            holding.setAutoCommit(false);
            // The key of who was erased since: destroying it waits for this.
            statement.execute("select from state.data_key where account_id = '" + erased.accountId() + "' for update");
            var process = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database))
                    .start("restore", "--from", files.resolve("archive").toString());
            await().atMost(Duration.ofSeconds(60)).until(() -> waitsFor(jdbc, "state.data_key"));

            assertThat(new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            await().until(() -> isStopping(process));
            holding.rollback();

            var result = ToolProcess.result(process);
            assertThat(result.exitCode()).as("%s", result).isEqualTo(130);
            assertThat(result.err()).contains("The database is closed now");
            assertThat(isClosed(jdbc)).isTrue();
            assertThat(jdbc.sql("select count(*) from event.domain_event where payload_type = 'token.revoked'")
                            .query(Long.class)
                            .single())
                    .isZero();
        }
    }

    private static boolean waitsFor(JdbcClient jdbc, String table) {
        return jdbc.sql("""
            select exists (select from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and query like '%' || ? || '%')\
            """).param(table).query(Boolean.class).single();
    }

    /** The thread that is told of Ctrl-C has begun. */
    private static boolean isStopping(Process process) throws IOException {
        try (var threads = Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/task"))) {
            for (var thread : threads) {
                if (Files.readString(thread.resolve("comm")).strip().equals("stop")) {
                    return true;
                }
            }
            return false;
        }
    }

    /** By a process that was killed; in a dump that was taken meanwhile it stands so, too. */
    @Test
    void a_rebuild_that_was_left_is_carried_on_by_the_tool_and_ended_by_a_restore() {
        try (var database = restored()) {
            var jdbc = JdbcClient.create(database);
            var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(database));
            leaveRebuild(jdbc);

            var other = done(tool.run("projection", "rebuild", "audit"));

            assertThat(other.err()).contains("A rebuild of lookup has not ended yet, and comes first.");
            assertThat(other.out()).contains("Rebuilt audit from ");
            assertThat(rebuildOfLookup(jdbc)).isEqualTo("succeeded");

            leaveRebuild(jdbc);
            assertThat(done(tool.run("projection", "rebuild", "lookup")).out()).contains("Rebuilt lookup from ");

            leaveRebuild(jdbc);
            done(tool.run("restore"));
            assertThat(rebuildOfLookup(jdbc)).isEqualTo("cancelled");
            leaveRebuild(jdbc);
            done(tool.run("restore", "--nothing-lost"));
            assertThat(rebuildOfLookup(jdbc)).isEqualTo("succeeded");
        }
    }

    private static void leaveRebuild(JdbcClient jdbc) {
        jdbc.sql("delete from state.projection_rebuild where projection = 'lookup'")
                .update();
        jdbc.sql("""
            insert into state.projection_rebuild (projection, rebuild_id, state, phase, target)
            values ('lookup', gen_random_uuid(), 'running', 'preparing', 1)\
            """).update();
    }

    private static String rebuildOfLookup(JdbcClient jdbc) {
        return jdbc.sql("select state from state.projection_rebuild where projection = 'lookup'")
                .query(String.class)
                .single();
    }

    private static boolean isClosed(JdbcClient jdbc) {
        return jdbc.sql("select exists (select from state.restore)")
                .query(Boolean.class)
                .single();
    }

    private static void accepted(ServerProcess server, Issued token, int status) {
        assertThat(People.status(server, token.value())).isEqualTo(status);
    }

    private static int signIn(ServerProcess server, String password) {
        return People.trySignIn(server.client(), person.email(), password).status();
    }

    /** It was withdrawn after the backup, by a new password. */
    private static void noLinkWorks(ServerProcess server) {
        var used = server.client().post("/api/password-reset", """
            {"secret": "%s", "newPassword": "nine wooden ladders", "confirmNewPassword": "nine wooden ladders"}\
            """.formatted(link));
        assertThat(used.status()).as("%s", used).isEqualTo(422);
        assertThat(used.response().body()).contains("invalid_reset_link");
    }

    private static Map<String, String> webhooks(ServerProcess server) {
        var webhooks = new HashMap<String, String>();
        var list = server.client().administrator().get("/api/webhooks");
        assertThat(list.status()).as("%s", list).isEqualTo(200);
        for (var webhook : list.json().path("items")) {
            webhooks.put(
                    webhook.path("id").asString(),
                    (webhook.path("enabled").asBoolean() ? "enabled " : "disabled ") + webhook.path("types"));
        }
        return webhooks;
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
