package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are not what the contract asks for. */
class MalformedJsonTest {

    private static Person me;
    private static Issued token;

    @BeforeAll
    static void register() {
        me = person();
        token = create(me.session(), unique("token"));
    }

    /** Whatever was sent. */
    @AfterEach
    void the_server_works_afterwards() {
        expect(me.session().get("/api/tokens"), 200);
    }

    /** The same to an endpoint that binds a record, and to one that takes a merge patch. */
    private static List<Answer> send(String body) {
        return List.of(me.session().post("/api/tokens", body), me.session().patch(token.path(), body));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "[]",
                "[{}]",
                "\"text\"",
                "1",
                "true",
                "{",
                "}",
                "{\"name\":",
                "{\"name\"}",
                "{name: \"x\"}",
                "{'name': 'x'}",
                "{\"name\": \"x\",}",
                "{\"name\": \"x\"} x",
                "{\"name\": \"x\"}{}",
                "{\"name\": NaN}",
                "// comment\n{}",
                "{\"name\": \"a\", \"name\": \"b\"}",
                "{\"name\": \"a\u0001b\"}",
                "{\"name\": \"\\x\"}",
                "{\"name\": \"\\ud8\"}",
                "{\"unknown\": {\"a\": 1, \"a\": 2}}",
                "\ufeff\ufeff{}"
            })
    void what_is_no_json_object_is_malformed(String body) {
        assertThat(send(body)).allSatisfy(answer -> refused(answer, 400, "malformed_json"));
    }

    @Test
    void a_byte_order_mark_is_let_pass_or_refused_but_no_failure() {
        assertThat(send("\ufeff{\"name\": 1}")).allSatisfy(answer -> expect(answer, 400));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'name': 1}                                          | name=invalid_type",
                "{'name': true}                                       | name=invalid_type",
                "{'name': {}}                                         | name=invalid_type",
                "{'name': ['x']}                                      | name=invalid_type",
                "{'name': 'a\\u0000b'}                                | name=invalid_type",
                "{'name': 'a\\ud800b'}                                | name=invalid_type",
                "{'name': '\\udc00\\ud800'}                           | name=invalid_type",
                "{'description': 1.5}                                 | description=invalid_type",
                "{'permissions': 'tokens:read'}                       | permissions=invalid_type",
                "{'permissions': {}}                                  | permissions=invalid_type",
                "{'permissions': {'a': 1}}                            | permissions=invalid_type",
                "{'permissions': [1]}                                 | permissions[0]=invalid_type",
                "{'permissions': ['tokens:read', ['x']]}              | permissions[1]=invalid_type",
                "{'permissions': [null]}                              | permissions[0]=invalid_type",
                "{'expiresAt': 1893456000}                            | expiresAt=invalid_type",
                "{'expiresAt': 1893456000.5}                          | expiresAt=invalid_type",
                "{'expiresAt': ''}                                    | expiresAt=invalid_type",
                "{'expiresAt': 'tomorrow'}                            | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01'}                          | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01T00:00:00'}                 | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01T00:00Z'}                   | expiresAt=invalid_type",
                "{'expiresAt': ' 2040-01-01T00:00:00Z'}               | expiresAt=invalid_type",
                "{'expiresAt': '2040-02-30T00:00:00Z'}                | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01T24:00:00Z'}                | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01T00:00:60Z'}                | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01T00:00:00+25:00'}           | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01T00:00:00+01:00:01'}        | expiresAt=invalid_type",
                "{'expiresAt': '+10000-01-01T00:00:00Z'}              | expiresAt=invalid_type",
                "{'expiresAt': '10000-01-01T00:00:00Z'}               | expiresAt=invalid_type",
                "{'expiresAt': '-2040-01-01T00:00:00Z'}               | expiresAt=invalid_type",
                "{'expiresAt': '+999999999-12-31T23:59:59Z'}          | expiresAt=invalid_type",
                "{'expiresAt': '2040-01-01T00:00:00.1234567890Z'}     | expiresAt=invalid_type",
                "{'unknown': 1}                                       | unknown=unknown_field",
                "{'Name': 'x'}                                        | Name=unknown_field",
                "{'id': 'tok_x'}                                      | id=unknown_field",
            })
    void a_field_of_another_type_or_name_is_told(String body, String field) {
        assertThat(send(json(body))).allSatisfy(answer -> refusedFields(answer, 400, field));
    }

    @Test
    void a_refusal_does_not_grow_with_the_request_nor_cut_a_character_in_half() {
        var name = "x".repeat(99) + "😀".repeat(2_000);
        assertThat(send(json("{'%s': 1}".formatted(name)))).allSatisfy(answer -> {
            refusedFields(answer, 400, "x".repeat(99) + "😀…=unknown_field");
            assertThat(answer.response().body()).hasSizeLessThan(1_000);
        });
        var many = "x".repeat(99) + "😀".repeat(20) + "',".repeat(1);
        var permissions = new StringBuilder();
        for (var i = 0; i < 300; i++) {
            permissions.append("'").append(i).append(many);
        }
        var body = json("{'name': 'x', 'permissions': [%s 'x']}".formatted(permissions));
        assertThat(send(body)).allSatisfy(answer -> {
            refusedFields(answer, 422, "permissions=unknown_permission");
            assertThat(answer.response().body()).hasSizeLessThan(3_000).doesNotContain("\\uD83D");
        });
    }

    @Test
    void depth_and_numbers_without_end_are_refused() {
        for (var body : List.of(
                "[".repeat(20_000),
                "{\"a\":".repeat(10_000),
                json("{'name': %s}".formatted("[".repeat(5_000) + "]".repeat(5_000))),
                json("{'name': %s}".formatted("9".repeat(50_000))),
                json("{'name': 1e999999999}"))) {
            assertThat(send(body)).allSatisfy(answer -> {
                expect(answer, 400);
                refused(answer, 400, answer.code());
                assertThat(answer.code()).startsWith("malformed_");
            });
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "multipart/form-data; boundary=x",
                "nonsense",
                ";;;",
                "application/json; charset=nonsense",
                "*/*",
                "application/octet-stream",
                "text/json"
            })
    void a_body_of_another_media_type_is_415(String type) {
        for (var method : List.of("POST", "PATCH")) {
            var path = method.equals("POST") ? "/api/tokens" : token.path();
            refused(me.session().send(method, path, type, "{}"), 415, "unsupported_media_type");
        }
    }

    @Test
    void a_body_without_a_media_type_is_415() {
        refused(me.session().send("POST", "/api/tokens", null, "{\"name\": \"x\"}"), 415, "unsupported_media_type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/xml", "image/*", "nonsense", ";q=1"})
    void who_does_not_accept_json_is_told_in_json(String accept) {
        refused(me.session().header("Accept", accept).get("/api/tokens"), 406, "not_acceptable");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/*",
                "application/*",
                "application/json",
                "text/html, */*;q=0.1",
                "application/json;charset=utf-8"
            })
    void who_accepts_json_gets_it(String accept) {
        assertThat(expect(me.session().header("Accept", accept).get("/api/tokens"), 200)
                        .header("Content-Type"))
                .startsWith("application/json");
    }

    @Test
    void a_refusal_is_a_problem_document_whatever_is_accepted() {
        refused(me.session().header("Accept", "text/html").get("/api/tokens/tok_nope"), 404, "token_not_found");
        refused(me.session().header("Accept", "image/png").post("/api/tokens", "{"), 400, "malformed_json");
    }
}
