package io.keyledger.server.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.ServerProcess;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The server that all tests of this package ask, in a process of its own, and people who use it. What tests do with
 * each other's people is nothing: each makes its own.
 */
final class Contract {

    static final String PASSWORD = "seven wooden ladders";

    /** Of the product, given to anybody. */
    static final String READ_INVOICES = "invoices:read";

    /** Of the product, given by administrators only. */
    static final String APPROVE_INVOICES = "invoices:approve";

    private static final JsonMapper JSON = new JsonMapper();
    private static final AtomicInteger COUNT = new AtomicInteger();

    private Contract() {}

    /** Started when it is asked for first, and killed with this JVM. */
    private static final class Running {
        static final HikariDataSource DATABASE = TestDatabase.createEmpty();
        static final ServerProcess SERVER = start(Map.of());
        static final Client ADMINISTRATOR =
                signIn(SERVER.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);

        static ServerProcess start(Map<String, String> more) {
            var setup = ServerProcess.onDatabase(TestDatabase.jdbcUrl(DATABASE))
                    .with("KEYLEDGER_PERMISSIONS_0_NAME", READ_INVOICES)
                    .with("KEYLEDGER_PERMISSIONS_0_DESCRIPTION", "Read invoices.")
                    .with("KEYLEDGER_PERMISSIONS_1_NAME", APPROVE_INVOICES)
                    .with("KEYLEDGER_PERMISSIONS_1_DESCRIPTION", "Approve invoices.")
                    .with("KEYLEDGER_PERMISSIONS_1_ADMINISTRATORSONLY", "true")
                    .with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true");
            more.forEach(setup::with);
            var server = setup.start();
            Runtime.getRuntime().addShutdownHook(new Thread(server::kill));
            return server;
        }
    }

    /**
     * A second node, where everybody may register, which this machine is a trusted proxy of, and whose webhooks lead to
     * public addresses only.
     */
    private static final class Open {
        static final ServerProcess SERVER = Running.start(Map.of(
                "KEYLEDGER_REGISTRATION",
                "open",
                "KEYLEDGER_TRUSTED_PROXIES",
                "127.0.0.0/8,::1/128",
                "KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS",
                "false"));
    }

    static ServerProcess server() {
        return Running.SERVER;
    }

    static ServerProcess openServer() {
        return Open.SERVER;
    }

    static HikariDataSource database() {
        return Running.DATABASE;
    }

    /** Sends no credentials. */
    static Client anybody() {
        return Running.SERVER.client();
    }

    /** The first administrator, with a session. */
    static Client administrator() {
        return Running.ADMINISTRATOR;
    }

    /** Somebody with an account and a session. */
    record Person(String accountId, String email, Client session) {

        Client basic() {
            return anybody().password(email, PASSWORD);
        }

        /** A new token of theirs, in use. */
        Client token(String... permissions) {
            return anybody().token(create(session, unique("token"), permissions).value());
        }

        /** Changed by an administrator. */
        Answer patch(String json) {
            return administrator().patch("/api/accounts/" + accountId, json(json));
        }
    }

    /** A token as its creation answered. */
    record Issued(String id, String value, Answer answer) {

        String path() {
            return "/api/tokens/" + id;
        }

        Client use() {
            return anybody().token(value);
        }

        int status() {
            return use().get("/api/tokens/self").status();
        }
    }

    /** A text that nobody else has. */
    static String unique(String text) {
        return text + "-" + COUNT.incrementAndGet();
    }

    /** JSON written with single quotes. */
    static String json(String text) {
        return text.replace('\'', '"');
    }

    static Person person() {
        return person(unique("person") + "@example.org");
    }

    static Person person(String email) {
        var answer = administrator().post("/api/accounts", json("""
            {'email': '%s', 'displayName': 'Somebody', 'password': '%s'}\
            """.formatted(email, PASSWORD)));
        expect(answer, 201);
        return new Person(answer.json().path("id").asString(), email, signIn(anybody(), email, PASSWORD));
    }

    /** The id of the first administrator, after the others that tests made are none any more. */
    static String onlyAdministrator() {
        var me = expect(administrator().get("/api/account"), 200)
                .json()
                .path("id")
                .asString();
        var next = "";
        do {
            var accounts = expect(administrator().get("/api/accounts?limit=100&status=enabled" + next), 200)
                    .json();
            for (var account : items(accounts.path("items"))) {
                var id = account.path("id").asString();
                if (account.path("administrator").asBoolean() && !id.equals(me)) {
                    expect(administrator().patch("/api/accounts/" + id, "{\"administrator\": false}"), 200);
                }
            }
            next = accounts.path("nextCursor").isString()
                    ? "&cursor=" + accounts.path("nextCursor").asString()
                    : "";
        } while (!next.isEmpty());
        return me;
    }

    /** Another administrator. */
    static Person secondAdministrator() {
        var person = person();
        expect(person.patch("{'administrator': true}"), 200);
        return person;
    }

