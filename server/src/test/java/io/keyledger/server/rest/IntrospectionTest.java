package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code /oauth2}: introspection (RFC 7662), revocation (RFC 7009) and metadata (RFC 8414). */
class IntrospectionTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    private static Person owner;
    private static Issued resourceServer;

    @BeforeAll
    static void register() {
        owner = person();
        resourceServer = create(administrator(), unique("resource server"), "introspect");
    }

    private static Answer introspect(Client client, String value) {
        return client.send("POST", "/oauth2/introspect", FORM, "token=" + encoded(value));
    }

    private static Answer revoke(Client client, String value) {
        return client.send("POST", "/oauth2/revoke", FORM, "token=" + encoded(value));
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    @Test
    void a_good_token_is_described_to_a_client_with_a_bearer_token_or_with_its_id_and_value() {
        var token = expect(
                        owner.session()
                                .post(
                                        "/api/tokens",
                                        json(
                                                "{'name': '%s', 'permissions': ['tokens:write', 'tokens:read'], 'expiresAt': '2999-01-01T00:00:00Z'}"
                                                        .formatted(unique("described")))),
                        201)
                .json();
        for (var client :
                new Client[] {resourceServer.use(), anybody().password(resourceServer.id(), resourceServer.value())}) {
            var answer = expect(introspect(client, token.path("value").asString()), 200);
            assertThat(answer.header("Content-Type")).startsWith("application/json");
            assertThat(answer.header("Cache-Control")).contains("no-store");
            var told = answer.json();
            assertThat(told.path("active").asBoolean()).isTrue();
            assertThat(told.path("scope").asString()).isEqualTo("tokens:read tokens:write");
            assertThat(told.path("client_id").asString())
                    .isEqualTo(token.path("id").asString());
            assertThat(told.path("username").asString()).isEqualTo(owner.email());
            assertThat(told.path("sub").asString()).isEqualTo(owner.accountId());
            assertThat(told.path("token_type").asString()).isEqualTo("Bearer");
            assertThat(told.path("exp").asLong())
                    .isEqualTo(Instant.parse("2999-01-01T00:00:00Z").getEpochSecond());
            assertThat(told.path("iat").asLong())
                    .isEqualTo(Instant.parse(token.path("createdAt").asString()).getEpochSecond());
            assertThat(told.path("iss").asString())
                    .isEqualTo(Contract.server().address().toString());
            assertThat(told.size()).isEqualTo(9);
        }
    }

    @Test
    void of_all_that_is_no_good_token_nothing_is_told() {
        var revoked = create(owner.session(), unique("revoked"));
        expect(owner.session().delete(revoked.path()), 204);
        var limited = create(owner.session(), unique("limited"));
        expect(owner.session().patch(limited.path(), json("{'allowedAddresses': ['127.0.0.0/8', '::1']}")), 200);
        for (var value : new String[] {
            revoked.value(), limited.value(), TokenValue.generate("klt_").reveal(), "nonsense", "", "k".repeat(60_000),
        }) {
            assertThat(expect(introspect(resourceServer.use(), value), 200)
                            .response()
                            .body())
                    .isEqualTo("{\"active\":false}");
        }
        assertThat(expect(
                                resourceServer
                                        .use()
                                        .send(
                                                "POST",
                                                "/oauth2/introspect",
                                                FORM,
                                                "token=" + limited.value() + "&ip_address=127.9.9.9"),
                                200)
                        .json()
                        .path("active")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void only_a_token_with_the_permission_may_ask() {
        var token = create(owner.session(), unique("asked about"), "tokens:read");
        refused(introspect(anybody(), token.value()), 401, "authentication_required");
        refused(introspect(token.use(), token.value()), 403, "permission_missing");
        refused(
                introspect(anybody().password(resourceServer.id(), token.value()), token.value()),
                401,
                "invalid_token");
        refused(
                introspect(anybody().password(token.id(), resourceServer.value()), token.value()),
                401,
                "invalid_token");
        var refusal = introspect(anybody().password("tok_nope", "nonsense"), token.value());
        refused(refusal, 401, "invalid_token");
        assertThat(refusal.header("WWW-Authenticate")).startsWith("Basic");
    }

    @Test
    void a_value_in_the_address_is_refused_and_so_is_a_request_without_one() {
        var token = create(owner.session(), unique("in address"));
        refused(
                resourceServer.use().send("POST", "/oauth2/introspect?token=" + token.value(), FORM, ""),
                400,
                "parameters_in_address");
        refused(
                anybody().send("POST", "/oauth2/revoke?token=" + token.value(), FORM, ""),
                400,
                "parameters_in_address");
        assertThat(token.status()).isEqualTo(200);
        for (var path : new String[] {"/oauth2/introspect", "/oauth2/revoke"}) {
            var repeated = "token=%1$s&token=%1$s".formatted(token.value());
            refused(resourceServer.use().send("POST", path, FORM, repeated), 400, "repeated_parameter");
            refused(resourceServer.use().send("POST", path, FORM, "a=b"), 400, "missing_parameter");
        }
        assertThat(token.status()).isEqualTo(200);
        assertThat(resourceServer
                        .use()
                        .send("POST", "/oauth2/introspect", FORM, "")
                        .status())
                .isEqualTo(400);
        assertThat(anybody().send("POST", "/oauth2/revoke", FORM, "").status()).isEqualTo(400);
        assertThat(resourceServer
                        .use()
                        .post("/oauth2/introspect", json("{'token': 'x'}"))
                        .status())
                .isEqualTo(415);
        assertThat(resourceServer.use().get("/oauth2/introspect").status()).isEqualTo(405);
    }

    @Test
    void whoever_holds_a_value_ends_the_token_and_nobody_learns_of_others() {
        var token = create(owner.session(), unique("ended"));
        var ended = expect(revoke(anybody(), token.value()), 200);
        assertThat(ended.response().body()).isEmpty();
        assertThat(token.status()).isEqualTo(401);
        var trail = trail(owner.session(), ended, "type=token.revoked&tokenId=" + token.id());
        assertThat(trail.getFirst().path("actor").path("tokenId").asString()).isEqualTo(token.id());
        for (var value :
                new String[] {token.value(), TokenValue.generate("klt_").reveal(), "nonsense"}) {
            var answer = expect(revoke(anybody(), value), 200);
            assertThat(answer.response().headers().map().keySet())
                    .isEqualTo(ended.response().headers().map().keySet());
        }
    }

    @Test
    void a_retired_value_ends_nothing() {
        var token = create(owner.session(), unique("retired"));
        var rotated = expect(owner.session().post(token.path() + "/rotate", json("{'overlap': '0s'}")), 200);
        expect(revoke(anybody(), token.value()), 200);
        assertThat(anybody()
                        .token(rotated.json().path("value").asString())
                        .get("/api/tokens/self")
                        .status())
                .isEqualTo(200);
        assertThat(types(trail(owner.session(), rotated, "tokenId=" + token.id())))
                .doesNotContain("token.revoked");
    }

    @Test
    void the_metadata_names_what_is_there() {
        var metadata = expect(anybody().get("/.well-known/oauth-authorization-server"), 200)
                .json();
        var base = Contract.server().address().toString();
        assertThat(metadata.path("issuer").asString()).isEqualTo(base);
        assertThat(metadata.path("introspection_endpoint").asString()).isEqualTo(base + "/oauth2/introspect");
        assertThat(metadata.path("revocation_endpoint").asString()).isEqualTo(base + "/oauth2/revoke");
        assertThat(metadata.path("scopes_supported").toString()).contains("introspect");
        assertThat(metadata.path("response_types_supported").isArray()).isTrue();
    }
}
