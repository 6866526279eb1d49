package io.keyledger.server.gateway;

import static io.keyledger.server.gateway.GatewaySite.READ_INVOICES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.People;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The whole life of a token at work, through nginx. */
@Tag("gateway")
class TokenLifeTest {

    private static final String CALL = "/invoices/7";

    private final People.Person owner = GatewaySite.person();

    @Test
    void a_token_is_created_used_rotated_leaked_and_refused_and_all_of_it_can_be_proven() {
        var created = People.createToken(owner.session(), GatewaySite.unique("build"), READ_INVOICES);
        var token = created.id();
        var first = created.value();
        assertThat(call(first)).isEqualTo(200);

        // The answer is lost on its way: nobody knows the new value, and the old one goes on working.
        var lost = rotate(token);
        assertThat(call(first)).isEqualTo(200);

        // So it is rotated again. What was lost is refused; what is in use is not.
        var second = rotate(token);
        assertThat(call(lost)).isEqualTo(401);
        assertThat(call(first)).isEqualTo(200);

        // The first use of the new value ends the old one, and the old one's next use is an alarm.
        assertThat(call(second)).isEqualTo(200);
        assertThat(call(first)).isEqualTo(401);
        assertThat(call(second)).isEqualTo(200);
        awaitTrail(
                token,
                "token.created",
                "token.first-used",
                "token.rotated",
                "token.rotated",
                "token.value-retired",
                "token.value-retired",
                "token.retired-value-used",
                "token.retired-value-used");

        // Somebody finds it in public and says so, together with what is no token at all.
        var report = GatewaySite.keyledger().client().post("/api/leaked-tokens", """
            {"tokens": ["%s", "klt_nonsense"]}\
            """.formatted(second));
        assertThat(report.status()).as("%s", report).isEqualTo(202);
        assertThat(call(second)).isEqualTo(401);

        // What the one who deals with it needs to know.
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            var proof = owner.session().get("/api/tokens/" + token + "/revocation");
            assertThat(proof.status()).as("%s", proof).isEqualTo(200);
            assertProven(proof.json());
        });
        awaitTrailHas(token, "token.leaked", "token.revoked");
    }

    private static void assertProven(JsonNode proof) {
        assertThat(proof.path("reason").asString()).isEqualTo("leaked");
        assertThat(proof.path("position").asLong()).isPositive();
        assertThat(proof.path("lastAcceptedUse").path("ipAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(proof.path("acceptedSince").path("count").asInt(-1)).isZero();
        assertThat(proof.path("refusedSince").path("atLeast").asLong()).isEqualTo(1);
        assertThat(proof.path("unknown").size()).isZero();
        assertThat(proof.path("sentence").asString())
                .contains(proof.path("tokenId").asString());
    }

    private static int call(String value) {
        return GatewaySite.client().token(value).get(CALL).status();
    }

    /** @return the new value */
    private String rotate(String token) {
        var answer = owner.session().post("/api/tokens/" + token + "/rotate", "{}");
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        assertThat(answer.header("Cache-Control")).contains("no-store");
        return answer.json().path("value").asString();
    }

    private void awaitTrail(String token, String... types) {
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(trail(token)).containsExactlyInAnyOrder(types));
    }

    private void awaitTrailHas(String token, String... types) {
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(trail(token)).contains(types));
    }

    private List<String> trail(String token) {
        var answer = owner.session().get("/api/audit-events?limit=100&tokenId=" + token);
        return answer.json()
                .path("items")
                .valueStream()
                .map(event -> event.path("type").asString())
                .toList();
    }
}
