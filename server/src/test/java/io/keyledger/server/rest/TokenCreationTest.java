package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.issued;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /api/tokens}. */
class TokenCreationTest {

    private static Person owner;

    @BeforeAll
    static void register() {
        owner = person();
    }

    private static Answer post(String json) {
        return owner.session().post("/api/tokens", json(json));
    }

    @Test
    void a_name_is_all_that_it_takes() {
        var name = unique("only a name");
        var answer = expect(post("{'name': '%s'}".formatted(name)), 201);
        var token = answer.json();
        assertThat(fields(token))
                .containsExactlyInAnyOrder(
                        "id",
                        "name",
                        "description",
                        "permissions",
                        "hint",
                        "status",
                        "createdAt",
                        "expiresAt",
                        "lastUsedAt",
                        "revokedAt",
                        "enabled",
                        "allowedAddresses",
                        "rotatedAt",
                        "overlapEndsAt",
                        "version",
                        "value");
        assertThat(token.path("id").asString()).matches("tok_[0-9A-Za-z]{20}");
        assertThat(token.path("name").asString()).isEqualTo(name);
        assertThat(token.path("description").isNull()).isTrue();
        assertThat(token.path("permissions").size()).isZero();
        assertThat(token.path("status").asString()).isEqualTo("active");
        assertThat(token.path("expiresAt").isNull()).isTrue();
        assertThat(token.path("revokedAt").isNull()).isTrue();
        assertThat(Instant.parse(token.path("createdAt").asString()))
                .isCloseTo(Instant.now(), org.assertj.core.api.Assertions.within(1, ChronoUnit.MINUTES));
    }

    @Test
    void the_answer_names_the_place_the_version_and_the_position_and_is_not_stored_anywhere() {
        var answer = expect(post("{'name': '%s'}".formatted(unique("headers"))), 201);
        assertThat(answer.header("Location"))
                .isEqualTo("/api/tokens/" + answer.json().path("id").asString());
        assertThat(answer.header("ETag")).isEqualTo("\"" + answer.json().path("version") + "\"");
        assertThat(answer.header("Keyledger-Position")).matches("[1-9][0-9]*");
        assertThat(answer.header("Cache-Control")).contains("no-store");
    }

    @Test
    void the_value_is_recognised_by_its_prefix_and_checksum_and_by_its_hint() {
        var token = create(owner.session(), unique("value"));
        assertThat(token.value()).matches("klt_[0-9A-Za-z]{36}");
        var checked = token.value().substring(0, 34);
        var crc = new CRC32();
        crc.update(checked.getBytes(StandardCharsets.US_ASCII));
        assertThat(token.value().substring(34)).isEqualTo(base62(crc.getValue()));
        assertThat(token.answer().json().path("hint").asString())
                .isEqualTo("klt_" + token.value().substring(36));
        assertThat(token.status()).isEqualTo(200);
    }

    private static String base62(long number) {
        var digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        var text = new StringBuilder();
        for (var i = 0; i < 6; i++) {
            text.insert(0, digits.charAt((int) (number % 62)));
            number /= 62;
        }
        return text.toString();
    }

    @Test
    void a_value_with_a_wrong_checksum_is_refused() {
        var value = create(owner.session(), unique("checksum")).value();
        var last = value.charAt(value.length() - 1) == '0' ? '1' : '0';
        refused(Contract.anybody().token(value.substring(0, 39) + last).get("/api/tokens/self"), 401, "invalid_token");
    }

    @Test
    void everything_given_is_in_the_answer() {
        var answer = expect(post("""
            {'name': '  %s  ', 'description': 'for\\nCI', 'permissions': ['tokens:write', 'tokens:read'],
             'expiresAt': '2035-01-01T01:00:00.123456+01:00'}\
            """.formatted("stripped")), 201);
        var token = answer.json();
        assertThat(token.path("name").asString()).isEqualTo("stripped");
        assertThat(token.path("description").asString()).isEqualTo("for\nCI");
        assertThat(token.path("permissions").toString()).isEqualTo("[\"tokens:read\",\"tokens:write\"]");
        assertThat(token.path("expiresAt").asString()).isEqualTo("2035-01-01T00:00:00.123Z");
    }

