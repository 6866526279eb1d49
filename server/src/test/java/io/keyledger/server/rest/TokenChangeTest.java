package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.position;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code PATCH /api/tokens/{id}}. */
class TokenChangeTest {

    private static Person owner;
    private Issued token;

    @BeforeAll
    static void register() {
        owner = person();
    }

    @BeforeEach
    void createToken() {
        token = Contract.issued(owner.session().post("/api/tokens", json("""
            {'name': '%s', 'description': 'before', 'permissions': ['tokens:read'],
             'expiresAt': '2040-01-01T00:00:00Z'}\
            """.formatted(unique("to change")))));
    }

    private Answer patch(String json) {
        return patch(owner.session(), json);
    }

    private Answer patch(Client client, String json) {
        return client.patch(token.path(), json(json));
    }

    @Test
    void what_is_given_changes_and_what_is_absent_stays() {
        var name = unique("renamed");
        var answer = expect(patch("{'name': '%s'}".formatted(name)), 200);
        assertThat(answer.json().path("name").asString()).isEqualTo(name);
        assertThat(answer.json().path("description").asString()).isEqualTo("before");
        assertThat(answer.json().path("permissions").toString()).isEqualTo("[\"tokens:read\"]");
        assertThat(answer.json().path("expiresAt").asString()).isEqualTo("2040-01-01T00:00:00Z");
        assertThat(answer.json().has("value")).isFalse();
        assertThat(answer.header("ETag")).isEqualTo("\"" + answer.json().path("version") + "\"");
        assertThat(answer.json().path("version").asLong())
                .isGreaterThan(token.answer().json().path("version").asLong());
        assertThat(token.status()).isEqualTo(200);
    }

    @Test
    void null_takes_away_what_may_be_missing() {
        var answer = expect(patch("{'description': null, 'permissions': null, 'expiresAt': null}"), 200);
        assertThat(answer.json().path("description").isNull()).isTrue();
        assertThat(answer.json().path("permissions").size()).isZero();
        assertThat(answer.json().path("expiresAt").isNull()).isTrue();
        refusedFields(patch("{'name': null}"), 422, "name=required");
    }

    @Test
    void the_media_type_of_merge_patches_is_taken_too() {
        var answer = owner.session()
                .send("PATCH", token.path(), "application/merge-patch+json", "{\"description\": \"after\"}");
        assertThat(expect(answer, 200).json().path("description").asString()).isEqualTo("after");
    }

    @Test
    void a_change_is_seen_by_whoever_sends_its_position() {
        var change = expect(patch("{'description': 'after'}"), 200);
        var read = expect(owner.session().after(change).get(token.path()), 200);
        assertThat(read.json().toString()).isEqualTo(change.json().toString());
        assertThat(read.header("ETag")).isEqualTo(change.header("ETag"));
    }

