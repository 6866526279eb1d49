package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code GET} and {@code PATCH /api/account}. */
class ProfileTest {

    private static Person me;

    @BeforeAll
    static void register() {
        me = person();
    }

    private static Answer patch(Person person, String json) {
        return person.session().patch("/api/account", json(json));
    }

    @Test
    void everybody_sees_their_own_account_with_its_entity_tag() {
        for (var client : List.of(me.session(), me.basic())) {
            var answer = expect(client.get("/api/account"), 200);
            assertThat(answer.json().path("id").asString()).isEqualTo(me.accountId());
            assertThat(answer.json().path("passwordChangedAt").isMissingNode()).isFalse();
            assertThat(answer.header("ETag")).isEqualTo("\"" + answer.json().path("version") + "\"");
        }
        refused(me.token("tokens:read").get("/api/account"), 403, "person_required");
        refused(anybody().get("/api/account"), 401, "authentication_required");
    }

    @Test
    void the_display_name_changes_without_a_password() {
        var person = person();
        var answer = expect(patch(person, "{'displayName': ' Other '}"), 200);
        assertThat(answer.json().path("displayName").asString()).isEqualTo("Other");
        var events = trail(person.session(), answer, "type=account.display-name-changed");
        assertThat(events.getFirst().path("details").toString())
                .isEqualTo(json("{'displayName':{'before':'Somebody','after':'Other'}}"));
        var same = expect(patch(person, "{'displayName': 'Other'}"), 200);
        assertThat(same.header("ETag")).isEqualTo(answer.header("ETag"));
        assertThat(trail(person.session(), same, "type=account.display-name-changed"))
                .hasSameSizeAs(events);
    }

    @Test
    void the_email_address_changes_with_the_current_password_and_is_signed_in_with_at_once() {
        var person = person();
        var email = unique("moved") + "@example.org";
        refusedFields(patch(person, "{'email': '%s'}".formatted(email)), 422, "currentPassword=required");
        refusedFields(
                patch(person, "{'email': '%s', 'currentPassword': 'not this one at all'}".formatted(email)),
                422,
                "currentPassword=wrong_password");
        var answer = expect(patch(person, "{'email': '%s', 'currentPassword': '%s'}".formatted(email, PASSWORD)), 200);
        assertThat(answer.json().path("email").asString()).isEqualTo(email);
        refused(trySignIn(anybody(), person.email(), PASSWORD), 401, "invalid_credentials");
        expect(trySignIn(anybody(), email, PASSWORD), 204);
        expect(person.session().get("/api/account"), 200);
        assertThat(types(trail(person.session(), answer, ""))).contains("account.email-changed");
    }

    @Test
    void the_own_address_in_other_letters_is_a_change_and_as_it_is_none() {
        var person = person();
        var same = expect(patch(person, "{'email': '%s'}".formatted(person.email())), 200);
        var other = person.email().toUpperCase(Locale.ROOT);
        var answer = expect(patch(person, "{'email': '%s', 'currentPassword': '%s'}".formatted(other, PASSWORD)), 200);
        assertThat(answer.header("ETag")).isNotEqualTo(same.header("ETag"));
        assertThat(answer.json().path("email").asString()).isEqualTo(other);
    }

    @Test
    void somebody_elses_address_is_taken() {
        refused(
                patch(
                        me,
                        "{'email': '%s', 'currentPassword': '%s'}"
                                .formatted(person().email().toUpperCase(Locale.ROOT), PASSWORD)),
                409,
                "email_taken");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'displayName': null}                                           | 422 | displayName=required",
                "{'displayName': ''}                                             | 422 | displayName=required",
                "{'email': null, 'currentPassword': 'seven wooden ladders'}      | 422 | email=required",
                "{'email': 'no address', 'currentPassword': 'seven wooden ladders'} | 422 | email=invalid_email",
                "{'administrator': true}                                         | 400 | administrator=unknown_field",
                "{'displayName': 7}                                              | 400 | displayName=invalid_type",
            })
    void what_is_wrong_is_told_for_its_field(String body, int status, String field) {
        refusedFields(patch(me, body), status, field);
    }

    @Test
    void when_one_part_is_refused_nothing_changes() {
        var person = person();
        refusedFields(
                patch(person, "{'displayName': 'Half', 'email': 'x', 'currentPassword': '%s'}".formatted(PASSWORD)),
                422,
                "email=invalid_email");
        assertThat(expect(person.session().get("/api/account"), 200)
                        .json()
                        .path("displayName")
                        .asString())
                .isEqualTo("Somebody");
    }

    @Test
    void only_the_version_in_if_match_is_changed() {
        var tag = expect(me.session().get("/api/account"), 200).header("ETag");
        var client = me.session().header("If-Match", tag);
        expect(client.patch("/api/account", json("{'displayName': '%s'}".formatted(unique("name")))), 200);
        refused(client.patch("/api/account", json("{'displayName': 'x'}")), 412, "version_mismatch");
        refused(client.patch("/api/account", "{}"), 412, "version_mismatch");
    }

    @Test
    void a_person_sees_what_an_administrator_changed() {
        var person = person();
        var change = expect(person.patch("{'administrator': true}"), 200);
        assertThat(expect(person.session().after(change).get("/api/account"), 200)
                        .json()
                        .path("administrator")
                        .asBoolean())
                .isTrue();
        expect(administrator().patch("/api/accounts/" + person.accountId(), "{\"administrator\": false}"), 200);
    }
}
