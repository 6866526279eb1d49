package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /api/accounts}. */
class AccountRegistrationTest {

    private static Answer register(String json) {
        return administrator().post("/api/accounts", json(json));
    }

    @Test
    void administrators_register_somebody_who_can_sign_in_at_once() {
        var email = unique("New.Person") + "@example.org";
        var answer = expect(
                register("{'email': ' %s ', 'displayName': ' New ', 'password': '%s'}".formatted(email, PASSWORD)),
                201);
        var account = answer.json();
        assertThat(fields(account))
                .containsExactlyInAnyOrder(
                        "id",
                        "type",
                        "email",
                        "displayName",
                        "administrator",
                        "enabled",
                        "erased",
                        "owners",
                        "createdAt",
                        "passwordChangedAt",
                        "version");
        assertThat(account.path("id").asString()).matches("acc_[0-9A-Za-z]{20}");
        assertThat(account.path("email").asString()).isEqualTo(email);
        assertThat(account.path("displayName").asString()).isEqualTo("New");
        assertThat(account.path("administrator").asBoolean()).isFalse();
        assertThat(account.path("enabled").asBoolean()).isTrue();
        assertThat(answer.header("Location"))
                .isEqualTo("/api/accounts/" + account.path("id").asString());
        assertThat(answer.header("ETag")).isEqualTo("\"" + account.path("version") + "\"");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        expect(trySignIn(anybody(), email.toUpperCase(Locale.ROOT), PASSWORD), 204);
    }

    @Test
    void without_a_password_the_answer_holds_a_link_that_sets_it() {
        var email = unique("invited") + "@example.org";
        var answer = expect(register("{'email': '%s', 'displayName': 'Invited'}".formatted(email)), 201);
        var link = answer.json().path("resetLink");
        var secret = link.path("secret").asString();
        assertThat(link.path("link").asString())
                .endsWith("/set-password#" + secret)
                .doesNotContain("?");
        refused(trySignIn(anybody(), email, PASSWORD), 401, "invalid_credentials");
        expect(
                anybody()
                        .post(
                                "/api/password-reset",
                                json("{'secret': '%s', 'newPassword': '%s', 'confirmNewPassword': '%s'}"
                                        .formatted(secret, PASSWORD, PASSWORD))),
                204);
        expect(trySignIn(anybody(), email, PASSWORD), 204);
    }

    @Test
    void an_email_address_belongs_to_one_account_whatever_its_case() {
        var email = unique("taken") + "@example.org";
        expect(register("{'email': '%s', 'displayName': 'First'}".formatted(email)), 201);
        refused(
                register("{'email': '%s', 'displayName': 'Second'}".formatted(email.toUpperCase(Locale.ROOT))),
                409,
                "email_taken");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                                   |"
                        + " email=required,displayName=required",
                "{'email': 'no address', 'displayName': 'x'}                          | email=invalid_email",
                "{'email': '@', 'displayName': 'x'}                                   | email=invalid_email",
                "{'email': 'a@b@c', 'displayName': 'x'}                               | email=invalid_email",
                "{'email': 'a\\u202e@b', 'displayName': 'x'}                          | email=invalid_characters",
                "{'email': 'a@b.c', 'displayName': ' '}                               | displayName=required",
                "{'email': 'a@b.c', 'displayName': 'a\\tb'}                           | displayName=invalid_characters",
                "{'email': 'a@b.c', 'displayName': 'x', 'password': ''}               | password=password_too_short",
                "{'email': 'a@b.c', 'displayName': 'x', 'password': 'passwordpassword'} | password=password_too_common",
                "{'email': 'somebody@b.c', 'displayName': 'x', 'password': 'SomeBody@b.c1234'} |"
                        + " password=password_contains_own_name",
            })
    void a_rule_that_says_no_is_told_for_its_field(String body, String expected) {
        refusedFields(register(body), 422, expected.split(","));
    }

    @Test
    void what_is_too_long_is_refused() {
        refusedFields(
                register("{'email': '%s@b', 'displayName': '%s'}".formatted("a".repeat(253), "a".repeat(101))),
                422,
                "email=too_long",
                "displayName=too_long");
        refusedFields(
                register("{'email': 'a@b', 'displayName': 'a', 'password': '%s'}".formatted("ab1".repeat(43))),
                422,
                "password=password_too_long");
    }

    @Test
    void nobody_else_registers_anybody_while_registration_is_closed() {
        var body = json("{'email': 'x@example.org', 'displayName': 'x', 'password': '%s'}".formatted(PASSWORD));
        refused(anybody().post("/api/accounts", body), 401, "authentication_required");
        refused(person().session().post("/api/accounts", body), 403, "administrator_required");
        refused(person().token().post("/api/accounts", body), 403, "permission_missing");
    }

    @Test
    void where_registration_is_open_strangers_register_themselves_but_not_without_end() {
        var open = Contract.openServer().client();
        var email = unique("stranger") + "@example.org";
        var body = json("{'email': '%s', 'displayName': 'Stranger', 'password': '%s'}".formatted(email, PASSWORD));
        assertThat(expect(open.post("/api/accounts", body), 201)
                        .json()
                        .path("administrator")
                        .asBoolean())
                .isFalse();
        expect(trySignIn(anybody(), email, PASSWORD), 204);
        refusedFields(
                open.post("/api/accounts", json("{'email': 'x@example.org', 'displayName': 'x'}")),
                422,
                "password=required");
        refused(open.post("/api/accounts", body), 409, "email_taken");
        refusedFields(
                open.post("/api/accounts", json("{'email': 'x@y', 'displayName': 'x', 'password': 'short'}")),
                422,
                "password=password_too_short");
        expect(
                administrator()
                        .at(Contract.openServer())
                        .post(
                                "/api/accounts",
                                json("{'email': '%s', 'displayName': 'x'}"
                                        .formatted(unique("invited") + "@example.org"))),
                201);

        var answer = open.post("/api/accounts", "{\"password\": \"x\"}");
        for (var i = 0; i < 20 && answer.status() == 422; i++) {
            answer = open.post("/api/accounts", "{\"password\": \"x\"}");
        }
        refused(answer, 429, "too_many_registrations");
    }
}