    @Test
    void the_longest_name_and_description_are_taken_in_any_script() {
        var name = "😀".repeat(100);
        var answer = expect(post("{'name': '%s', 'description': '%s'}".formatted(name, "é".repeat(500))), 201);
        assertThat(answer.json().path("name").asString()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                        | name=required",
                "{'name': null}                                            | name=required",
                "{'name': ''}                                              | name=required",
                "{'name': '   '}                                           | name=required",
                "{'name': '\\u200b\\u00a0'}                                | name=required",
                "{'name': 'a\\u0007b'}                                     | name=invalid_characters",
                "{'name': 'a\\nb'}                                         | name=invalid_characters",
                "{'name': 'a\\u202eb'}                                     | name=invalid_characters",
                "{'name': 'a\\u2028b'}                                     | name=invalid_characters",
                "{'name': 'x', 'description': 'a\\u001bb'}                 | description=invalid_characters",
                "{'name': 'x', 'permissions': ['nope']}                    | permissions=unknown_permission",
                "{'name': 'x', 'permissions': ['audit:read']}              | permissions=permission_not_held",
                "{'name': 'x', 'permissions': ['introspect']}              | permissions=permission_not_held",
                "{'name': 'x', 'permissions': ['invoices:approve']}        | permissions=permission_not_held",
                "{'name': 'x', 'expiresAt': '2020-01-01T00:00:00Z'}        | expiresAt=not_in_future",
                "{'name': 'x', 'expiresAt': '9999-12-31T23:59:59-01:00'}   | expiresAt=too_late",
            })
    void a_rule_that_says_no_is_told_for_its_field(String body, String field) {
        refusedFields(post(body), 422, field);
    }

    @Test
    void what_is_too_long_is_refused() {
        refusedFields(post("{'name': '%s'}".formatted("a".repeat(101))), 422, "name=too_long");
        refusedFields(
                post("{'name': 'x', 'description': '%s'}".formatted("a".repeat(501))), 422, "description=too_long");
    }

    @Test
    void all_fields_that_are_wrong_are_told_at_once() {
        refusedFields(
                post("{'name': '', 'permissions': ['nope', 'introspect'], 'expiresAt': '2020-01-01T00:00:00Z'}"),
                422,
                "name=required",
                "permissions=unknown_permission",
                "permissions=permission_not_held",
                "expiresAt=not_in_future");
    }

    @Test
    void names_are_unique_for_an_account_whatever_their_case_and_form_until_one_is_revoked() {
        var first = create(owner.session(), "Straße É");
        refused(post("{'name': 'sTRAßE e\\u0301'}"), 409, "token_name_taken");
        create(person().session(), "Straße É");
        expect(owner.session().delete(first.path()), 204);
        create(owner.session(), "straße é");
    }

