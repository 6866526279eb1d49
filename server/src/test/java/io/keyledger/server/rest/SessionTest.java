package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.cookie;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.refusedFields;
import static io.keyledger.server.rest.Contract.setCookies;
import static io.keyledger.server.rest.Contract.signIn;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Contract.withCookieOnly;
import static io.keyledger.server.rest.Contract.withCookies;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.rest.Contract.Person;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signing in and out, the list of sessions, and what a session's cookie may do. */
class SessionTest {

    private static Person me;

    @BeforeAll
    static void register() {
        me = person();
    }

    @Test
    void the_sessions_cookie_is_for_the_browser_only_and_the_other_one_for_its_scripts() {
        var answer = expect(trySignIn(anybody(), me.email(), PASSWORD), 204);
        assertThat(answer.response().body()).isEmpty();
        assertThat(setCookies(answer))
                .filteredOn(cookie -> cookie.startsWith("keyledger_session="))
                .singleElement()
                .asString()
                .contains("HttpOnly", "SameSite=Lax", "Path=/");
        assertThat(setCookies(answer))
                .filteredOn(cookie -> cookie.startsWith("XSRF-TOKEN="))
                .singleElement()
                .asString()
                .doesNotContain("HttpOnly")
                .contains("SameSite=Lax");
        assertThat(answer.header("Cache-Control")).contains("no-store");
    }

    @Test
    void a_change_by_cookie_needs_the_token_against_cross_site_requests_and_a_read_does_not() {
        var answer = expect(trySignIn(anybody(), me.email(), PASSWORD), 204);
        var byCookie = withCookieOnly(anybody(), answer);
        expect(byCookie.get("/api/account"), 200);
        for (var client : List.of(
                byCookie,
                byCookie.header("X-XSRF-TOKEN", ""),
                byCookie.header("X-XSRF-TOKEN", "wrong"),
                byCookie.header(
                        "X-XSRF-TOKEN",
                        cookie(expect(trySignIn(anybody(), me.email(), PASSWORD), 204), "XSRF-TOKEN")))) {
            refused(client.post("/api/tokens", "{\"name\": \"x\"}"), 403, "csrf_token_missing");
            refused(client.delete("/api/session"), 403, "csrf_token_missing");
        }
        create(withCookies(anybody(), answer), unique("with the token"));
    }

    @Test
    void no_other_site_signs_anybody_in() {
        refused(
                trySignIn(anybody().header("Sec-Fetch-Site", "cross-site"), me.email(), PASSWORD),
                403,
                "csrf_token_missing");
        expect(trySignIn(anybody().header("Sec-Fetch-Site", "same-origin"), me.email(), PASSWORD), 204);
        // Nor does it use what the browser knows for HTTP Basic.
        refused(
                me.basic().header("Sec-Fetch-Site", "cross-site").post("/api/tokens", "{\"name\": \"theirs\"}"),
                403,
                "csrf_token_missing");
    }

    @Test
    void signing_out_ends_the_session_at_once() {
        var session = signIn(anybody(), me.email(), PASSWORD);
        var answer = expect(session.delete("/api/session"), 204);
        assertThat(setCookies(answer))
                .filteredOn(cookie -> cookie.startsWith("keyledger_session=;"))
                .singleElement()
                .asString()
                .contains("Max-Age=0");
        assertThat(session.get("/api/account").status()).isEqualTo(401);
        refused(me.basic().delete("/api/session"), 404, "session_not_found");
        refused(me.token().delete("/api/session"), 403, "person_required");
        refused(anybody().delete("/api/session"), 401, "authentication_required");
    }

    @Test
    void signing_in_again_ends_the_session_that_the_request_came_with() {
        var before = signIn(anybody(), me.email(), PASSWORD);
        var after = withCookies(anybody(), expect(trySignIn(before, me.email(), PASSWORD), 204));
        assertThat(before.get("/api/account").status()).isEqualTo(401);
        expect(after.get("/api/account"), 200);
    }

    @Test
    void wrong_credentials_get_the_same_answer_whether_or_not_the_address_is_known() {
        var known = refused(trySignIn(anybody(), me.email(), "not this one at all"), 401, "invalid_credentials");
        var unknown =
                refused(trySignIn(anybody(), "nobody@example.org", "not this one at all"), 401, "invalid_credentials");
        assertThat(withoutCorrelation(unknown)).isEqualTo(withoutCorrelation(known));
        assertThat(unknown.header("WWW-Authenticate")).isEqualTo(known.header("WWW-Authenticate"));
        assertThat(known.header("WWW-Authenticate")).doesNotContain("Basic");
        assertThat(setCookies(known)).isEmpty();
    }

