package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.openServer;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens that are disabled for a while, and such as are good from some addresses only. */
class TokenLimitsTest {

    private static Person owner;

    @BeforeAll
    static void register() {
        owner = person();
    }

    private static Answer patch(Issued token, String body) {
        return owner.session().patch(token.path(), json(body));
    }

    @Test
    void a_disabled_token_is_refused_at_once_and_accepted_when_it_is_enabled_again() {
        var token = create(owner.session(), unique("disabled"));
        var answer = expect(patch(token, "{'enabled': false}"), 200);
        var disabled = answer.json();
        assertThat(disabled.path("status").asString()).isEqualTo("disabled");
        assertThat(disabled.path("enabled").asBoolean()).isFalse();
        assertThat(token.status()).isEqualTo(401);
        assertThat(texts(expect(owner.session().after(answer).get("/api/tokens?status=disabled"), 200), "id"))
                .contains(token.id());
        assertThat(expect(patch(token, "{'enabled': true}"), 200)
                        .json()
                        .path("status")
                        .asString())
                .isEqualTo("active");
        assertThat(token.status()).isEqualTo(200);
        refused(patch(token, "{'enabled': null}"), 422, "required");
    }

    @Test
    void a_token_is_good_from_its_addresses_alone() {
        var token = create(owner.session(), unique("limited"));
        var limited = expect(patch(token, "{'allowedAddresses': ['192.0.2.0/24']}"), 200)
                .json();
        assertThat(limited.path("allowedAddresses").get(0).asString()).isEqualTo("192.0.2.0/24");
        assertThat(token.status()).isEqualTo(401);
        expect(patch(token, "{'allowedAddresses': ['127.0.0.0/8', '::1']}"), 200);
        assertThat(token.status()).isEqualTo(200);
        expect(patch(token, "{'allowedAddresses': null}"), 200);
        assertThat(token.status()).isEqualTo(200);
        refused(patch(token, "{'allowedAddresses': ['10.0.0.1/8']}"), 422, "invalid_fields");
    }

    @Test
    void a_token_is_created_with_its_addresses() {
        var created = expect(
                owner.session()
                        .post(
                                "/api/tokens",
                                json("{'name': '%s', 'allowedAddresses': ['2001:DB8::/32']}"
                                        .formatted(unique("limited")))),
                201);
        assertThat(created.json().path("allowedAddresses").get(0).asString()).isEqualTo("2001:db8::/32");
        assertThat(Contract.anybody()
                        .token(created.json().path("value").asString())
                        .get("/api/tokens/self")
                        .status())
                .isEqualTo(401);
    }

    @Test
    void a_token_brings_back_none_that_may_do_more_than_itself() {
        var weak = owner.token("tokens:write");
        var strong = create(owner.session(), unique("strong"), "tokens:read");
        expect(patch(strong, "{'enabled': false}"), 200);
        refused(weak.patch(strong.path(), json("{'enabled': true}")), 403, "permission_not_held");
        refused(weak.patch(strong.path(), json("{'expiresAt': null}")), 403, "permission_not_held");
        expect(patch(strong, "{'enabled': true, 'allowedAddresses': ['192.0.2.0/24']}"), 200);
        refused(weak.patch(strong.path(), json("{'allowedAddresses': []}")), 403, "permission_not_held");
        assertThat(strong.status()).isEqualTo(401);
        expect(weak.patch(strong.path(), json("{'name': '%s', 'enabled': false}".formatted(unique("weaker")))), 200);
        var equal = owner.token("tokens:write", "tokens:read");
        expect(equal.patch(strong.path(), json("{'enabled': true, 'allowedAddresses': []}")), 200);
        assertThat(strong.status()).isEqualTo(200);
    }

    /** The second server trusts this machine, the first nobody. */
    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 200",
        "'198.51.100.1, 192.0.2.7', 200",
        "'192.0.2.7, 198.51.100.1', 401",
        "'192.0.2.7, 127.0.0.1', 200",
        "'192.0.2.7, nonsense', 401",
        "'<script>, 192.0.2.7', 200",
        "198.51.100.1, 401",
    })
    void what_a_trusted_proxy_says_counts_and_nobody_elses_word(String forwardedFor, int status) {
        var token = create(owner.session(), unique("proxied"));
        expect(patch(token, "{'allowedAddresses': ['192.0.2.0/24']}"), 200);
        var use = token.use().header("X-Forwarded-For", forwardedFor);
        assertThat(use.get("/api/tokens/self").status()).isEqualTo(401);
        assertThat(use.at(openServer()).get("/api/tokens/self").status()).isEqualTo(status);
        assertThat(use.at(openServer()).get("/api/authenticate").status()).isEqualTo(status == 200 ? 204 : 401);
    }
}
