package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.AcceptanceHistory.Request;
import io.keyledger.server.journey.People.Issued;
import io.keyledger.server.journey.People.Person;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** While projections are rebuilt, two nodes go on: none of their answers is wrong, and none is missing. */
class RebuildUnderLoadTest {

    private static final int CLIENTS = 4;
    private static final String PROJECTIONS = "/api/admin/projections";

    private static Nodes nodes;
    private static Client administrator;
    private static Person owner;

    private final AcceptanceHistory history = new AcceptanceHistory();
    private final List<Issued> tokens = new CopyOnWriteArrayList<>();
    private final List<String> mishaps = new CopyOnWriteArrayList<>();
    private volatile boolean over;

    @BeforeAll
    static void start() {
        nodes = Nodes.start(2);
        administrator = nodes.administrator();
        owner = People.register(administrator, nodes.node(0).client(), "owner");
    }

    @AfterAll
    static void stop() {
        if (nodes != null) {
            nodes.close();
        }
    }

    @Test
    void every_projection_is_rebuilt_under_load_without_a_wrong_answer() {
        create(0);
        create(1);
        var rebuilt = new ArrayList<JsonNode>();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS + 2)) {
            try {
                for (var i = 0; i < CLIENTS; i++) {
                    var first = i;
                    clients.execute(() -> authenticate(first));
                }
                clients.execute(this::changeTokens);
                clients.execute(this::readLists);
                for (var name : List.of("lookup", "token", "audit", "lookup")) {
                    rebuilt.add(rebuild(name));
                    var before = history.size();
                    await().atMost(Duration.ofSeconds(30)).until(() -> history.size() > before + 40);
                }
            } finally {
                over = true;
            }
        }
        assertThat(rebuilt).allSatisfy(rebuild -> {
            assertThat(rebuild.path("state").asString()).as("%s", rebuild).isEqualTo("succeeded");
            assertThat(rebuild.path("differences").asLong()).as("%s", rebuild).isZero();
        });
        assertThat(history.violations()).isEmpty();
        assertThat(mishaps).isEmpty();
    }

    private static JsonNode rebuild(String name) {
        var path = PROJECTIONS + "/" + name + "/rebuild";
        var started = administrator.post(path, "");
        assertThat(started.status()).as("%s", started).isEqualTo(202);
        assertThat(started.header("Location")).isEqualTo(path);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> !state(name, nodes.node(1)).equals("running"));
        return administrator.get(path).json();
    }

    private static String state(String name, ServerProcess node) {
        return administrator
                .at(node)
                .get(PROJECTIONS + "/" + name + "/rebuild")
                .json()
                .path("state")
                .asString();
    }

    private Issued create(int number) {
        var sent = System.nanoTime();
        var token = People.createToken(owner.session().at(nodes.turn(number)), "load " + sent, "tokens:read");
        history.becomesGood(token.id(), sent, System.nanoTime());
        tokens.add(token);
        return token;
    }

    private void authenticate(int first) {
        for (var turn = first; !over; turn++) {
            var token = tokens.get(ThreadLocalRandom.current().nextInt(tokens.size()));
            var client = nodes.turn(turn).client().token(token.value());
            var started = System.nanoTime();
            var status = client.get("/api/permissions").status();
            history.add(new Request(token.id(), turn % 2, started, System.nanoTime(), status));
        }
    }

    private void changeTokens() {
        for (var turn = 0; !over; turn++) {
            var token = create(turn);
            var client = owner.session().at(nodes.turn(turn));
            expect(200, client.patch("/api/tokens/" + token.id(), "{\"description\": \"changed\"}"));
            if (turn % 2 == 0) {
                var sent = System.nanoTime();
                expect(204, client.delete("/api/tokens/" + token.id()));
                history.becomesBad(token.id(), sent, System.nanoTime());
            }
        }
    }

    private void readLists() {
        for (var turn = 0; !over; turn++) {
            var client = owner.session().at(nodes.turn(turn));
            expect(200, client.get("/api/tokens?limit=5"));
            expect(200, client.get("/api/audit-events?limit=5"));
            expect(200, client.get("/api/account"));
        }
    }

    private void expect(int status, Client.Answer answer) {
        if (answer.status() != status) {
            mishaps.add(answer.toString());
        }
    }

    @Test
    void drift_is_told_and_a_second_rebuild_is_refused_until_the_first_has_ended() throws SQLException {
        var token = People.createToken(owner.session(), "drifting");
        nodes.jdbc()
                .sql("update projection.token set revoked = true where token_id = ?")
                .param(token.id())
                .update();
        assertThat(People.status(nodes.node(1), token.value())).isEqualTo(401);
        assertThat(administrator.post(PROJECTIONS + "/tokens/rebuild", "").status())
                .isEqualTo(404);
        assertThat(owner.session().post(PROJECTIONS + "/lookup/rebuild", "").status())
                .isEqualTo(403);
        try (var reading = nodes.database().getConnection();
                var statement = reading.createStatement()) {
            reading.setAutoCommit(false);
            statement.execute("select count(*) from projection.account");
            assertThat(administrator.post(PROJECTIONS + "/lookup/rebuild", "").status())
                    .isEqualTo(202);
            var second = administrator.at(nodes.node(1)).post(PROJECTIONS + "/audit/rebuild", "");
            assertThat(second.status()).as("%s", second).isEqualTo(409);
            assertThat(second.code()).isEqualTo("rebuild_running");
            reading.rollback();
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> state("lookup", nodes.node(0)).equals("succeeded"));
        var differences = administrator
                .get(PROJECTIONS + "/lookup/rebuild/differences")
                .json()
                .path("items");
        assertThat(differences.size()).as("%s", differences).isEqualTo(1);
        assertThat(differences.get(0).path("table").asString()).isEqualTo("token");
        assertThat(differences.get(0).path("key").path("token_id").asString()).isEqualTo(token.id());
        assertThat(differences.get(0).path("columns").toString()).isEqualTo("[\"revoked\"]");
        assertThat(nodes.node(1)
                        .client()
                        .token(token.value())
                        .get("/api/permissions")
                        .status())
                .isEqualTo(200);
        assertThat(nodes.node(0).client().get("/actuator/prometheus").response().body())
                .containsPattern("keyledger_projection_drift\\{projection=\"lookup\"[^}]*} 1\\.0");
    }

    @Test
    void when_the_node_at_work_is_killed_another_carries_on() throws SQLException {
        try (var third = ServerProcess.onDatabase(io.keyledger.server.TestDatabase.jdbcUrl(nodes.database()))
                        .start();
                var reading = nodes.database().getConnection();
                var statement = reading.createStatement()) {
            reading.setAutoCommit(false);
            statement.execute("select count(*) from projection.audit_entry");
            var started = administrator.at(third).post(PROJECTIONS + "/audit/rebuild", "");
            assertThat(started.status()).as("%s", started).isEqualTo(202);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> administrator
                            .get(PROJECTIONS + "/audit/rebuild")
                            .json()
                            .path("phase")
                            .asString()
                            .equals("swapping"));
            third.kill();
            reading.rollback();
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> state("audit", nodes.node(1)).equals("succeeded"));
    }
}