    static Answer trySignIn(Client client, String email, String password) {
        return client.post("/api/session", json("{'email': '%s', 'password': '%s'}".formatted(email, password)));
    }

    static Client signIn(Client client, String email, String password) {
        return withCookies(client, expect(trySignIn(client, email, password), 204));
    }

    /** What the pages of a browser send after this answer to a sign-in. */
    static Client withCookies(Client client, Answer signIn) {
        return withCookieOnly(client, signIn).header("X-XSRF-TOKEN", cookie(signIn, "XSRF-TOKEN"));
    }

    /** What a browser sends by itself after this answer to a sign-in. */
    static Client withCookieOnly(Client client, Answer signIn) {
        return client.header(
                "Cookie",
                setCookies(signIn).stream()
                        .map(cookie -> cookie.substring(0, cookie.indexOf(';')))
                        .collect(Collectors.joining("; ")));
    }

    static List<String> setCookies(Answer answer) {
        return answer.response().headers().allValues("Set-Cookie");
    }

    static String cookie(Answer answer, String name) {
        return setCookies(answer).stream()
                .filter(cookie -> cookie.startsWith(name + "="))
                .map(cookie -> cookie.substring(name.length() + 1, cookie.indexOf(';')))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no cookie " + name + " in " + answer));
    }

    static Issued create(Client owner, String name, String... permissions) {
        var list = Arrays.stream(permissions).map(p -> "'" + p + "'").collect(Collectors.joining(", "));
        return issued(owner.post("/api/tokens", json("{'name': '%s', 'permissions': [%s]}".formatted(name, list))));
    }

    static Issued issued(Answer answer) {
        expect(answer, 201);
        return new Issued(
                answer.json().path("id").asString(), answer.json().path("value").asString(), answer);
    }

    static Answer expect(Answer answer, int status) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        return answer;
    }

    /** A refusal as the contract has it: this status and code, and a whole problem document. */
    static Answer refused(Answer answer, int status, String code) {
        expect(answer, status);
        assertProblem(status, answer.header("Content-Type"), answer.response().body());
        assertThat(answer.code()).as("%s", answer).isEqualTo(code);
        if (status == 401) {
            assertThat(answer.header("WWW-Authenticate")).isNotBlank();
        }
        if (status == 429 || status == 503) {
            assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
        }
        return answer;
    }

    /** Refused for these fields, each with its code: {@code name=required}. */
    static Answer refusedFields(Answer answer, int status, String... fields) {
        refused(answer, status, status == 400 ? "malformed_fields" : answer.code());
        assertThat(fieldCodes(answer)).as("%s", answer).containsExactlyInAnyOrder(fields);
        assertThat(items(answer.json().path("errors")))
                .allSatisfy(
                        error -> assertThat(error.path("message").asString()).isNotBlank());
        return answer;
    }

    static List<String> fieldCodes(Answer answer) {
        return items(answer.json().path("errors")).stream()
                .map(error -> error.path("field").asString() + "="
                        + error.path("code").asString())
                .toList();
    }

    static void assertProblem(int status, String contentType, String body) {
        assertThat(contentType).as(body).startsWith("application/problem+json");
        var problem = JSON.readTree(body);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("code").asString()).matches("[a-z][a-z_]+");
        assertThat(problem.path("type").asString())
                .isEqualTo("urn:keyledger:problem:" + problem.path("code").asString());
        assertThat(problem.path("title").asString()).isNotBlank();
        assertThat(problem.path("detail").asString()).isNotBlank();
        assertThat(body)
                .doesNotContainPattern("(?i)exception|\\b(java|jakarta|org|com|tools|io)\\.[a-z]+\\.|stack ?trace")
                .doesNotContainPattern(
                        "(?i)select |insert |update .* set|<html|<!doctype|postgres|tomcat|jackson|axon");
    }

    static List<JsonNode> items(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    /** The texts of a field of all items of a list. */
    static List<String> texts(Answer list, String field) {
        return items(list.json().path("items")).stream()
                .map(item -> item.path(field).asString())
                .toList();
    }

    static long position(Answer change) {
        return Long.parseLong(change.header("Keyledger-Position"));
    }

    /** The trail that this client sees after this change; newest first. */
    static List<JsonNode> trail(Client reader, Answer change, String filters) {
        var answer = expect(reader.after(change).get("/api/audit-events?limit=100&" + filters), 200);
        return items(answer.json().path("items"));
    }

    static List<String> types(List<JsonNode> events) {
        return events.stream().map(event -> event.path("type").asString()).toList();
    }

    /** The names of an object's fields. */
    static Set<String> fields(JsonNode object) {
        var fields = new TreeMap<String, JsonNode>();
        object.properties().forEach(property -> fields.put(property.getKey(), property.getValue()));
        return fields.keySet();
    }
}
