package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.assertProblem;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.unique;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.rest.RawHttp.Answer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** {@code /oauth2/introspect}: what is answered to each request that some client may think of. */
class IntrospectionRequestsTest {

    private static final String FORM = "Content-Type: application/x-www-form-urlencoded";
    private static final String ASKING = "Authorization: Bearer {asking}";
    private static final String TARGET = "/oauth2/introspect";
    private static final Pattern NAME = Pattern.compile("\\{([a-z-]+)}");

    private static Map<String, String> values;
    private static RawHttp http;

    @BeforeAll
    static void register() {
        var owner = person();
        var asking = create(administrator(), unique("asking"), "introspect");
        var asked = create(owner.session(), unique("asked"), "tokens:read");
        var revoked = create(administrator(), unique("revoked"), "introspect");
        expect(administrator().delete(revoked.path()), 204);
        var limited = create(administrator(), unique("limited"), "introspect");
        expect(administrator().patch(limited.path(), json("{'allowedAddresses': ['192.0.2.1']}")), 200);
        var asksFromHere = create(administrator(), unique("from here"), "introspect");
        expect(administrator().patch(asksFromHere.path(), json("{'allowedAddresses': ['127.0.0.0/8', '::1']}")), 200);
        values = Map.ofEntries(
                Map.entry("asking", asking.value()),
                Map.entry("asked", asked.value()),
                Map.entry("revoked", revoked.value()),
                Map.entry("limited", limited.value()),
                Map.entry("from-here", asksFromHere.value()),
                Map.entry("unknown", TokenValue.generate("klt_").reveal()),
                Map.entry(
                        "mistyped",
                        asked.value().substring(0, 39) + (asked.value().endsWith("0") ? '1' : '0')),
                Map.entry("client", base64(asking.id() + ":" + asking.value())),
                Map.entry("another-client", base64(asked.id() + ":" + asking.value())),
                Map.entry("wrong-client", base64(asking.id() + ":nonsense")),
                Map.entry("no-colon", base64(asking.id())),
                Map.entry("nul", base64(asking.id() + ":" + asking.value() + '\0')),
                Map.entry("no-text", Base64.getEncoder().encodeToString("tok_\u00ff:x".getBytes(ISO_8859_1))),
                Map.entry("person", base64(owner.email() + ":" + Contract.PASSWORD)),
                Map.entry("administrator", base64(secondAdministrator().email() + ":" + Contract.PASSWORD)),
                Map.entry("nobody", base64(unique("nobody") + "@example.org:nonsense")));
        http = new RawHttp(Contract.server().address());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    /**
     * A request, and what is answered to it. Where a token belongs, its name stands in braces.
     *
     * @param line what is sent, without version
     * @param headers without the length, where they do not say how it is found out
     * @param answer status and code of a refusal, or whether the token is told to be active, and the headers that matter
     */
    record Row(String line, List<String> headers, String body, String answer) {}

    private static Row row(String line, String body, String answer, String... headers) {
        return new Row(line, List.of(headers), body, answer);
    }

    /** With the asking token. */
    private static Row asked(String body, String answer, String... headers) {
        var all = new ArrayList<>(List.of(ASKING));
        all.addAll(List.of(headers));
        if (Stream.of(headers).noneMatch(header -> header.startsWith("Content-Type"))) {
            all.add(FORM);
        }
        return new Row("POST " + TARGET, all, body, answer);
    }

    /** Asked about a good token, by whoever this is. */
    private static Row by(String answer, String... headers) {
        var all = new ArrayList<>(List.of(headers));
        all.add(FORM);
        return new Row("POST " + TARGET, all, "token={asked}", answer);
    }

    private static String chunked(String body) {
        return "%x\r\n%s\r\n0\r\n\r\n".formatted(body.length(), body);
    }

    static Stream<Row> rows() {
        return Stream.of(
                // What is sent.
                asked("token={asked}", "200 active"),
                asked("token={asked}", "200 active", "Content-Type: application/x-www-form-urlencoded;charset=UTF-8"),
                asked("token={asked}", "200 active", "Content-Type: application/x-www-form-urlencoded; charset=utf-8"),
                asked("token={asked}", "200 active", "Content-Type: APPLICATION/X-WWW-FORM-URLENCODED"),
                asked(
                        "token={asked}",
                        "200 active",
                        "Content-Type: application/x-www-form-urlencoded; charset=iso-8859-1"),
                asked("token={asked}", "200 active", "Content-Type: application/x-www-form-urlencoded; charset=utf-16"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: application/x-www-form-urlencoded; charset=nonsense"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: application/json"),
                asked(
                        "{\"token\": \"{asked}\"}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: application/json"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: text/plain"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: */*"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: application/*"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: nonsense"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type:"),
                asked(
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        "Content-Type: multipart/form-data; boundary=x"),
                row(
                        "POST " + TARGET,
                        "token={asked}",
                        "415 unsupported_media_type, application/x-www-form-urlencoded",
                        ASKING),
                asked("", "400 missing_parameter"),
                asked("token", "200 inactive"),
                asked("token=", "200 inactive"),
                asked("TOKEN={asked}", "400 missing_parameter"),
                asked("a=b", "400 missing_parameter"),
                asked("&&token={asked}&&a&=b", "400 malformed_request"),
                asked("token={asked}&token={asked}", "400 repeated_parameter"),
                asked("token={asked}&token=", "400 repeated_parameter"),
                asked("%74oken={asked}", "200 active"),
                asked("token=+{asked}%20", "200 active"),
                asked("token=%zz", "400 malformed_request"),
                asked("token=%", "400 malformed_request"),
                asked("token=%ff", "400 malformed_request"),
                asked("token={asked}&a=%zz", "400 malformed_request"),
                asked("token={asked}&a=%ff", "400 malformed_request"),
                asked("token={asked}%00", "400 malformed_request"),
                asked("token={asked}&a=%00", "200 active"),
                asked("token={asked}&ip_address=%00", "400 malformed_request"),
                asked("token={asked}&token_type_hint=%00", "400 malformed_request"),
                asked("token={asked}&ip_address=%zz", "400 malformed_request"),
                asked("token=\u00e9", "200 inactive"),
                asked("token=" + "k".repeat(60_000), "200 inactive"),
                asked("token={asked}&a=" + "k".repeat(70_000), "413 body_too_large"),
                asked("token={asked}" + "&a=b".repeat(2_000), "400 malformed_request"),
                asked("token={unknown}", "200 inactive"),
                asked("token={mistyped}", "200 inactive"),
                asked("token={revoked}", "200 inactive"),
                asked("token={limited}", "200 inactive"),
                asked("token={limited}&ip_address=192.0.2.1", "200 active"),
                asked("token={limited}&ip_address=192.0.2.2", "200 inactive"),
                asked("token={limited}&ip_address=192.0.2.1&ip_address=192.0.2.2", "200 inactive"),
                asked("token={limited}&ip_address=192.0.2.2&ip_address=192.0.2.1", "200 inactive"),
                asked("token={limited}&ip_address=nonsense", "200 inactive"),
                asked("token={limited}&ip_address=", "200 inactive"),
                asked("token={asked}&token_type_hint=access_token", "200 active"),
                asked("token={asked}&token_type_hint=a&token_type_hint=b", "200 active"),
                asked("token={asking}", "200 active"),
                asked("token={asked}&_method=DELETE", "200 active"),
                asked("token={asked}&access_token={asked}", "200 active"),
                asked("32\r\ntoken={asked}&a=b\r\n0\r\n\r\n", "200 active", "Transfer-Encoding: chunked"),
                asked(chunked("token=" + "k".repeat(60_000)), "200 inactive", "Transfer-Encoding: chunked"),
                asked(chunked("token=" + "k".repeat(70_000)), "413 body_too_large", "Transfer-Encoding: chunked"),
                asked("zz\r\n", "400 bad_request", "Transfer-Encoding: chunked"),
                // What would be liked in return.
                asked("token={asked}", "200 active", "Accept: application/json"),
                asked(
                        "token={asked}",
                        "200 active as application/json;charset=UTF-8",
                        "Accept: application/json;charset=UTF-8"),
                asked("token={asked}", "200 active", "Accept: text/html, */*;q=0.1"),
                asked("token={asked}", "200 active", "Accept: application/*"),
                asked(
                        "token={asked}",
                        "406 not_acceptable, application/json, application/*+json, application/yaml",
                        "Accept: text/html"),
                asked(
                        "token={asked}",
                        "406 not_acceptable, application/json, application/*+json, application/yaml",
                        "Accept: application/jwt"),
                asked("token={asked}", "200 active", "Accept: application/token-introspection+jwt, application/json"),
                asked("token={asked}", "200 active", "Accept: application/json;q=0"),
                asked("token={asked}", "406 not_acceptable", "Accept: nonsense"),
                asked("token={asked}", "200 active", "Accept:"),
                asked("token={asked}", "200 active as application/problem+json", "Accept: application/problem+json"),
                asked("token={asked}", "200 active as application/json;v=2", "Accept: application/json;v=2"),
                // Where it is sent.
                row("POST " + TARGET + "?token={asked}", "", "400 parameters_in_address", FORM, ASKING),
                row("POST " + TARGET + "?token={asked}", "token={asked}", "400 repeated_parameter", FORM, ASKING),
                row("POST " + TARGET + "?a=b", "token={asked}", "400 parameters_in_address", FORM, ASKING),
                row("POST " + TARGET + "?", "token={asked}", "400 parameters_in_address", FORM, ASKING),
                row("POST " + TARGET + "?a=%zz", "token={asked}", "400 malformed_request", FORM, ASKING),
                row("POST " + TARGET + "/", "token={asked}", "404 not_found", FORM, ASKING),
                row("POST " + TARGET + ";a=b", "token={asked}", "400 malformed_request", FORM, ASKING),
                row("POST /oauth2//introspect", "token={asked}", "400 malformed_request", FORM, ASKING),
                row("POST /oauth2/%69ntrospect", "token={asked}", "200 active", FORM, ASKING),
                row("POST /OAuth2/introspect", "token={asked}", "404 not_found", FORM, ASKING),
                row("GET " + TARGET, "", "405 method_not_allowed, POST", ASKING),
                row("GET " + TARGET, "", "401 authentication_required, Bearer realm=\"keyledger\""),
                row("GET " + TARGET + "?token={asked}", "", "405 method_not_allowed, POST", ASKING),
                row("HEAD " + TARGET, "", "405, POST", ASKING),
                row("OPTIONS " + TARGET, "", "200, POST,OPTIONS", ASKING),
                row("PUT " + TARGET, "token={asked}", "405 method_not_allowed, POST", FORM, ASKING),
                row("post " + TARGET, "token={asked}", "405 method_not_allowed, POST", FORM, ASKING),
                row(
                        "GET " + TARGET,
                        "token={asked}",
                        "405 method_not_allowed, POST",
                        FORM,
                        ASKING,
                        "X-HTTP-Method-Override: POST"),
                // Who asks.
                by("401 authentication_required, Bearer realm=\"keyledger\""),
                by("200 active", "Authorization: bearer {asking}"),
                by("200 active", "Authorization: Bearer   {asking}  "),
                by("403 permission_missing", "Authorization: Bearer {asked}"),
                by(
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        "Authorization: Bearer {unknown}"),
                by(
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        "Authorization: Bearer {mistyped}"),
                by(
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        "Authorization: Bearer {revoked}"),
                by(
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        "Authorization: Bearer {limited}"),
                by("200 active", "Authorization: Bearer {from-here}"),
                by("401 unsupported_scheme, Bearer realm=\"keyledger\"", "Authorization: Bearer"),
                by("401 unsupported_scheme, Bearer realm=\"keyledger\"", "Authorization: Bearer "),
                by(
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        "Authorization: Bearer {asking}, Bearer {asking}"),
                by("400 invalid_authorization", ASKING, ASKING),
                by("401 unsupported_scheme, Bearer realm=\"keyledger\"", "Authorization: {asking}"),
                by("401 unsupported_scheme, Bearer realm=\"keyledger\"", "Authorization: Digest x"),
                by("401 unsupported_scheme, Bearer realm=\"keyledger\"", "Authorization:"),
                by("200 active", "Authorization: Basic {client}"),
                by("200 active", "Authorization: BASIC {client}"),
                by("403 csrf_token_missing", "Authorization: Basic {client}", "Sec-Fetch-Site: cross-site"),
                by("200 active", ASKING, "Sec-Fetch-Site: cross-site"),
                by(
                        "401 invalid_token, Basic realm=\"keyledger\", charset=\"UTF-8\"",
                        "Authorization: Basic {another-client}"),
                by(
                        "401 invalid_token, Basic realm=\"keyledger\", charset=\"UTF-8\"",
                        "Authorization: Basic {wrong-client}"),
                by(
                        "401 malformed_basic, Basic realm=\"keyledger\", charset=\"UTF-8\"",
                        "Authorization: Basic {no-colon}"),
                by("401 malformed_basic, Basic realm=\"keyledger\", charset=\"UTF-8\"", "Authorization: Basic {nul}"),
                by(
                        "401 malformed_basic, Basic realm=\"keyledger\", charset=\"UTF-8\"",
                        "Authorization: Basic {no-text}"),
                by("401 malformed_basic, Basic realm=\"keyledger\", charset=\"UTF-8\"", "Authorization: Basic !!!"),
                by("401 unsupported_scheme, Basic realm=\"keyledger\", charset=\"UTF-8\"", "Authorization: Basic"),
                by("403 permission_missing", "Authorization: Basic {person}"),
                by("200 active", "Authorization: Basic {administrator}"),
                by(
                        "401 invalid_credentials, Basic realm=\"keyledger\", charset=\"UTF-8\"",
                        "Authorization: Basic {nobody}"),
                by("200 active", ASKING, "Cookie: keyledger_session=nonsense"),
                by("401 authentication_required, Bearer realm=\"keyledger\"", "Cookie: keyledger_session=nonsense"),
                by("401 authentication_required, Bearer realm=\"keyledger\"", "X-Client: {asking}"),
                by("200 active", ASKING, "Origin: https://elsewhere.example.org"),
                by("200 active", ASKING, "Keyledger-Position: 999999999"),
                by("200 active", ASKING, "Keyledger-Position: nonsense"),
                // Two mistakes: which is answered.
                row(
                        "POST " + TARGET,
                        "a=b",
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        FORM,
                        "Authorization: Bearer {unknown}"),
                row("POST " + TARGET, "a=b", "400 missing_parameter", FORM, "Authorization: Bearer {asked}"),
                row(
                        "POST " + TARGET,
                        "token=%zz",
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        FORM,
                        "Authorization: Bearer {unknown}"),
                row("POST " + TARGET, "token=%zz", "400 malformed_request", FORM, "Authorization: Bearer {asked}"),
                row("POST " + TARGET, "token=%zz", "401 authentication_required, Bearer realm=\"keyledger\"", FORM),
                row(
                        "POST " + TARGET,
                        "token=a&token=b",
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        FORM,
                        "Authorization: Bearer {unknown}"),
                row(
                        "POST " + TARGET,
                        "token=a&token=b",
                        "403 permission_missing",
                        FORM,
                        "Authorization: Bearer {asked}"),
                row(
                        "POST " + TARGET,
                        "token={asked}",
                        "403 permission_missing",
                        FORM,
                        "Authorization: Bearer {asked}",
                        "Accept: text/html"),
                row(
                        "POST " + TARGET,
                        "token={asked}",
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        FORM,
                        "Authorization: Bearer {unknown}",
                        "Accept: text/html"),
                row(
                        "POST " + TARGET + "?a=b",
                        "token={asked}",
                        "403 permission_missing",
                        FORM,
                        "Authorization: Bearer {asked}"),
                row(
                        "POST " + TARGET + "?a=b",
                        "token={asked}",
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        FORM,
                        "Authorization: Bearer {unknown}"),
                row(
                        "POST " + TARGET,
                        "{}",
                        "401 invalid_token, Bearer realm=\"keyledger\", error=\"invalid_token\"",
                        "Content-Type: application/json",
                        "Authorization: Bearer {unknown}"),
                row(
                        "POST " + TARGET,
                        "a=" + "k".repeat(70_000),
                        "413 body_too_large",
                        FORM,
                        "Authorization: Bearer {unknown}"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void each_request_is_answered_as_it_says(Row row) {
        var body = filled(row.body()).getBytes(UTF_8);
        var headers = new ArrayList<>(
                row.headers().stream().map(IntrospectionRequestsTest::filled).toList());
        if (headers.stream().noneMatch(header -> header.startsWith("Transfer-Encoding"))) {
            headers.add("Content-Length: " + body.length);
        }
        var told = told(http.send(filled(row.line()) + " HTTP/1.1", headers.toArray(String[]::new), body));
        assertThat(told).isEqualTo(row.answer());
    }

    private static String filled(String text) {
        return NAME.matcher(text).replaceAll(name -> values.getOrDefault(name.group(1), name.group()));
    }

    private static String told(Answer answer) {
        assertThat(answer.header("Set-Cookie")).isEmpty();
        assertThat(answer.header("Keyledger-Correlation-Id")).as("%s", answer).matches("[0-9a-f]{32}|");
        assertThat(answer.header("Cache-Control")).as("%s", answer).contains("no-store");
        if (answer.status() >= 400 && !answer.body().isEmpty()) {
            assertProblem(answer.status(), answer.header("Content-Type"), answer.body());
        }
        var told = new StringBuilder().append(answer.status());
        if (answer.status() >= 400 && !answer.body().isEmpty()) {
            told.append(' ')
                    .append(new JsonMapper()
                            .readTree(answer.body())
                            .path("code")
                            .asString());
        } else if (answer.status() == 200 && answer.body().contains("active")) {
            var type = answer.header("Content-Type");
            told.append(answer.body().contains("\"active\":true") ? " active" : " inactive")
                    .append(type.equals("application/json") ? "" : " as " + type);
        } else {
            assertThat(answer.body()).isEmpty();
        }
        for (var header : List.of("WWW-Authenticate", "Allow", "Accept", "Retry-After")) {
            if (!answer.header(header).isEmpty()) {
                told.append(", ").append(answer.header(header));
            }
        }
        return told.toString();
    }
}