    @Test
    void of_two_that_want_a_name_at_the_same_moment_one_gets_it() throws Exception {
        var name = unique("wanted");
        var start = new CountDownLatch(1);
        var statuses = new ConcurrentLinkedQueue<Integer>();
        var requests = IntStream.range(0, 6)
                .mapToObj(_ -> CompletableFuture.runAsync(() -> {
                    try {
                        start.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    statuses.add(post("{'name': '%s'}".formatted(name)).status());
                }))
                .toArray(CompletableFuture[]::new);
        start.countDown();
        CompletableFuture.allOf(requests).get();
        assertThat(statuses).containsExactlyInAnyOrder(201, 409, 409, 409, 409, 409);
    }

    @Test
    void whoever_is_unknown_or_lacks_the_permission_creates_nothing() {
        refused(Contract.anybody().post("/api/tokens", "{\"name\": \"x\"}"), 401, "authentication_required");
        refused(owner.token("tokens:read").post("/api/tokens", "{\"name\": \"x\"}"), 403, "permission_missing");
    }

    @Test
    void a_token_grants_what_it_holds_and_no_more() {
        var writer = owner.token("tokens:write");
        refusedFields(
                writer.post("/api/tokens", json("{'name': 'x', 'permissions': ['tokens:read']}")),
                422,
                "permissions=permission_not_held");
        var child = create(writer, unique("child"), "tokens:write");
        assertThat(child.status()).isEqualTo(200);
    }

    @Test
    void a_token_is_good_from_the_moment_of_the_answer() {
        for (var i = 0; i < 10; i++) {
            assertThat(create(owner.session(), unique("at once")).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "tab\tinside"})
    void an_idempotency_key_without_printable_characters_is_malformed(String key) {
        refused(keyed(key).post("/api/tokens", "{\"name\": \"x\"}"), 400, "invalid_idempotency_key");
    }

    @Test
    void two_idempotency_keys_or_one_too_long_are_malformed() {
        refused(keyed("a").header("Idempotency-Key", "b").post("/api/tokens", "{}"), 400, "invalid_idempotency_key");
        refused(keyed("a".repeat(256)).post("/api/tokens", "{}"), 400, "invalid_idempotency_key");
        expect(keyed("a".repeat(255)).post("/api/tokens", json("{'name': '%s'}".formatted(unique("long")))), 201);
    }

    private static Client keyed(String key) {
        return owner.session().header("Idempotency-Key", key);
    }

    @Test
    void a_repeat_with_the_same_key_answers_the_same_token_without_its_value() {
        var key = unique("a key, with a comma");
        var body = json("{'name': '%s', 'permissions': ['tokens:read', 'tokens:write']}".formatted(unique("once")));
        var first = issued(keyed(key).post("/api/tokens", body));
        var repeat = expect(keyed(key).post("/api/tokens", body), 201);
        assertThat(repeat.json().path("id").asString()).isEqualTo(first.id());
        assertThat(repeat.json().has("value")).isFalse();
        assertThat(repeat.header("Location")).isEqualTo(first.path());
        assertThat(repeat.header("ETag")).isEqualTo(first.answer().header("ETag"));
        // Written another way, it is the same request.
        var spaced = body.replace("{", "{ ").replace(", \"tokens:write\"", " , \"tokens:write\"");
        assertThat(expect(keyed(key).post("/api/tokens", spaced), 201)
                        .json()
                        .path("id")
                        .asString())
                .isEqualTo(first.id());
        refused(
                keyed(key).post("/api/tokens", json("{'name': '%s'}".formatted(unique("other")))),
                422,
                "idempotency_key_reused");
    }

    @Test
    void a_key_belongs_to_its_account() {
        var key = unique("key");
        var body = json("{'name': '%s'}".formatted(unique("mine")));
        var first = issued(keyed(key).post("/api/tokens", body));
        var other = issued(person().session().header("Idempotency-Key", key).post("/api/tokens", body));
        assertThat(other.id()).isNotEqualTo(first.id());
        assertThat(other.value()).isNotEmpty();
    }

    @Test
    void after_a_request_that_failed_its_key_is_free() {
        var key = unique("key");
        refusedFields(keyed(key).post("/api/tokens", "{\"name\": \"\"}"), 422, "name=required");
        var taken = unique("taken");
        create(owner.session(), taken);
        refused(keyed(key).post("/api/tokens", json("{'name': '%s'}".formatted(taken))), 409, "token_name_taken");
        issued(keyed(key).post("/api/tokens", json("{'name': '%s'}".formatted(unique("free")))));
    }

    @Test
    void of_requests_with_one_key_at_the_same_moment_one_creates() throws Exception {
        var key = unique("key");
        var body = json("{'name': '%s'}".formatted(unique("together")));
        var answers = new ConcurrentLinkedQueue<Answer>();
        var requests = IntStream.range(0, 6)
                .mapToObj(_ ->
                        CompletableFuture.runAsync(() -> answers.add(keyed(key).post("/api/tokens", body))))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(requests).get();
        assertThat(answers).filteredOn(answer -> answer.json().has("value")).hasSize(1);
        assertThat(answers).filteredOn(answer -> !answer.json().has("value")).allSatisfy(answer -> {
            if (answer.status() == 409) {
                refused(answer, 409, "request_in_progress");
            } else {
                expect(answer, 201);
            }
        });
        assertThat(answers)
                .filteredOn(answer -> answer.status() == 201)
                .extracting(answer -> answer.json().path("id").asString())
                .containsOnly(expect(keyed(key).post("/api/tokens", body), 201)
                        .json()
                        .path("id")
                        .asString());
    }
}
