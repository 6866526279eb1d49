package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.READ_INVOICES;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /api/authenticate}: what gateways ask. */
class GatewayTest {

    private static Person owner;

    @BeforeAll
    static void register() {
        owner = person();
    }

    @Test
    void a_good_token_is_told_with_its_account_and_permissions() {
        var token = create(owner.session(), unique("gateway"), "tokens:read", READ_INVOICES);
        var answer = expect(token.use().get("/api/authenticate"), 204);
        assertThat(answer.header("Keyledger-Account")).isEqualTo(owner.accountId());
        assertThat(answer.header("Keyledger-Token")).isEqualTo(token.id());
        assertThat(answer.header("Keyledger-Permissions")).isEqualTo(READ_INVOICES + " tokens:read");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.response().body()).isEmpty();
        assertThat(answer.header("Set-Cookie")).isEmpty();
    }

    @Test
    void every_permission_that_is_asked_for_must_be_there() {
        var token = create(owner.session(), unique("permissions"), "tokens:read", READ_INVOICES);
        expect(token.use().get("/api/authenticate?permission=tokens:read&permission=invoices%3Aread"), 204);
        for (var query : List.of(
                "permission=tokens:write",
                "permission=tokens:read&permission=tokens:write",
                "permission=",
                "permission",
                "permissio%6E=tokens:write",
                "permissions=tokens:read",
                "Permission=tokens:read",
                "?permission=tokens:read",
                "permission=tokens:read&x",
                "permission=%ZZ",
                "permission=tokens:read,invoices:read")) {
            refused(raw(token.value(), query), 403);
        }
    }

    private static RawHttp.Answer raw(String value, String query) {
        return new RawHttp(Contract.server().address())
                .send("GET /api/authenticate?" + query + " HTTP/1.1", "Authorization: Bearer " + value);
    }

    private static void refused(RawHttp.Answer answer, int status) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"})
    void a_gateway_may_keep_the_original_method_and_append_the_original_path(String method) {
        var token = create(owner.session(), unique("method"));
        var server = new RawHttp(Contract.server().address());
        for (var path : List.of("", "/", "/orders/1", "/a//b;c=d/..%2e/%25", "/orders?permission=none&x=1")) {
            var answer = server.send(
                    method + " /api/authenticate" + path + " HTTP/1.1", "Authorization: Bearer " + token.value());
            assertThat(answer.status())
                    .as(method + path)
                    .isEqualTo(path.contains("?") ? 403 : path.isEmpty() ? 204 : 200);
            assertThat(server.send(method + " /api/authenticate" + path + " HTTP/1.1")
                            .status())
                    .isEqualTo(401);
        }
    }

    @Test
    void nothing_but_204_401_and_403_comes_back_whatever_is_sent() {
        var token = create(owner.session(), unique("hostile"));
        var never = TokenValue.generate("klt_").reveal();
        var server = new RawHttp(Contract.server().address());
        for (var headers : List.of(
                new String[] {},
                new String[] {"Authorization: Bearer"},
                new String[] {"Authorization: Bearer " + never},
                new String[] {"Authorization: Bearer " + never.substring(0, 39) + "0"},
                new String[] {"Authorization: Bearer " + "k".repeat(100_000)},
                new String[] {"Authorization: Bearer \u00ff\u0001"},
                new String[] {"Authorization: Basic " + token.value()},
                new String[] {"Authorization: Bearer " + token.value(), "Authorization: Bearer " + token.value()},
                new String[] {"Authorization: Bearer " + token.value() + ", Bearer " + token.value()},
                new String[] {"Cookie: keyledger_session=nonsense"},
                new String[] {"Content-Length: 5", "Authorization: Bearer " + never},
                new String[] {"Content-Length: nonsense", "Authorization: Bearer " + never},
                new String[] {"X-Forwarded-For: ', '".repeat(50), "X-Original-URI: \u00e9%00", "X-Original-Method: <b>"
                })) {
            var answer = server.send("GET /api/authenticate HTTP/1.1", headers);
            assertThat(answer.status())
                    .as(String.join("|", headers)
                            .substring(0, Math.min(80, String.join("|", headers).length())))
                    .isEqualTo(401);
            assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
        }
        assertThat(server.send("GET /api/authenticate/%2F HTTP/1.1", "Authorization: Bearer " + never)
                        .status())
                .isEqualTo(401);
    }

    @Test
    void a_session_or_a_password_is_no_token() {
        Contract.refused(owner.session().get("/api/authenticate"), 401, "authentication_required");
        Contract.refused(owner.basic().get("/api/authenticate"), 401, "invalid_authorization");
    }

    @Test
    void a_token_that_was_refused_a_moment_ago_is_accepted_once_it_is_there_and_not_after_its_end() {
        var token = create(owner.session(), unique("moment"));
        expect(owner.session().patch(token.path(), "{\"enabled\": false}"), 200);
        for (var i = 0; i < 5; i++) {
            expect(token.use().get("/api/authenticate"), 401);
            expect(owner.session().patch(token.path(), "{\"enabled\": true}"), 200);
            expect(token.use().get("/api/authenticate"), 204);
            expect(owner.session().patch(token.path(), "{\"enabled\": false}"), 200);
        }
        expect(owner.session().patch(token.path(), "{\"enabled\": true}"), 200);
        expect(owner.session().delete(token.path()), 204);
        expect(token.use().get("/api/authenticate"), 401);
    }

    @Test
    void the_first_use_is_in_the_trail_with_what_it_was_for() {
        for (var headers : List.of(
                List.of("X-Original-Method", "DELETE", "X-Original-URI", "/orders/7?secret=1"),
                List.of("X-Forwarded-Method", "DELETE", "X-Forwarded-Uri", "/orders/7#x"))) {
            var token = create(owner.session(), unique("first"));
            var use = token.use().header(headers.get(0), headers.get(1)).header(headers.get(2), headers.get(3));
            expect(use.get("/api/authenticate"), 204);
            expect(use.get("/api/authenticate"), 204);
            await().untilAsserted(() -> {
                var uses = trail(owner.session(), token.answer(), "type=token.first-used&tokenId=" + token.id());
                assertThat(uses).hasSize(1);
                assertThat(uses.getFirst().path("details").path("request").asString())
                        .isEqualTo("DELETE /orders/7");
                assertThat(uses.getFirst().path("actor").path("tokenId").asString())
                        .isEqualTo(token.id());
            });
            var unchanged = expect(owner.session().get(token.path()), 200);
            assertThat(unchanged.header("ETag")).isEqualTo("\"0\"");
        }
    }

    @Test
    void a_body_of_the_original_request_is_not_looked_at() {
        var token = create(owner.session(), unique("body"));
        expect(token.use().post("/api/authenticate", "x".repeat(200_000)), 204);
    }

    @Test
    void a_value_in_the_path_does_not_get_into_the_trail() {
        var token = create(owner.session(), unique("in path"));
        expect(
                token.use()
                        .header("X-Original-URI", "https://user:secret@example.org/x/" + token.value() + "/y?z=1")
                        .get("/api/authenticate"),
                204);
        await().untilAsserted(() -> assertThat(
                        trail(owner.session(), token.answer(), "type=token.first-used&tokenId=" + token.id()))
                .extracting(use -> use.path("details").path("request").asString())
                .containsExactly("GET /x/***/y"));
    }

    @Test
    void a_missing_token_says_so() {
        Contract.refused(anybody().get("/api/authenticate"), 401, "authentication_required");
    }
}