    private static String withoutCorrelation(io.keyledger.server.journey.Client.Answer answer) {
        return answer.response().body().replaceAll("\"correlationId\":\"[0-9a-f]{32}\"", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                  | 422 | email=required,password=required",
                "{'email': '', 'password': ''}       | 422 | email=required,password=required",
                "{'email': 1, 'password': 'x'}       | 400 | email=invalid_type",
                "{'email': 'a\\u0000', 'password': 'x'} | 400 | email=invalid_type",
                "{'email': 'a', 'password': 'x', 'x': 1} | 400 | x=unknown_field",
            })
    void what_is_missing_or_malformed_is_told(String body, int status, String expected) {
        refusedFields(anybody().post("/api/session", json(body)), status, expected.split(","));
    }

    @Test
    void a_password_of_any_length_and_script_is_looked_at() {
        for (var password : List.of("x".repeat(60_000), "😀\\u202e", " ")) {
            var answer = trySignIn(anybody(), me.email(), password);
            assertThat(answer.status()).as("%s", answer).isIn(401, 422);
        }
    }

    @Test
    void sessions_are_listed_and_ended_one_by_one() {
        var person = person();
        var other = signIn(anybody().header("User-Agent", "Other/1.0"), person.email(), PASSWORD);
        var list = expect(person.session().get("/api/sessions"), 200);
        assertThat(items(list.json().path("items"))).hasSize(2).allSatisfy(session -> {
            assertThat(fields(session))
                    .containsExactlyInAnyOrder("id", "ipAddress", "userAgent", "createdAt", "lastSeenAt", "current");
            assertThat(session.path("id").asString()).matches("ses_[0-9A-Za-z_-]{22}");
            assertThat(session.path("ipAddress").asString()).isEqualTo("127.0.0.1");
        });
        assertThat(texts(list, "userAgent")).contains("Other/1.0");
        var otherId = items(list.json().path("items")).stream()
                .filter(session -> !session.path("current").asBoolean())
                .map(session -> session.path("id").asString())
                .findFirst()
                .orElseThrow();
        refused(me.session().delete("/api/sessions/" + otherId), 404, "session_not_found");
        expect(person.session().delete("/api/sessions/" + otherId), 204);
        assertThat(other.get("/api/account").status()).isEqualTo(401);
        refused(person.session().delete("/api/sessions/" + otherId), 404, "session_not_found");
        expect(person.session().get("/api/account"), 200);
        assertThat(texts(expect(person.basic().get("/api/sessions"), 200), "current"))
                .containsExactly("false");
        refused(person.token().get("/api/sessions"), 403, "person_required");
        refused(person.token().delete("/api/sessions/" + otherId), 403, "person_required");
        refused(anybody().get("/api/sessions"), 401, "authentication_required");
    }

    @Test
    void an_unknown_session_id_is_404_whatever_it_looks_like() {
        for (var id : List.of("ses_nope", "%22%27", "%F0%9F%98%80", "a".repeat(5_000))) {
            refused(me.session().delete("/api/sessions/" + id), 404, "session_not_found");
        }
    }

    @Test
    void a_cookie_that_was_tampered_with_is_nobodys() {
        var value = cookie(expect(trySignIn(anybody(), me.email(), PASSWORD), 204), "keyledger_session");
        expect(anybody().header("Cookie", "keyledger_session=" + value).get("/api/account"), 200);
        var signed = new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
        var dot = signed.indexOf('.');
        var wrong = new ArrayList<>(List.of("", "\"", "%", "a".repeat(5_000), value.substring(4)));
        for (var text : List.of(
                signed.substring(0, dot),
                signed.substring(0, dot + 1),
                signed.substring(dot),
                signed.substring(0, signed.length() - 1),
                signed + "x",
                (signed.charAt(0) == 'a' ? 'b' : 'a') + signed.substring(1))) {
            wrong.add(Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
        }
        for (var cookie : wrong) {
            refused(
                    anybody().header("Cookie", "keyledger_session=" + cookie).get("/api/account"),
                    401,
                    "authentication_required");
        }
    }

    @Test
    void credentials_that_are_wrong_are_never_outdone_by_a_good_cookie() {
        Client session = signIn(anybody(), me.email(), PASSWORD);
        refused(session.token("klt_wrong").get("/api/account"), 401, "invalid_token");
        refused(session.password(me.email(), "not this one at all").get("/api/account"), 401, "invalid_credentials");
    }
}
