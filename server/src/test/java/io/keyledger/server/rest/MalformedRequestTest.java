package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.assertProblem;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.person;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.rest.Contract.Person;
import io.keyledger.server.rest.RawHttp.Answer;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that no HTTP client would send: each is refused with a problem document, and harms nothing. */
class MalformedRequestTest {

    private static final byte[] LARGE =
            "{\"name\": \"%s\"}".formatted("a".repeat(10_000_000)).getBytes(UTF_8);

    private static Person me;
    private static String authorization;
    private static RawHttp http;

    @BeforeAll
    static void register() {
        me = person();
        authorization = "Authorization: Bearer "
                + Contract.create(me.session(), "raw", "tokens:read", "tokens:write")
                        .value();
        http = new RawHttp(Contract.server().address());
    }

    /** Whatever was sent. */
    @AfterEach
    void the_server_works_afterwards() {
        expect(me.session().get("/api/tokens"), 200);
    }

    private static Answer get(String target, String... lines) {
        return http.send(
                "GET " + target + " HTTP/1.1",
                Stream.concat(Stream.of(authorization), Arrays.stream(lines)).toArray(String[]::new),
                new byte[0]);
    }

    private static Answer post(byte[] body, String... lines) {
        return http.send(
                "POST /api/tokens HTTP/1.1",
                Stream.concat(Stream.of(authorization, "Content-Type: application/json"), Arrays.stream(lines))
                        .toArray(String[]::new),
                body);
    }

