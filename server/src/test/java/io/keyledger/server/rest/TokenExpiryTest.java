package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.issued;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What time does to a token. */
class TokenExpiryTest {

    private final Person owner = person();

    private Issued expiring() {
        return issued(owner.session()
                .post(
                        "/api/tokens",
                        json("{'name': 'short', 'expiresAt': '%s'}"
                                .formatted(Instant.now().plusSeconds(4)))));
    }

    private static void awaitRefused(Issued token) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> token.status() == 401);
    }

    @Test
    void a_token_is_refused_when_its_time_is_over_and_a_new_expiry_revives_it() {
        var token = expiring();
        assertThat(token.status()).isEqualTo(200);
        awaitRefused(token);
        assertThat(Instant.now())
                .isAfter(Instant.parse(token.answer().json().path("expiresAt").asString()));

        var listed = expect(owner.session().after(token.answer()).get("/api/tokens?status=expired"), 200);
        assertThat(texts(listed, "status")).containsExactly("expired");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> types(trail(owner.session(), token.answer(), "tokenId=" + token.id()))
                        .contains("token.expired"));
        var event = trail(owner.session(), token.answer(), "type=token.expired&tokenId=" + token.id())
                .getFirst();
        assertThat(event.path("actor").path("type").asString()).isEqualTo("system");
        assertThat(event.path("details").path("expiredAt"))
                .isEqualTo(token.answer().json().path("expiresAt"));

        var revived = expect(owner.session().patch(token.path(), json("{'expiresAt': '2040-01-01T00:00:00Z'}")), 200);
        assertThat(revived.json().path("status").asString()).isEqualTo("active");
        assertThat(token.status()).isEqualTo(200);
    }

    @Test
    void an_expiry_can_be_brought_forward_and_an_expired_token_be_renamed_and_revoked() {
        var token = issued(owner.session().post("/api/tokens", json("{'name': 'long'}")));
        expect(
                owner.session()
                        .patch(
                                token.path(),
                                json("{'expiresAt': '%s'}"
                                        .formatted(Instant.now().plusSeconds(3)))),
                200);
        awaitRefused(token);
        var renamed = expect(owner.session().patch(token.path(), json("{'name': 'renamed'}")), 200);
        assertThat(renamed.json().path("status").asString()).isEqualTo("expired");
        assertThat(token.status()).isEqualTo(401);
        expect(owner.session().delete(token.path()), 204);
    }
}