    @Test
    void when_one_part_is_refused_nothing_changes() {
        refusedFields(
                patch("{'name': '%s', 'description': 'x', 'expiresAt': '2020-01-01T00:00:00Z'}"
                        .formatted(unique("half"))),
                422,
                "expiresAt=not_in_future");
        var read = expect(owner.session().after(token.answer()).get(token.path()), 200);
        assertThat(read.json().path("description").asString()).isEqualTo("before");
        assertThat(read.header("ETag")).isEqualTo(token.answer().header("ETag"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'description': 'before'}",
                "{'description': ' before '}",
                "{'permissions': ['tokens:read']}",
                "{'permissions': ['tokens:read', 'tokens:read']}",
                "{'expiresAt': '2040-01-01T01:00:00+01:00'}"
            })
    void a_change_that_changes_nothing_succeeds_and_appends_nothing(String body) {
        var before = trail(owner.session(), token.answer(), "tokenId=" + token.id());
        var answer = expect(patch(body), 200);
        assertThat(answer.header("ETag")).isEqualTo(token.answer().header("ETag"));
        assertThat(answer.json().path("version"))
                .isEqualTo(token.answer().json().path("version"));
        assertThat(position(answer)).isGreaterThanOrEqualTo(position(token.answer()));
        assertThat(trail(owner.session(), answer, "tokenId=" + token.id())).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'name': ''}                              | name=required",
                "{'name': 'a\\u202eb'}                     | name=invalid_characters",
                "{'permissions': ['nope']}                 | permissions=unknown_permission",
                "{'permissions': ['audit:read']}           | permissions=permission_not_held",
                "{'expiresAt': '2020-01-01T00:00:00Z'}     | expiresAt=not_in_future",
            })
    void the_rules_are_those_of_creation(String body, String field) {
        refusedFields(patch(body), 422, field);
    }

    @Test
    void another_tokens_name_is_taken_and_the_own_one_in_other_letters_is_not() {
        var taken = unique("taken");
        create(owner.session(), taken);
        refused(patch("{'name': '%s'}".formatted(taken.toUpperCase(java.util.Locale.ROOT))), 409, "token_name_taken");
        var own = token.answer().json().path("name").asString().toUpperCase(java.util.Locale.ROOT);
        assertThat(expect(patch("{'name': '%s'}".formatted(own)), 200)
                        .json()
                        .path("name")
                        .asString())
                .isEqualTo(own);
    }

    @Test
    void a_change_is_made_only_to_the_version_in_if_match() {
        var tag = token.answer().header("ETag");
        var changed = expect(patch(owner.session().header("If-Match", tag), "{'description': 'one'}"), 200);
        refused(patch(owner.session().header("If-Match", tag), "{'description': 'two'}"), 412, "version_mismatch");
        refused(patch(owner.session().header("If-Match", tag), "{}"), 412, "version_mismatch");
        expect(patch(owner.session().header("If-Match", changed.header("ETag")), "{}"), 200);
        expect(patch(owner.session().header("If-Match", "*"), "{'description': 'three'}"), 200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"W/%s", "\"other\"", "\"\"", "\"a,b\"", "\"00\"", "\"99999999999999999\""})
    void a_tag_that_is_not_the_present_one_matches_nothing(String pattern) {
        var tag = pattern.formatted(token.answer().header("ETag"));
        refused(patch(owner.session().header("If-Match", tag), "{'description': 'x'}"), 412, "version_mismatch");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "x", "\"0", "\"0\", \"1\"", "\"0\",*", "W/0", "'0'", "\"0\" x"})
    void an_if_match_that_is_no_entity_tag_is_malformed(String tag) {
        refused(patch(owner.session().header("If-Match", tag), "{'description': 'x'}"), 400, "invalid_if_match");
    }

    @Test
    void two_if_match_headers_are_malformed() {
        var tag = token.answer().header("ETag");
        var twice = owner.session().header("If-Match", tag).header("If-Match", tag);
        refused(patch(twice, "{'description': 'x'}"), 400, "invalid_if_match");
    }

    @Test
    void a_revoked_token_cannot_be_changed() {
        expect(owner.session().delete(token.path()), 204);
        for (var body :
                List.of("{'name': 'x'}", "{'description': null}", "{'permissions': []}", "{'expiresAt': null}")) {
            refused(patch(body), 409, "token_revoked");
        }
    }

    @Test
    void permissions_hold_at_once_and_a_token_keeps_what_it_was_granted_before() {
        expect(token.use().get("/api/tokens"), 200);
        expect(patch("{'permissions': []}"), 200);
        refused(token.use().get("/api/tokens"), 403, "permission_missing");
        expect(patch("{'permissions': ['tokens:read', 'invoices:read']}"), 200);
        // Whoever may write but not read leaves what is there, and adds only what they hold.
        var writer = owner.token("tokens:write");
        expect(patch(writer, "{'permissions': ['tokens:read', 'tokens:write']}"), 200);
        refusedFields(
                patch(writer, "{'permissions': ['invoices:read', 'tokens:read']}"),
                422,
                "permissions=permission_not_held");
    }

    @Test
    void only_the_owner_changes_it() {
        refused(patch(person().session(), "{'description': 'x'}"), 404, "token_not_found");
        refused(patch(administrator(), "{'description': 'x'}"), 404, "token_not_found");
        refused(patch(administrator(), "{}"), 404, "token_not_found");
        refused(patch(token.use(), "{'description': 'x'}"), 403, "permission_missing");
        refused(patch(Contract.anybody(), "{'description': 'x'}"), 401, "authentication_required");
        refused(patch(administrator().header("If-Match", "\"77\""), "{'description': 'x'}"), 404, "token_not_found");
    }

    @Test
    void self_is_changed_by_a_token_with_the_permission() {
        var self = create(owner.session(), unique("self"), "tokens:write");
        var answer = expect(self.use().patch("/api/tokens/self", "{\"description\": \"mine\"}"), 200);
        assertThat(answer.json().path("id").asString()).isEqualTo(self.id());
        refused(owner.session().patch("/api/tokens/self", "{}"), 404, "token_not_found");
    }

    @Test
    void an_unknown_id_is_404_and_so_is_one_of_another_kind() {
        for (var id : List.of("tok_nope", owner.accountId(), "%22%27", "%F0%9F%98%80", "a".repeat(5_000))) {
            for (var body : List.of("{}", "{\"name\": \"x\"}")) {
                refused(owner.session().patch("/api/tokens/" + id, body), 404, "token_not_found");
            }
        }
    }

    @Test
    void every_part_that_changed_is_an_event_of_its_own_with_before_and_after() {
        var name = token.answer().json().path("name").asString();
        var change = expect(patch("""
            {'name': '%s', 'description': null, 'permissions': ['tokens:write'],
             'expiresAt': '2041-01-01T00:00:00Z'}\
            """.formatted(name + " 2")), 200);
        var events = trail(owner.session(), change, "tokenId=" + token.id());
        assertThat(types(events))
                .containsExactly(
                        "token.expiry-changed",
                        "token.permissions-changed",
                        "token.description-changed",
                        "token.renamed",
                        "token.created");
        assertThat(events.getFirst().path("position").asLong()).isEqualTo(position(change));
        assertThat(events.get(3).path("details").toString())
                .isEqualTo(json("{'name':{'before':'%s','after':'%s'}}".formatted(name, name + " 2")));
        assertThat(events.get(2).path("details").toString())
                .isEqualTo(json("{'description':{'before':'before','after':null}}"));
        assertThat(events)
                .extracting(event -> event.path("correlationId"))
                .startsWith(
                        events.getFirst().path("correlationId"), events.get(3).path("correlationId"));
    }
}