    private static void refused(Answer answer, int status) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        assertProblem(status, answer.header("Content-Type"), answer.body());
        assertThat(answer.header("Server")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/tokens/a%00b",
                "/api/tokens?search=a%00b",
                "/api/tokens/%zz",
                "/api/tokens/%",
                "/api/tokens/%ff",
                "/api/tokens/%ed%a0%80",
                "/api/tokens;a=b",
                "/api/tokens/x;jsessionid=1",
                "/api/tokens/%3b",
                "//api/tokens",
                "/api//tokens",
                "/api/..%2ftokens",
                "/api/..%2Ftokens",
                "/api/%2e%2e/tokens",
                "/api/%2e/tokens",
                "/api/../tokens",
                "/api/./tokens",
                "/../../etc/passwd",
                "/api/tokens/a%2fb",
                "/api/tokens/a%5cb",
                "/api/tokens\\x",
                "/api/tokens/%2500",
                "/api/tokens/a|b",
                "/api/tokens/\u00c3\u00a9",
                "/api/tokens/<x>",
                "/api/tokens/a%0d%0ab",
                "/api/tokens/{id}",
                "api/tokens",
                "/api/tokens?search=%zz",
                "/api/tokens?search=%",
                "/api/tokens?search=%ff",
                "/api/tokens?search=%ed%a0%80",
                "/api/tokens?unknown=%zz",
                "/api/tokens?search=%c0%af",
                "/api/audit-events?type=%00"
            })
    void an_address_that_stands_for_no_text_or_plays_tricks_is_malformed(String target) {
        refused(get(target), 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/no-page",
                "/api",
                "/api/",
                "/api/nope",
                "/api/tokens/",
                "/API/tokens",
                "/api/tokens/x/y",
                "/api/tokens.json",
                "/error",
                "/actuator/env",
                "/actuator/heapdump",
                "/actuator/shutdown",
                "/v3",
                "/.git/config",
                "/api/tokens/%22%27",
                "/api/tokens/%F0%9F%98%80",
                "/WEB-INF/web.xml",
                "/META-INF/MANIFEST.MF",
                "/application.yml"
            })
    void what_is_not_there_is_404(String target) {
        refused(get(target), 404);
    }

    @Test
    void without_credentials_nobody_learns_what_is_there() {
        for (var target : new String[] {"/", "/api/nope", "/api/tokens", "/actuator/env", "/error"}) {
            var answer = http.send("GET " + target + " HTTP/1.1");
            refused(answer, 401);
            assertThat(answer.header("WWW-Authenticate")).isNotEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, /api/tokens, 'GET, POST'",
        "DELETE, /api/tokens, 'GET, POST'",
        "FOO, /api/tokens, 'GET, POST'",
        "get, /api/tokens, 'GET, POST'",
        "PROPFIND, /api/tokens, 'GET, POST'",
        "POST, /api/tokens/x, 'DELETE, GET, PATCH'",
        "PUT, /api/tokens/self, 'DELETE, GET, PATCH'",
        "GET, /api/session, 'DELETE, POST'",
        "POST, /api/sessions, 'GET'",
        "GET, /api/sessions/x, 'DELETE'",
        "POST, /api/account, 'GET, PATCH'",
        "PATCH, /api/account/password, 'PUT'",
        "GET, /api/password-reset, 'POST'",
        "DELETE, /api/accounts, 'GET, POST'",
        "DELETE, /api/accounts/x, 'GET, PATCH'",
        "GET, /api/accounts/x/reset-link, 'POST'",
        "PUT, /api/accounts/x/tokens, 'DELETE, GET, POST'",
        "POST, /api/accounts/x/tokens/y, 'DELETE, GET, PATCH'",
        "GET, /api/accounts/x/tokens/y/transfer, 'POST'",
        "POST, /api/accounts/x/owners/y, 'DELETE, PUT'",
        "POST, /api/permissions, 'GET'",
        "DELETE, /api/audit-events, 'GET'",
    })
    void another_method_is_405_with_those_that_there_are(String method, String path, String allowed) {
        var answer = http.send(method + " " + path + " HTTP/1.1", authorization);
        refused(answer, 405);
        assertThat(Arrays.stream(answer.header("Allow").split(", ")).sorted()).containsExactly(allowed.split(", "));
    }

    @Test
    void trace_is_refused_and_echoes_nothing() {
        var answer = http.send("TRACE /api/tokens HTTP/1.1", authorization, "X-Secret: echo-me");
        refused(answer, 405);
        assertThat(answer.headers() + answer.body()).doesNotContain("echo-me").doesNotContain("klt_");
    }

    @Test
    void what_http_itself_does_not_allow_is_refused() {
        refused(http.send("CONNECT localhost:1 HTTP/1.1", authorization), 501);
        refused(http.send("GET / HTTP/9.9"), 505);
        refused(http.sendBytes("\u0016\u0003\u0001\u0002\r\n\r\n".getBytes(ISO_8859_1), new byte[0]), 400);
        refused(
                http.sendBytes("GET /api/tokens HTTP/1.1\r\nConnection: close\r\n\r\n".getBytes(UTF_8), new byte[0]),
                400);
        refused(get("/api/tokens", "Host: other"), 400);
        refused(get("/api/tokens", "X: a\u0001b"), 400);
        refused(get("/api/tokens", "X: a\u0000b"), 400);
        refused(get("/api/tokens", "no colon"), 400);
        refused(get("/api/tokens", "Sp ace: x"), 400);
        refused(get("http://elsewhere/api/tokens"), 400);
    }

    @Test
    void headers_without_end_are_refused() {
        refused(
                get(
                        "/api/tokens",
                        IntStream.range(0, 1_000)
                                .mapToObj(i -> "X-" + i + ": a")
                                .toArray(String[]::new)),
                400);
        refused(get("/api/tokens", "X: " + "a".repeat(20_000)), 400);
        refused(get("/api/tokens?search=" + "a".repeat(20_000)), 400);
        refused(get("/api/tokens/" + "a".repeat(200_000)), 400);
        refused(get("/api/tokens?" + "a=b&".repeat(1_500)), 400);
    }

    @Test
    void a_large_body_is_refused_before_it_is_read() {
        refused(post(LARGE, "Content-Length: " + LARGE.length), 413);
        refused(post(new byte[0], "Content-Length: 9999999999999"), 413);
        var justTooLarge = new byte[64 * 1024 + 1];
        Arrays.fill(justTooLarge, (byte) ' ');
        refused(post(justTooLarge, "Content-Length: " + justTooLarge.length), 413);
    }

    @Test
    void a_large_body_that_does_not_say_its_length_is_refused_too() {
        refused(post(chunked(LARGE), "Transfer-Encoding: chunked"), 413);
        refused(
                http.send(
                        "DELETE /api/tokens/tok_nope HTTP/1.1",
                        new String[] {authorization, "Content-Length: " + LARGE.length},
                        LARGE),
                413);
    }

    /** Forms are read by the container. */
    @ParameterizedTest
    @ValueSource(strings = {"/oauth2/introspect", "/oauth2/revoke", "/sign-in", "/api/tokens"})
    void a_large_form_that_does_not_say_its_length_is_refused_too(String path) {
        refused(
                http.send(
                        "POST " + path + " HTTP/1.1",
                        new String[] {
                            authorization,
                            "Content-Type: application/x-www-form-urlencoded",
                            "Transfer-Encoding: chunked"
                        },
                        chunked("a=%s".formatted("b".repeat(70_000)).getBytes(UTF_8))),
                413);
    }

    private static byte[] chunked(byte[] body) {
        return (Integer.toHexString(body.length) + "\r\n" + new String(body, ISO_8859_1) + "\r\n0\r\n\r\n")
                .getBytes(ISO_8859_1);
    }

    @Test
    void a_body_that_is_not_what_its_headers_say_is_malformed() {
        var body = "{}".getBytes(UTF_8);
        refused(post(body, "Content-Length: x"), 400);
        refused(post(body, "Content-Length: -1"), 400);
        refused(post(body, "Content-Length: 1", "Content-Length: 2"), 400);
        refused(post(body, "Content-Length: 100"), 400);
        refused(post("zz\r\n".getBytes(UTF_8), "Transfer-Encoding: chunked"), 400);
        refused(post("2\r\n{".getBytes(UTF_8), "Transfer-Encoding: chunked"), 400);
        refused(post(body, "Transfer-Encoding: nonsense"), 501);
        refused(post(body, "Content-Length: 2", "Content-Encoding: gzip", "Expect: nonsense"), 417);
        refused(post("{\"name\": \"a\u00ff\"}".getBytes(ISO_8859_1), "Content-Length: 14"), 400);
        refused(post("{\"name\": \"a\u00ed\u00a0\u0080\"}".getBytes(ISO_8859_1), "Content-Length: 16"), 400);
    }

    @Test
    void forms_are_no_bodies_however_they_are_written() {
        for (var body : new String[] {"a=b", "%zz=%", "a=%ff", "a=b&".repeat(2_000)}) {
            for (var line : new String[] {"POST /api/tokens", "PUT /api/account/password", "PATCH /api/tokens/x"}) {
                var answer = http.send(
                        line + " HTTP/1.1",
                        new String[] {
                            authorization,
                            "Content-Type: application/x-www-form-urlencoded",
                            "Content-Length: " + body.length()
                        },
                        body.getBytes(UTF_8));
                assertThat(answer.status()).as("%s %s", line, answer).isIn(400, 415);
                refused(answer, answer.status());
            }
        }
    }

    static Stream<String> authorizations() {
        return Stream.of(
                "Basic",
                "Basic ",
                "Basic !!!",
                "Basic " + base64("no colon"),
                "Basic " + base64("a\u0000:x"),
                "Basic " + base64(":"),
                "Basic " + base64("a@b:"),
                "Basic //46eA==",
                "Basic " + base64("a@b:" + "p".repeat(9_000)),
                "basic " + base64("a".repeat(5_000) + ":x"),
                "Bearer",
                "Bearer ",
                "Bearer x y",
                "Bearer klt_",
                "Bearer " + "a".repeat(10_000),
                "Bearer \u00ff\u00fe",
                "Digest username=\"a\"",
                "Negotiate abc",
                "x",
                ",",
                "");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.MethodSource("authorizations")
    void an_authorization_that_proves_nothing_is_401(String value) {
        var answer = http.send("GET /api/tokens HTTP/1.1", "Authorization: " + value);
        refused(answer, 401);
        assertThat(answer.header("WWW-Authenticate"))
                .startsWith(value.regionMatches(true, 0, "Basic", 0, 5) ? "Basic realm=" : "Bearer realm=");
        assertThat(answer.header("Set-Cookie")).isEmpty();
    }

    @Test
    void two_authorizations_are_malformed_even_when_both_are_good() {
        refused(get("/api/tokens", authorization), 400);
        refused(get("/api/tokens", "Authorization: Basic eDp5"), 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keyledger_session=\u00ff",
                "keyledger_session=\"a.b",
                "=;;=,",
                "keyledger_session",
                "XSRF-TOKEN=\"",
                "keyledger_browser=%00; keyledger_session=a.b",
                "$Version=1; keyledger_session=x"
            })
    void a_cookie_header_that_is_none_is_nobodys(String cookie) {
        refused(http.send("GET /api/tokens HTTP/1.1", "Cookie: " + cookie), 401);
    }

    @Test
    void a_key_that_is_not_printable_ascii_is_malformed() {
        var body = "{\"name\": \"x\"}".getBytes(UTF_8);
        refused(post(body, "Content-Length: " + body.length, "Idempotency-Key: a\u00e9"), 400);
    }

    @Test
    void nothing_that_a_client_did_is_logged_as_a_failure_of_the_server() {
        assertThat(Contract.server().output().lines().filter(line -> line.contains(" ERROR ")))
                .isEmpty();
    }
}
