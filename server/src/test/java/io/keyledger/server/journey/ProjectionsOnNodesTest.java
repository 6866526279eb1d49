package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The projections are shared by the nodes, and survive each of them. */
class ProjectionsOnNodesTest {

    /** A claim's 10 s, what the others need to notice and to take it, and the patience of the read that finds out. */
    private static final Duration TAKEN_OVER = Duration.ofSeconds(30);

    /** A node lets go of what is beyond its part after 10 s at the earliest, and may have to do so twice. */
    private static final Duration SHARED = Duration.ofSeconds(60);

    @TempDir
    private Path patches;

    private Nodes nodes;

    @BeforeEach
    void start() {
        nodes = Nodes.start(
                List.of(setup -> setup, setup -> FastClock.ahead(setup, patches, Duration.ofHours(1)), setup -> setup));
    }

    @AfterEach
    void stop() {
        if (nodes != null) {
            nodes.close();
        }
    }

    @Test
    void two_of_three_nodes_have_one_each_and_the_others_take_it_when_one_is_killed() {
        var administrator = nodes.administrator();
        awaitShared();
        var owners = owners();
        var killed = nodes.all().stream()
                .filter(node -> id(node).equals(owners.get("token")))
                .findFirst()
                .orElseThrow();
        var alive = nodes.all().stream().filter(node -> node != killed).toList();
        killed.kill();
        var killedAt = System.nanoTime();

        var token = People.createToken(administrator.at(alive.getFirst()), "while nobody keeps the list");
        await().atMost(TAKEN_OVER)
                .until(() -> administrator
                                .at(alive.getLast())
                                .after(token.created())
                                .get("/api/tokens/" + token.id())
                                .status()
                        == 200);
        System.out.printf("taken over after %d ms%n", (System.nanoTime() - killedAt) / 1_000_000);
        assertThat(owners().get("token")).isIn(alive.stream().map(this::id).toList());
        awaitShared();
    }

    /** Two processes with one id would both take the claims for their own. */
    @Test
    void a_node_whose_id_another_process_has_too_says_so_refuses_and_leaves_the_projections_to_the_others() {
        var administrator = nodes.administrator();
        var token = People.createToken(administrator, "at all nodes", "introspect");
        awaitShared();
        var doubled = nodes.all().stream()
                .filter(node -> id(node).equals(owners().get("audit")))
                .findFirst()
                .orElseThrow();
        var id = id(doubled);
        await().until(() -> nodes.jdbc()
                        .sql("update state.node set mark = ? where id = ?")
                        .params(UUID.randomUUID(), id)
                        .update()
                == 1);
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            var readiness = doubled.client().get("/actuator/health/readiness");
            assertThat(readiness.status()).isEqualTo(503);
            assertThat(readiness.json().at("/components/node/details/reason").asString())
                    .isEqualTo("another process goes by this node's id; restart this one");
        });
        var mine = doubled.client().token(token.value());
        var form = "application/x-www-form-urlencoded";
        for (var answer : List.of(
                mine.get("/api/authenticate"),
                mine.send("POST", "/oauth2/introspect", form, "token=" + token.value()),
                mine.get("/api/tokens/self"),
                administrator.at(doubled).delete("/api/tokens/" + token.id()))) {
            assertThat(answer.status()).as("%s", answer).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("duplicate_node");
        }
        for (var node : nodes.all()) {
            assertThat(node.client()
                            .token(token.value())
                            .get("/api/authenticate")
                            .status())
                    .isEqualTo(node == doubled ? 503 : 204);
        }
        await().atMost(TAKEN_OVER).until(() -> owners().get("audit") != null && !owners().containsValue(id));
        assertThat(doubled.output()).contains("Another process goes by this node's id, " + id);
    }

    @Test
    void a_node_whose_clock_is_wrong_says_so_and_serves() {
        for (var node : nodes.all()) {
            assertThat(node.client().get("/actuator/health/readiness").status()).isEqualTo(200);
        }
        assertThat(clockAhead(nodes.node(1))).matches("PT(1H|59M59).*");
        assertThat(nodes.node(1).output()).containsPattern("This machine's clock is PT(1H|59M59)\\S* ahead");
        assertThat(clockAhead(nodes.node(0))).isEmpty();
        assertThat(nodes.node(0).output()).doesNotContain("This machine's clock");
    }

    @Test
    void a_session_lasts_as_long_on_a_node_whose_clock_is_wrong() {
        var session = nodes.administrator();
        passSessions(Duration.ofMinutes(7 * 60 + 30));
        for (var node : List.of(nodes.node(1), nodes.node(0))) {
            assertThat(session.at(node).get("/api/account").status()).isEqualTo(200);
        }
        passSessions(Duration.ofMinutes(8 * 60 + 1));
        for (var node : nodes.all()) {
            assertThat(session.at(node).get("/api/account").status()).isEqualTo(401);
        }
    }

    /** As if nobody had used them for so much longer. */
    private void passSessions(Duration time) {
        nodes.jdbc().sql("""
            update state.spring_session
            set last_access_time = last_access_time - :time, expiry_time = expiry_time - :time\
            """).param("time", time.toMillis()).update();
    }

    private static String clockAhead(ServerProcess node) {
        return node.client()
                .get("/actuator/health")
                .json()
                .at("/components/node/details/clockAheadOfDatabase")
                .asString("");
    }

    private String id(ServerProcess node) {
        return node.client()
                .get("/actuator/health")
                .json()
                .at("/components/node/details/id")
                .asString();
    }

    private Map<String, String> owners() {
        return nodes
                .jdbc()
                .sql("select processor_name, owner from state.token_entry where owner is not null")
                .query((row, _) -> Map.entry(row.getString(1), row.getString(2)))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private void awaitShared() {
        await().atMost(SHARED).until(() -> {
            var owners = owners();
            return owners.keySet().equals(Set.of("token", "audit")) && new HashSet<>(owners.values()).size() == 2;
        });
    }
}
