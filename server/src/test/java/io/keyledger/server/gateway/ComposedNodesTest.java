package io.keyledger.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.yaml.snakeyaml.Yaml;

/**
 * The nodes of docker-compose.yml with the roles that it gives them, and Debian's nginx with the file that it mounts:
 * whoever speaks to the gateway sees one server.
 */
@Tag("gateway")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ComposedNodesTest {

    private static final Path FILES = Path.of("..");
    private static final AtomicInteger COUNT = new AtomicInteger();

    private static HikariDataSource database;
    private static final Map<String, ServerProcess> NODES = new LinkedHashMap<>();
    private static Nginx nginx;
    private static Client administrator;

    @BeforeAll
    static void start() throws IOException {
        Map<String, Map<String, Object>> services =
                part(new Yaml().load(Files.readString(FILES.resolve("docker-compose.yml"))), "services");
        database = TestDatabase.createEmpty();
        services.forEach((name, service) -> {
            Map<String, String> environment = part(service, "environment");
            if (environment != null && environment.containsKey("KEYLEDGER_ROLES")) {
                NODES.put(
                        name,
                        ServerProcess.onDatabase(TestDatabase.jdbcUrl(database))
                                .with("KEYLEDGER_ROLES", environment.get("KEYLEDGER_ROLES"))
                                .with("KEYLEDGER_TRUSTED_PROXIES", "127.0.0.1/32")
                                .launch());
            }
        });
        NODES.values().forEach(ServerProcess::awaitReady);
        // The first query node may have both projections, and lets go of one after 10 s, which then stands still for a
        // moment.
        await().atMost(Duration.ofMinutes(1))
                .until(() -> JdbcClient.create(database)
                        .sql("select count(distinct owner) = 2 from state.token_entry")
                        .query(Boolean.class)
                        .single());
        List<String> mounted = part(services.get("gateway"), "volumes");
        var file = mounted.getFirst().split(":", 2)[0];
        nginx = Nginx.start(
                FILES.resolve(file),
                "listen 8080;",
                NODES.entrySet().stream()
                        .collect(Collectors.toMap(
                                node -> "server " + node.getKey() + ":8080",
                                node -> node.getValue().address())));
        administrator = People.signIn(client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T> T part(Map<String, ?> of, String name) {
        return (T) of.get(name);
    }

    @AfterAll
    static void stop() {
        if (nginx != null) {
            nginx.close();
        }
        NODES.values().forEach(ServerProcess::close);
        if (database != null) {
            database.close();
        }
    }

    /** At the gateway. */
    private static Client client() {
        return new Client(nginx.address());
    }

    @Test
    void commands_and_queries_find_their_nodes_and_a_revocation_holds_at_once() {
        assertThat(NODES.keySet()).containsExactly("command", "query-1", "query-2");
        for (var i = 0; i < 20; i++) {
            var token = People.createToken(administrator, "token " + COUNT.incrementAndGet(), "tokens:read");
            var mine = client().token(token.value());
            assertStatus(200, mine.after(token.created()).get("/api/tokens/self"));
            assertStatus(204, mine.get("/api/authenticate?permission=tokens:read"));
            assertStatus(200, mine.send("POST", "/api/authenticate/whatever/is?appended", null, null));
            assertStatus(204, administrator.delete("/api/tokens/" + token.id()));
            // On each of the query nodes, in their turns.
            IntStream.range(0, 2).forEach(_ -> assertStatus(401, mine.get("/api/authenticate")));
        }
    }

    @Test
    void what_is_the_other_role_s_against_the_rule_is_passed_on() {
        assertStatus(200, administrator.get("/api/sessions"));
        assertStatus(200, administrator.get("/api/webhooks"));
        assertStatus(202, administrator.post("/api/admin/projections/audit/rebuild", ""));
        await().atMost(Duration.ofSeconds(30))
                .until(() -> administrator
                        .get("/api/admin/projections/audit/rebuild")
                        .json()
                        .path("state")
                        .asString()
                        .equals("succeeded"));
        var token = People.createToken(administrator, "to revoke itself");
        assertStatus(
                200,
                client().send("POST", "/oauth2/revoke", "application/x-www-form-urlencoded", "token=" + token.value()));
        assertStatus(401, client().token(token.value()).get("/api/authenticate"));
        assertStatus(404, administrator.get("/api/nothing"));
        assertStatus(200, client().get("/.well-known/oauth-authorization-server"));
    }

    @Test
    void lists_that_are_behind_keep_nobody_from_asking_about_tokens() throws SQLException {
        var mine = client().token(People.createToken(administrator, "while the trail stands still")
                .value());
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table projection.audit_entry in exclusive mode");
            var unseen = administrator.after(
                    People.createToken(administrator, "unseen").created());
            for (var i = 0; i < 4; i++) {
                assertStatus(503, unseen.get("/api/audit-events"));
                assertStatus(204, mine.get("/api/authenticate"));
            }
            connection.rollback();
        }
    }

    @Test
    void introspection_asks_the_query_nodes() {
        var introspecting = People.createToken(administrator, "introspecting", "introspect");
        var token = People.createToken(administrator, "introspected");
        var answer = client().token(introspecting.value())
                .send("POST", "/oauth2/introspect", "application/x-www-form-urlencoded", "token=" + token.value());
        assertStatus(200, answer);
        assertThat(answer.json().path("active").asBoolean()).isTrue();
    }

    @Test
    void pages_come_from_the_command_node_and_read_what_was_just_changed() {
        var token = People.createToken(administrator, "on a page");
        var page = administrator.header("Accept", "text/html").get("/settings/tokens/" + token.id());
        assertStatus(200, page);
        assertThat(page.response().body()).contains("on a page");
        assertThat(client().header("Accept", "text/html").get("/").header("Location"))
                .startsWith("/");
    }

    @Test
    void the_trail_knows_the_clients_address_and_nobody_outside_sees_health() {
        var created = People.createToken(administrator.header("X-Forwarded-For", "203.0.113.9"), "by a liar")
                .created();
        var trail = administrator.after(created).get("/api/audit-events?limit=1");
        assertStatus(200, trail);
        assertThat(trail.toString()).contains("127.0.0.1").doesNotContain("203.0.113.9");
        assertStatus(404, client().get("/actuator/health"));
        assertStatus(404, client().get("/actuator/prometheus"));
    }

    /** Its system takes connections for it all the same. Late, for the same reason as the last one. */
    @Test
    @Order(Integer.MAX_VALUE - 1)
    void while_a_query_node_stands_still_who_asks_about_tokens_waits_two_seconds_at_most() throws Exception {
        var token = People.createToken(administrator, "while one stands still", "introspect")
                .value();
        var mine = client().token(token);
        var stopped = NODES.get("query-2");
        signal("-STOP", stopped);
        try {
            assertPassedOn(204, () -> mine.get("/api/authenticate"));
            assertPassedOn(
                    200,
                    () -> mine.send(
                            "POST", "/oauth2/introspect", "application/x-www-form-urlencoded", "token=" + token));
        } finally {
            signal("-CONT", stopped);
        }
    }

    /** Once in some seconds the gateway tries a node that has failed before: until then. */
    private static void assertPassedOn(int status, Supplier<Answer> request) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            var begun = System.nanoTime();
            assertStatus(status, request.get());
            var after = Duration.ofNanos(System.nanoTime() - begun);
            // With the node that answers then.
            assertThat(after).isLessThan(Duration.ofSeconds(10));
            return after.compareTo(Duration.ofMillis(1_900)) > 0;
        });
    }

    private static void signal(String signal, ServerProcess node) throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", signal, Long.toString(node.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** The last one, as the projections that the node had stand still for some seconds. */
    @Test
    @Order(Integer.MAX_VALUE)
    void without_one_query_node_everything_is_answered() {
        var token = People.createToken(administrator, "throughout");
        // Which has just been stopped for a while: it is the one that the gateway may not count with anyway.
        NODES.get("query-2").kill();
        for (var i = 0; i < 50; i++) {
            assertStatus(204, client().token(token.value()).get("/api/authenticate"));
        }
        assertStatus(200, administrator.get("/api/account"));
    }

    private static void assertStatus(int status, Answer answer) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    }
}
