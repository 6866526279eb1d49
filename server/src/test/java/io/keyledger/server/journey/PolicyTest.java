package io.keyledger.server.journey;

import static io.keyledger.server.journey.People.createToken;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Issued;
import io.keyledger.server.journey.People.Person;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;

/** A policy on a server that has tokens already: the rehearsal says what it does, and then it does that. */
class PolicyTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Between a rehearsal and the policy, for what ends seven days after that begins. */
    private static final Duration BETWEEN = Duration.ofMinutes(5);

    /** As if it had been made then; where events are, nobody can do that without being PostgreSQL's superuser. */
    private static void age(HikariDataSource database, Issued token, int days) {
        var jdbc = new JdbcTemplate(database);
        var by = " - interval '" + days + " days' ";
        jdbc.execute("begin; set local session_replication_role = replica;"
                + " update event.domain_event set occurred_at = occurred_at" + by + "where aggregate_identifier = '"
                + token.id() + "';"
                + " update projection.token_value set issued_at = issued_at" + by + "where token_id = '" + token.id()
                + "';"
                + " update projection.token_list set created_at = created_at" + by + "where token_id = '" + token.id()
                + "'; commit");
    }

    private static Map<String, JsonNode> byId(Answer rehearsal) {
        assertThat(rehearsal.status()).as("%s", rehearsal).isEqualTo(200);
        var byId = new TreeMap<String, JsonNode>();
        rehearsal
                .json()
                .path("items")
                .forEach(item -> byId.put(item.path("tokenId").asString(), item));
        return byId;
    }

    private static Instant instant(JsonNode node, String field) {
        return Instant.parse(node.path(field).asString());
    }

    private static Answer patch(Person owner, ServerProcess node, Issued token, String json) {
        return owner.session().at(node).patch("/api/tokens/" + token.id(), json);
    }

    private static List<JsonNode> trail(Client administrator, Issued token, String type) {
        return StreamSupport.stream(
                        administrator
                                .get("/api/audit-events?tokenId=" + token.id() + "&type=" + type)
                                .json()
                                .path("items")
                                .spliterator(),
                        false)
                .toList();
    }

    @Test
    void a_policy_does_what_its_rehearsal_said() {
        try (var database = TestDatabase.createEmpty();
                var before =
                        ServerProcess.onDatabase(TestDatabase.jdbcUrl(database)).start()) {
            var administrator = before.client().administrator();
            var owner = People.register(administrator, before.client(), "owner");
            var old = createToken(owner.session(), "old, in use");
            var unused = createToken(owner.session(), "old, unused");
            var young = createToken(owner.session(), "young");
            var ending = People.issued(owner.session()
                    .post(
                            "/api/tokens",
                            "{\"name\": \"ending\", \"expiresAt\": \"%s\"}"
                                    .formatted(Instant.now().plus(Duration.ofDays(30)))));
            age(database, old, 200);
            age(database, unused, 200);
            var jdbc = new JdbcTemplate(database);
            jdbc.update("update state.use_recording set since = now() - interval '300 days'");
            assertThat(People.status(before, old.value())).isEqualTo(200);
            await().atMost(PATIENCE)
                    .until(() -> jdbc.queryForObject("select count(*) from state.token_use", Long.class) == 1);

            var rehearsal = administrator.get("/api/admin/policy-rehearsal?maxLifetime=90d&maxUnused=60d");

            var said = byId(rehearsal);
            assertThat(said.keySet()).containsExactlyInAnyOrder(old.id(), unused.id(), young.id());
            assertThat(rehearsal.json().path("total").asInt()).isEqualTo(3);
            assertThat(said.get(old.id()).path("because").asString()).isEqualTo("lifetime");
            assertThat(said.get(old.id()).path("accountId").asString()).isEqualTo(owner.accountId());
            assertThat(said.get(old.id()).path("name").asString()).isEqualTo("old, in use");
            assertThat(said.get(old.id()).path("hint").asString())
                    .isEqualTo(old.created().json().path("hint").asString());
            assertThat(said.get(old.id()).path("expiresAt").isNull()).isTrue();
            assertThat(said.get(old.id()).path("lastUsedAt").isString()).isTrue();
            assertThat(said.get(young.id()).path("because").asString()).isEqualTo("lifetime");
            assertThat(said.get(unused.id()).path("because").asString()).isEqualTo("unused");
            assertThat(StreamSupport.stream(
                                    owner.session()
                                            .get("/api/tokens?unusedFor=60d")
                                            .json()
                                            .path("items")
                                            .spliterator(),
                                    false)
                            .map(token -> token.path("id").asString()))
                    .containsExactly(unused.id());
            assertThat(owner.session()
                            .get("/api/tokens/" + old.id())
                            .json()
                            .path("expiresAt")
                            .isNull())
                    .as("a rehearsal changes nothing")
                    .isTrue();

            try (var node = ServerProcess.onDatabase(TestDatabase.jdbcUrl(database))
                    .with("KEYLEDGER_POLICY_MAXLIFETIME", "90d")
                    .with("KEYLEDGER_POLICY_MAXUNUSED", "60d")
                    .start()) {
                await().atMost(PATIENCE)
                        .until(() -> byId(administrator.get(
                                        "/api/admin/policy-rehearsal?maxLifetime=90d&maxUnused=60d"))
                                .isEmpty());

                var head = administrator.patch("/api/account", "{\"displayName\": \"Last change\"}");
                var reader = owner.session().after(head);
                assertThat(instant(reader.get("/api/tokens/" + young.id()).json(), "expiresAt"))
                        .isEqualTo(instant(said.get(young.id()), "wouldEndAt"));
                assertThat(instant(reader.get("/api/tokens/" + old.id()).json(), "expiresAt"))
                        .isBetween(
                                instant(said.get(old.id()), "wouldEndAt"),
                                instant(said.get(old.id()), "wouldEndAt").plus(BETWEEN));
                assertThat(reader.get("/api/tokens/" + ending.id()).json().path("expiresAt"))
                        .isEqualTo(ending.created().json().path("expiresAt"));
                assertThat(People.status(before, unused.value())).isEqualTo(401);
                assertThat(People.status(before, old.value())).isEqualTo(200);
                var revoked = trail(administrator.after(head), unused, "token.revoked");
                assertThat(revoked).hasSize(1);
                assertThat(revoked.getFirst().path("actor").path("type").asString())
                        .isEqualTo("system");
                assertThat(revoked.getFirst().path("details").path("reason").asString())
                        .isEqualTo("unused");
                assertThat(trail(administrator.after(head), old, "token.expiry-changed"))
                        .hasSize(1);

                newTokensKeepToIt(node, owner);
                anOldTokenLastsLongerOnceRotated(node, owner, old);
            }
        }
    }

    private static void newTokensKeepToIt(ServerProcess node, Person owner) {
        var session = owner.session().at(node);
        var created = createToken(session, "new");
        var expiresAt = instant(created.created().json(), "expiresAt");
        assertThat(Duration.between(instant(created.created().json(), "createdAt"), expiresAt))
                .isBetween(Duration.ofDays(90).minusSeconds(1), Duration.ofDays(90));
        var refused = session.post(
                "/api/tokens", "{\"name\": \"longer\", \"expiresAt\": \"%s\"}".formatted(expiresAt.plusSeconds(3_600)));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().path("errors").path(0).path("field").asString())
                .isEqualTo("expiresAt");
        assertThat(refused.json().path("errors").path(0).path("code").asString())
                .isEqualTo("beyond_policy");
    }

    private static void anOldTokenLastsLongerOnceRotated(ServerProcess node, Person owner, Issued old) {
        var in80Days = "{\"expiresAt\": \"%s\"}".formatted(Instant.now().plus(Duration.ofDays(80)));
        assertThat(patch(owner, node, old, in80Days).status()).isEqualTo(422);
        var rotated = owner.session().at(node).post("/api/tokens/" + old.id() + "/rotate", in80Days);
        assertThat(rotated.status()).as("%s", rotated).isEqualTo(200);
        assertThat(instant(rotated.json(), "expiresAt")).isAfter(Instant.now().plus(Duration.ofDays(79)));
        var longest = patch(owner, node, old, "{\"expiresAt\": null}");
        assertThat(instant(longest.json(), "expiresAt"))
                .isEqualTo(instant(longest.json(), "rotatedAt").plus(Duration.ofDays(90)));
    }
}
