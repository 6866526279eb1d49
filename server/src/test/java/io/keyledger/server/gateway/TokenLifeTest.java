package io.keyledger.server.gateway;

import static io.keyledger.server.gateway.GatewaySite.READ_INVOICES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.People;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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

    private List<String> trail(String token) {
        var answer = owner.session().get("/api/audit-events?limit=100&tokenId=" + token);
        return answer.json()
                .path("items")
                .valueStream()
                .map(event -> event.path("type").asString())
                .toList();
    }
}
