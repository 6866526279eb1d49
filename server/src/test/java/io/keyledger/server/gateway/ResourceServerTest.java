package io.keyledger.server.gateway;

import static io.keyledger.server.gateway.GatewaySite.READ_INVOICES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Issued;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A Spring Boot service with nothing but Spring Security's support for opaque tokens accepts Keyledger's tokens. */
class ResourceServerTest {

    private static ResourceServer service;

    private final People.Person owner = GatewaySite.person();

    @BeforeAll
    static void start(@TempDir Path directory) {
        var its = People.createToken(GatewaySite.administrator(), GatewaySite.unique("invoice service"), "introspect");
        service = ResourceServer.start(directory, GatewaySite.keyledger().address(), its.id(), its.value());
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void a_token_is_accepted_with_its_permissions_as_scopes_and_its_account_as_the_name() {
        var token = People.createToken(owner.session(), GatewaySite.unique("token"), READ_INVOICES, "tokens:read");
        var answer = with(token.value()).get("/caller");
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        var caller = answer.json();
        assertThat(caller.path("name").asString()).isEqualTo(owner.accountId());
        assertThat(caller.path("authorities").valueStream().map(JsonNode::asString))
                .contains("SCOPE_" + READ_INVOICES, "SCOPE_tokens:read")
                .filteredOn(authority -> authority.startsWith("SCOPE_"))
                .hasSize(2);
        var attributes = caller.path("attributes");
        assertThat(attributes.path("sub").asString()).isEqualTo(owner.accountId());
        assertThat(attributes.path("client_id").asString()).isEqualTo(token.id());
        assertThat(attributes.path("username").asString()).isEqualTo(owner.email());
    }

    @Test
    void a_scope_decides_what_a_token_may_do() {
        var reading = People.createToken(owner.session(), GatewaySite.unique("reading"), READ_INVOICES);
        assertThat(with(reading.value()).get("/invoices").status()).isEqualTo(200);
        var powerless = People.createToken(owner.session(), GatewaySite.unique("powerless"));
        assertThat(with(powerless.value()).get("/caller").status()).isEqualTo(200);
        assertThat(with(powerless.value()).get("/invoices").status()).isEqualTo(403);
    }

    @Test
    void whoever_has_no_token_or_a_wrong_one_is_refused() {
        refused(new Client(service.address()).get("/caller"));
        refused(with("nonsense").get("/caller"));
        refused(with(TokenValue.generate("klt_").reveal()).get("/caller"));
    }

    @Test
    void a_revoked_token_is_refused_from_the_next_request_on() {
        for (var i = 0; i < 10; i++) {
            var token = accepted();
            assertThat(owner.session().delete("/api/tokens/" + token.id()).status())
                    .isEqualTo(204);
            refused(with(token.value()).get("/caller"));
        }
    }

    /** The test, Keyledger and its database share a wall clock here. */
    @Test
    void an_expired_token_is_refused_from_then_on() {
        var token = accepted();
        var end = Instant.now().plusSeconds(3).truncatedTo(ChronoUnit.MILLIS);
        var shortened = owner.session().patch("/api/tokens/" + token.id(), "{\"expiresAt\": \"%s\"}".formatted(end));
        assertThat(shortened.status()).as("%s", shortened).isEqualTo(200);
        await().atMost(Duration.ofSeconds(10)).until(() -> Instant.now().isAfter(end));
        refused(with(token.value()).get("/caller"));
    }

    @Test
    void nobody_is_let_in_while_keyledger_cannot_ask_its_database() {
        var token = accepted();
        // Spring Security's own answer is 500; but its page of errors asks for a token, too (docs/resource-servers.md).
        GatewaySite.withoutDatabase(() -> refused(with(token.value()).get("/caller")));
        assertThat(with(token.value()).get("/caller").status()).isEqualTo(200);
    }

    private Issued accepted() {
        var token = People.createToken(owner.session(), GatewaySite.unique("token"));
        assertThat(with(token.value()).get("/caller").status()).isEqualTo(200);
        return token;
    }

    private static Client with(String value) {
        return new Client(service.address()).token(value);
    }

    private static void refused(Answer answer) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(401);
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
    }
}
