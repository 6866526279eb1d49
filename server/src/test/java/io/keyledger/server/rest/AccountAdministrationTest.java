package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.signIn;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.rest.Contract.Person;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /api/accounts}, {@code GET} and {@code PATCH /api/accounts/{id}}. */
class AccountAdministrationTest {

    private static Person somebody;

    @BeforeAll
    static void register() {
        somebody = person("listed_1%@example.net");
        person("listed_2@example.net");
        var third = person("listed_3@example.net");
        expect(third.patch("{'enabled': false}"), 200);
    }

    private static List<String> emails(String parameters) {
        return texts(expect(administrator().get("/api/accounts?" + parameters), 200), "email");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "search=example.NET                    |"
                        + " listed_1%@example.net,listed_2@example.net,listed_3@example.net",
                "search=listed_1%25                    | listed_1%@example.net",
                "search=%25@example.net                | listed_1%@example.net",
                "search=example.net&status=enabled     | listed_1%@example.net,listed_2@example.net",
                "search=example.net&status=disabled    | listed_3@example.net",
                "search=example.net&status=enabled,disabled |"
                        + " listed_1%@example.net,listed_2@example.net,listed_3@example.net",
                "search=example.net&limit=1            | listed_1%@example.net",
                "search=nobody-has-this                | ''",
            })
    void parameters_choose(String parameters, String expected) {
        assertThat(String.join(",", emails(parameters))).isEqualTo(expected);
    }

    @Test
    void pages_follow_each_other() {
        var paged = new ArrayList<String>();
        var path = "/api/accounts?search=example.net&limit=1";
        while (!path.isEmpty()) {
            var page = expect(administrator().get(path), 200);
            paged.addAll(texts(page, "email"));
            var link = page.header("Link");
            path = link.isEmpty() ? "" : link.substring(1, link.indexOf('>'));
        }
        assertThat(paged).isEqualTo(emails("search=example.net"));
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, invalid_limit",
        "limit=101, invalid_limit",
        "status=active, invalid_status",
        "cursor=abc, invalid_cursor",
    })
    void a_parameter_that_is_not_understood_is_refused(String parameter, String code) {
        refused(administrator().get("/api/accounts?" + parameter), 400, code);
    }

    @Test
    void a_cursor_is_good_for_its_own_filter_only() {
        var cursor = expect(administrator().get("/api/accounts?limit=1"), 200)
                .json()
                .path("nextCursor")
                .asString();
        expect(administrator().get("/api/accounts?limit=1&cursor=" + cursor), 200);
        refused(administrator().get("/api/accounts?search=a&cursor=" + cursor), 400, "invalid_cursor");
        refused(administrator().get("/api/tokens?cursor=" + cursor), 400, "invalid_cursor");
    }

    @Test
    void only_administrators_see_and_change_accounts() {
        var path = "/api/accounts/" + somebody.accountId();
        assertThat(expect(administrator().get(path), 200).json().path("email").asString())
                .isEqualTo(somebody.email());
        for (var own : List.of(path, "/api/accounts")) {
            refused(somebody.session().get(own), 403, "administrator_required");
            refused(somebody.token().get(own), 403, "permission_missing");
            refused(anybody().get(own), 401, "authentication_required");
        }
        refused(somebody.session().patch(path, "{\"administrator\": true}"), 403, "administrator_required");
        refused(anybody().patch(path, "{\"administrator\": true}"), 401, "authentication_required");
    }

    @Test
    void an_unknown_id_is_404_and_so_is_one_of_another_kind() {
        var token = create(administrator(), unique("not an account"));
        for (var id : List.of("acc_nope", token.id(), "%22%27", "%F0%9F%98%80", "a".repeat(5_000), "self")) {
            refused(administrator().get("/api/accounts/" + id), 404, "account_not_found");
            refused(administrator().patch("/api/accounts/" + id, "{\"enabled\": false}"), 404, "account_not_found");
            refused(administrator().patch("/api/accounts/" + id, "{}"), 404, "account_not_found");
            refused(administrator().post("/api/accounts/" + id + "/reset-link", "{}"), 404, "account_not_found");
        }
    }

    @Test
    void a_disabled_account_is_refused_in_every_way_at_once() {
        var person = person();
        var token = create(person.session(), unique("token"));
        assertThat(person.basic().get("/api/account").status()).isEqualTo(200);
        expect(person.patch("{'enabled': false}"), 200);
        refused(token.use().get("/api/tokens/self"), 401, "invalid_token");
        refused(person.basic().get("/api/account"), 401, "invalid_credentials");
        refused(person.session().get("/api/account"), 401, "session_ended");
        refused(trySignIn(anybody(), person.email(), PASSWORD), 401, "invalid_credentials");
        refused(
                administrator().post("/api/accounts/%s/reset-link".formatted(person.accountId()), "{}"),
                409,
                "account_disabled");

        expect(person.patch("{'enabled': true}"), 200);
        expect(token.use().get("/api/tokens/self"), 200);
        expect(person.basic().get("/api/account"), 200);
        assertThat(person.session().get("/api/account").status()).isEqualTo(401);
        expect(signIn(anybody(), person.email(), PASSWORD).get("/api/account"), 200);
    }

    @Test
    void both_fields_change_together_and_null_changes_nothing() {
        var person = person();
        var answer = expect(person.patch("{'enabled': false, 'administrator': true}"), 200);
        assertThat(answer.json().path("enabled").asBoolean()).isFalse();
        assertThat(answer.json().path("administrator").asBoolean()).isTrue();
        assertThat(answer.header("ETag")).isEqualTo("\"" + answer.json().path("version") + "\"");
        var same = expect(person.patch("{'enabled': null, 'administrator': null}"), 200);
        assertThat(same.header("ETag")).isEqualTo(answer.header("ETag"));
        expect(person.patch("{'administrator': false}"), 200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{'enabled': true}", "{'administrator': false}", "{'enabled': true, 'administrator': null}"
            })
    void a_change_that_changes_nothing_succeeds_and_appends_nothing(String body) {
        var filters = "accountId=" + somebody.accountId();
        var before = expect(somebody.patch("{}"), 200);
        var events = types(trail(administrator(), before, filters));
        var after = expect(somebody.patch(body), 200);
        assertThat(after.header("ETag")).isEqualTo(before.header("ETag"));
        assertThat(types(trail(administrator(), after, filters))).isEqualTo(events);
    }

    @Test
    void only_the_version_in_if_match_is_changed() {
        var person = person();
        var path = "/api/accounts/" + person.accountId();
        var tag = expect(administrator().get(path), 200).header("ETag");
        var changed = expect(administrator().header("If-Match", tag).patch(path, "{\"administrator\": true}"), 200);
        refused(
                administrator().header("If-Match", tag).patch(path, "{\"administrator\": false}"),
                412,
                "version_mismatch");
        refused(administrator().header("If-Match", tag).patch(path, "{}"), 412, "version_mismatch");
        refused(administrator().header("If-Match", "").patch(path, "{}"), 400, "invalid_if_match");
        expect(
                administrator().header("If-Match", changed.header("ETag")).patch(path, "{\"administrator\": false}"),
                200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'enabled': 'true'}   | enabled=invalid_type",
                "{'enabled': 1}        | enabled=invalid_type",
                "{'administrator': []} | administrator=invalid_type",
                "{'email': 'a@b'}      | email=unknown_field",
            })
    void other_types_and_fields_are_malformed(String body, String field) {
        refusedFields(somebody.patch(body), 400, field);
    }

    @Test
    void the_last_enabled_administrator_stays() {
        var me = Contract.onlyAdministrator();
        for (var body : List.of(
                "{'administrator': false}", "{'enabled': false}", "{'enabled': false, 'administrator': false}")) {
            refused(administrator().patch("/api/accounts/" + me, json(body)), 409, "last_administrator");
        }
        assertThat(expect(administrator().get("/api/account"), 200)
                        .json()
                        .path("administrator")
                        .asBoolean())
                .isTrue();
    }
}
