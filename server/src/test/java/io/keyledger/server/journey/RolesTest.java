package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Issued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The server's two kinds of roles: in the database, where its own may append events and no more; and of processes, here
 * two that take commands and one that answers queries.
 */
class RolesTest {

    private static HikariDataSource cluster;
    private static String url;
    private static List<ServerProcess> nodes = List.of();
    private static Client administrator;

    @BeforeAll
    static void start() throws IOException {
        cluster = TestDatabase.createEmpty();
        for (var statement : rolesSql()) {
            JdbcClient.create(cluster).sql(statement).update();
        }
        url = TestDatabase.jdbcUrl(cluster).replaceAll("/test\\d+.*", "/keyledger");
        nodes = List.of(
                setup("command").launch(),
                setup("command").launch(),
                setup("query").launch());
        nodes.forEach(ServerProcess::awaitReady);
        administrator = People.signIn(command(0).client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
    }

    @AfterAll
    static void stop() {
        nodes.forEach(ServerProcess::close);
        if (cluster != null) {
            cluster.close();
        }
    }

    /** The statements of deploy/roles.sql, without what is psql's own. */
    private static List<String> rolesSql() throws IOException {
        var statements = Files.readAllLines(Path.of("..", "deploy", "roles.sql")).stream()
                .filter(line -> !line.startsWith("\\")
                        && !line.startsWith("--")
                        && !line.strip().startsWith("do $$"))
                .collect(Collectors.joining("\n"))
                .replaceAll(":'\\w+'", "'unused'");
        return List.of(statements.strip().split(";\\s*"));
    }

    private static ServerProcess.Setup setup(String role) {
        return ServerProcess.onDatabase(url)
                .with("SPRING_DATASOURCE_USERNAME", "keyledger")
                .with("SPRING_FLYWAY_USER", "keyledger_owner")
                .with("SPRING_FLYWAY_PASSWORD", "unused")
                .with("KEYLEDGER_ROLES", role);
    }

    private static ServerProcess command(int index) {
        return nodes.get(index);
    }

    private static ServerProcess query() {
        return nodes.getLast();
    }

    @Test
    void the_servers_role_may_append_events_and_neither_change_nor_remove_any() throws SQLException {
        assertThat(administrator.post("/api/tokens", "{\"name\": \"an event\"}").status())
                .isEqualTo(201);
        for (var statement : List.of(
                "update event.domain_event set payload = ''",
                "delete from event.domain_event",
                "truncate event.domain_event",
                "drop trigger refuse_update_or_delete on event.domain_event",
                "drop trigger refuse_truncate on event.domain_event",
                "alter table event.domain_event disable trigger all",
                "alter table event.domain_event disable trigger refuse_truncate",
                "alter table event.domain_event add column more text",
                "alter table event.domain_event rename to other",
                "drop table event.domain_event",
                "drop schema event cascade",
                "create table event.more (one text)",
                "create trigger more before insert on event.domain_event execute function event.refuse_change()",
                "create or replace function event.refuse_change() returns trigger language plpgsql as"
                        + " 'begin return old; end'",
                "set session_replication_role = replica",
                "set role keyledger_owner",
                "select setval('event.domain_event_global_index_seq', 1)",
                "update event.leaf set hash = ''",
                "delete from event.leaf",
                "delete from event.subtree",
                "update event.checkpoint set note = ''",
                "truncate event.checkpoint")) {
            assertRefused("keyledger", statement, "42501");
        }
        // The owner would have to take the triggers away first.
        for (var statement : List.of(
                "update event.domain_event set payload = ''",
                "delete from event.domain_event",
                "truncate event.domain_event",
                "delete from event.leaf",
                "truncate event.leaf",
                "delete from event.subtree",
                "truncate event.subtree",
                "delete from event.checkpoint",
                "truncate event.checkpoint")) {
            assertRefused("keyledger_owner", statement, "23001");
        }
    }

    private static void assertRefused(String role, String statement, String sqlState) throws SQLException {
        try (var connection = DriverManager.getConnection(url, role, "unused");
                var sql = connection.createStatement()) {
            assertThatThrownBy(() -> sql.execute(statement), statement)
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getSQLState())
                                    .as("%s: %s", statement, e.getMessage())
                                    .isEqualTo(sqlState));
        }
    }

    @Test
    void each_process_answers_what_is_its_own_and_all_of_them_authenticate() {
        var token = People.createToken(administrator, "for both", "tokens:read", "tokens:write");
        var changed =
                command(1).client().token(token.value()).patch("/api/tokens/self", "{\"description\": \"by itself\"}");
        assertThat(changed.status()).as("%s", changed).isEqualTo(200);
        var shown = query().client().token(token.value()).after(changed).get("/api/tokens/self");
        assertThat(shown.json().path("description").asString()).isEqualTo("by itself");
        // A session works on each, as do email and password.
        assertThat(administrator.at(query()).get("/api/account").status()).isEqualTo(200);
        assertThat(query().client().administrator().get("/api/audit-events").status())
                .isEqualTo(200);

        var here = command(0).client().token(token.value());
        assertElsewhere(here.get("/api/tokens"));
        assertElsewhere(here.get("/api/audit-events"));
        assertElsewhere(administrator.get("/api/accounts"));
        var there = query().client().token(token.value());
        assertElsewhere(there.post("/api/tokens", "{\"name\": \"never\"}"));
        assertElsewhere(there.delete("/api/tokens/" + token.id()));
        assertElsewhere(administrator.at(query()).put("/api/account/password", "{}"));
        // Whoever asks, and before anybody is authenticated.
        assertElsewhere(query().client().post("/api/session", "{}"));
        assertElsewhere(query().client().get("/api/sessions"));
        assertElsewhere(command(0).client().post("/oauth2/introspect", ""));

        assertThat(administrator.delete("/api/tokens/" + token.id()).status()).isEqualTo(204);
        assertThat(there.get("/api/tokens/self").status()).isEqualTo(401);
    }

    @Test
    void the_record_is_kept_by_one_role_and_shown_by_the_other() {
        var signed = administrator.post("/api/admin/checkpoint", "");
        assertThat(signed.status()).as("%s", signed).isEqualTo(200);
        var note = signed.json().path("note").asString();
        assertThat(query().client()
                        .get("/.well-known/keyledger/checkpoint")
                        .response()
                        .body())
                .isEqualTo(note);
        assertElsewhere(administrator.at(query()).post("/api/admin/checkpoint", ""));
    }

    /** An archive becomes another database with both roles, whose log goes on under a new name and a new master key. */
    @Test
    void an_archive_is_imported_restored_and_put_under_a_new_key_with_both_roles(@TempDir Path files) {
        People.createToken(administrator, "before the archive");
        var archive = files.resolve("archive").toString();
        done(tool(url).run("events", "export", "--output", archive));
        JdbcClient.create(cluster)
                .sql("create database imported owner keyledger_owner template template0")
                .update();
        var imported = url.replaceFirst("/keyledger$", "/imported");
        done(tool(imported).run("events", "import", archive));

        var alone = tool(imported).with("SPRING_FLYWAY_USER", "").run("restore", "--revoke-tokens");
        assertThat(alone.exitCode()).as("%s", alone).isEqualTo(1);
        assertThat(alone.err()).contains("The database's role may not do this", "SPRING_FLYWAY_USER");
        var restored = done(tool(imported).run("restore", "--revoke-tokens"));
        assertThat(restored.out()).doesNotStartWith("0 tokens were revoked").contains(" tokens were revoked");

        var newKey = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=";
        var rotating = tool(imported)
                .with("KEYLEDGER_MASTER_KEY", newKey)
                .with("KEYLEDGER_PREVIOUSMASTERKEY", ServerProcess.MASTER_KEY);
        assertThat(done(rotating.run("key", "rotate")).out()).contains("The master key is changed");
    }

    private static ToolProcess tool(String url) {
        return ToolProcess.onDatabase(url)
                .with("SPRING_DATASOURCE_USERNAME", "keyledger")
                .with("SPRING_FLYWAY_USER", "keyledger_owner")
                .with("SPRING_FLYWAY_PASSWORD", "unused");
    }

    private static ToolProcess.Result done(ToolProcess.Result result) {
        assertThat(result.exitCode()).as("%s", result).isZero();
        return result;
    }

    @Test
    void the_pages_are_where_commands_are_taken() {
        var query = query().client().header("Accept", "text/html");
        for (var path : List.of("/settings/tokens", "/sign-in", "/accounts")) {
            assertElsewhere(query.get(path));
        }
        var command = command(1).client().header("Accept", "text/html");
        assertThat(command.get("/sign-in").header("Content-Type")).startsWith("text/html");
        // They read by themselves what only the other role's endpoints answer.
        var list = administrator.at(command(1)).header("Accept", "text/html").get("/settings/tokens");
        assertThat(list.status()).as("%s", list).isEqualTo(200);
    }

    @Test
    void what_nobody_does_is_unknown_on_each_process() {
        for (var node : nodes) {
            var answer = administrator.at(node).get("/api/nothing");
            assertThat(answer.status()).as("%s", answer).isEqualTo(404);
        }
    }

    private static void assertElsewhere(Answer answer) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(421);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.json().path("code").asString()).isEqualTo("other_role");
    }

    @Test
    void an_expiry_is_recorded_once_though_two_processes_look_for_it() {
        var tokens = new ArrayList<Issued>();
        for (var i = 0; i < 12; i++) {
            var created = administrator.at(command(i % 2)).post("/api/tokens", """
                {"name": "expiring %d", "expiresAt": "%s"}\
                """.formatted(
                            i, Instant.now().plusSeconds(5)));
            assertThat(created.status()).as("%s", created).isEqualTo(201);
            tokens.add(People.issued(created));
        }
        var database = JdbcClient.create(
                new org.springframework.jdbc.datasource.DriverManagerDataSource(url, "postgres", "unused"));
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> assertThat(database.sql("""
                            select aggregate_identifier from event.domain_event where payload_type = 'token.expired'\
                            """).query(String.class).list())
                                .containsExactlyInAnyOrderElementsOf(
                                        tokens.stream().map(Issued::id).toList()));
        for (var token : tokens) {
            assertThat(query().client()
                            .token(token.value())
                            .get("/api/permissions")
                            .status())
                    .isEqualTo(401);
        }
    }
}
