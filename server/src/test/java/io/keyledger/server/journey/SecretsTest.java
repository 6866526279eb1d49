package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/**
 * Plants what must not leak, in every way that the API offers, and then looks for it in all of the database, in all that
 * the servers logged, and in every problem document.
 */
class SecretsTest {

    private static final String IP_ADDRESS = "127.0.0.1";

    /** Where what a table must search, sort or keep unique stands in clear; erasure blanks it there. */
    private static final Map<String, Set<String>> ALLOWED = Map.of(
            "current email", Set.of("projection.account.email", "projection.account.email_key"),
            "current display name", Set.of("projection.account.display_name"),
            "current token name",
                    Set.of("projection.token.name_key", "projection.token_list.name", "projection.token_list.name_key"),
            "revoked token name", Set.of("projection.token_list.name", "projection.token_list.name_key"),
            "current description",
                    Set.of("projection.token_list.description", "projection.token_list.description_key"));

    private final Map<String, String> secrets = new HashMap<>();
    private final List<Answer> problems = new ArrayList<>();

    private String secret(String what, String value) {
        assertThat(value).hasSizeGreaterThan(10);
        secrets.put(what, value);
        return value;
    }

    private Answer refused(Answer answer) {
        assertThat(answer.status()).as("%s", answer).isGreaterThanOrEqualTo(400);
        problems.add(answer);
        return answer;
    }

    private static Answer done(Answer answer) {
        assertThat(answer.status()).as("%s", answer).isLessThan(300);
        return answer;
    }

    @Test
    void secrets_are_nowhere_and_personal_data_only_where_it_must_be_searched() throws Exception {
        var personal = Map.of(
                "old email", "plant.email.one@example.org",
                "current email", "plant.email.two@example.org",
                "old display name", "Plantagenet Oldname",
                "current display name", "Plantagenet Newname",
                "old token name", "planted old token name",
                "current token name", "planted new token name",
                "revoked token name", "planted revoked name",
                "old description", "planted old description",
                "current description", "planted new description",
                "user agent", "PlantedAgent/7.7");
        List<String> logs;
        Map<String, Set<String>> found;
        try (var nodes = Nodes.start(2)) {
            plant(nodes, personal);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> nodes.jdbc()
                            .sql("select (select count(*) from event.domain_event) = (select count(*) from"
                                    + " projection.audit_entry)")
                            .query(Boolean.class)
                            .single());
            var wanted = new TreeMap<>(personal);
            secrets.forEach((what, value) -> wanted.put("SECRET " + what, value));
            wanted.put("IP address", IP_ADDRESS);
            found = columnsWith(nodes, wanted);
            logs = nodes.all().stream().map(ServerProcess::output).toList();
        }
        // Also shows that the search finds things.
        assertThat(found).isEqualTo(ALLOWED);
        for (var log : logs) {
            assertHoldsNone("log", log, personal);
            assertThat(log).doesNotContain(IP_ADDRESS);
        }
        assertThat(problems).hasSizeGreaterThan(20);
        for (var problem : problems) {
            assertHoldsNone("problem", problem.response().body(), personal);
        }
    }

    private void assertHoldsNone(String where, String text, Map<String, String> personal) {
        var low = text.toLowerCase(Locale.ROOT);
        secrets.forEach((what, value) -> assertThat(low.contains(value.toLowerCase(Locale.ROOT)))
                .as("%s in a %s: %s", what, where, text)
                .isFalse());
        personal.forEach((what, value) -> assertThat(low.contains(value.toLowerCase(Locale.ROOT)))
                .as("%s in a %s: %s", what, where, text)
                .isFalse());
    }

    private void plant(Nodes nodes, Map<String, String> personal) throws Exception {
        var administrator = nodes.administrator();
        var first = secret("first password", "plant of the first password");
        var second = secret("second password", "plant of the second password");
        var third = secret("password set by a link", "plant of the third password");
        var agent = nodes.node(0).client().header("User-Agent", personal.get("user agent"));
        var registration = """
            {"email": "%s", "displayName": "%s", "password": "%s"}\
            """;

        // An account, and all that can be refused about it.
        var account = done(administrator.post(
                "/api/accounts",
                registration.formatted(personal.get("old email"), personal.get("old display name"), first)));
        var accountId = account.json().path("id").asString();
        refused(administrator.post(
                "/api/accounts",
                registration.formatted(
                        personal.get("old email").toUpperCase(Locale.ROOT), personal.get("old display name"), first)));
        refused(administrator.post(
                "/api/accounts",
                registration.formatted("other@example.org", "Other", secret("short", "planted shor"))));
        refused(administrator.post(
                "/api/accounts",
                registration.formatted(
                        personal.get("user agent") + " no email", personal.get("old display name"), first)));
        refused(administrator.post(
                "/api/accounts",
                registration.formatted("x@example.org", "X", first).replace("}", "")));
        refused(administrator.post(
                "/api/accounts", "{\"email\": \"x@example.org\", \"password\": {\"is\": \"%s\"}}".formatted(first)));

        // Signing in, rightly and wrongly.
        var wrong = secret("wrong password", "plant of a wrong password");
        refused(People.trySignIn(agent, personal.get("old email"), wrong));
        refused(People.trySignIn(agent, personal.get("old email").replace("one", "two"), first));
        refused(agent.password(personal.get("old email"), wrong).get("/api/account"));
        refused(agent.header("Authorization", "Basic " + wrong.replace(" ", "_"))
                .get("/api/account"));
        refused(agent.header("Authorization", "Digest " + wrong).get("/api/account"));
        refused(agent.post(
                "/api/session", "{\"email\": \"%s\", \"password\": \"%s".formatted(personal.get("old email"), first)));
        done(agent.password(personal.get("old email"), first).get("/api/account"));
        secret("basic credentials", base64(personal.get("old email") + ":" + first));
        var signedIn = done(People.trySignIn(agent, personal.get("old email"), first));
        for (var cookie : signedIn.response().headers().allValues("Set-Cookie")) {
            secret(
                    "cookie " + cookie.substring(0, cookie.indexOf('=')),
                    cookie.substring(cookie.indexOf('=') + 1, cookie.indexOf(';')));
        }
        var session = People.withCookies(agent, signedIn);

        // Profile and password.
        done(session.patch("/api/account", """
            {"displayName": "%s", "email": "%s", "currentPassword": "%s"}\
            """.formatted(
                        personal.get("current display name"), personal.get("current email"), first)));
        refused(session.patch("/api/account", """
            {"email": "%s", "currentPassword": "%s"}\
            """.formatted(personal.get("old email"), wrong)));
        var change = """
            {"currentPassword": "%s", "newPassword": "%s", "confirmNewPassword": "%s"}\
            """;
        refused(session.put("/api/account/password", change.formatted(wrong, second, second)));
        refused(session.put("/api/account/password", change.formatted(first, second, wrong)));
        refused(session.put("/api/account/password", change.formatted(first, first, first)));
        refused(session.put(
                "/api/account/password",
                change.formatted(first, personal.get("current display name"), personal.get("current display name"))));
        done(session.put("/api/account/password", change.formatted(first, second, second)));

        // Links.
        var link = done(administrator.at(nodes.node(1)).post("/api/accounts/" + accountId + "/reset-link", "{}"));
        var secret = secret("reset secret", link.json().path("secret").asString());
        var reset = """
            {"secret": "%s", "newPassword": "%s", "confirmNewPassword": "%s"}\
            """;
        refused(agent.post("/api/password-reset", reset.formatted("wrong" + secret, third, third)));
        refused(agent.post("/api/password-reset", reset.formatted(secret, second, second)));
        done(agent.post("/api/password-reset", reset.formatted(secret, third, third)));
        refused(agent.post("/api/password-reset", reset.formatted(secret, third, third)));
        secret(
                "unused reset secret",
                done(administrator.post("/api/accounts/" + accountId + "/reset-link", "{}"))
                        .json()
                        .path("secret")
                        .asString());
        secret(
                "first link of an account",
                done(administrator.post(
                                "/api/accounts", "{\"email\": \"linked@example.org\", \"displayName\": \"Linked\"}"))
                        .json()
                        .path("resetLink")
                        .path("secret")
                        .asString());

        plantTokens(nodes, personal, People.signIn(agent, personal.get("current email"), third));
    }

    private void plantTokens(Nodes nodes, Map<String, String> personal, Client session) throws Exception {
        var creation = """
            {"name": "%s", "description": "%s", "permissions": ["tokens:read", "tokens:write"]}\
            """;
        var token = People.issued(
                done(session.header("Idempotency-Key", secret("idempotency key", "planted-idempotency-key"))
                        .post(
                                "/api/tokens",
                                creation.formatted(personal.get("old token name"), personal.get("old description")))));
        var bearer = session.at(nodes.node(1)).token(secret("token value", token.value()));
        refused(session.post("/api/tokens", creation.formatted(personal.get("old token name"), "another")));
        refused(session.post(
                "/api/tokens", creation.formatted(personal.get("old token name").repeat(10), "too long")));
        refused(session.post(
                "/api/tokens", "{\"name\": \"x\", \"expiresAt\": \"%s\"}".formatted(personal.get("old token name"))));
        refused(session.post("/api/tokens", creation.formatted("\\u0000" + personal.get("old token name"), "control")));
        refused(bearer.get("/api/account"));
        refused(nodes.node(0).client().token(token.value().substring(1)).get("/api/tokens/self"));
        refused(nodes.node(0).client().token(token.value() + "0").get("/api/tokens/self"));
        refused(nodes.node(0)
                .client()
                .token(token.value())
                .header("Authorization", "x")
                .get("/api/tokens/self"));
        done(bearer.patch("/api/tokens/self", """
            {"name": "%s", "description": "%s"}\
            """.formatted(
                        personal.get("current token name"), personal.get("current description"))));
        var revoked = People.issued(
                done(session.post("/api/tokens", "{\"name\": \"%s\"}".formatted(personal.get("revoked token name")))));
        done(session.delete("/api/tokens/" + revoked.id()));
        refused(nodes.node(0)
                .client()
                .token(secret("revoked token value", revoked.value()))
                .get("/api/tokens/self"));
        refused(session.patch(
                "/api/tokens/" + revoked.id(), "{\"name\": \"%s\"}".formatted(personal.get("old token name"))));

        // What fails inside the database: its errors quote rows.
        nodes.jdbc().sql("""
            alter table projection.token
            add constraint fails check (name_key is null or name_key not like '%oldname')\
            """).update();
        refused(session.post(
                "/api/tokens", creation.formatted("Plantagenet Oldname", personal.get("old description"))));
        // And what clashes.
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var i = 0; i < 20; i++) {
                var description = personal.get(i % 2 == 0 ? "old description" : "user agent");
                threads.execute(() -> session.header("If-Match", "\"2\"")
                        .patch("/api/tokens/" + token.id(), "{\"description\": \"%s\"}".formatted(description)));
            }
        }
        done(session.patch(
                "/api/tokens/" + token.id(),
                "{\"description\": \"%s\"}".formatted(personal.get("current description"))));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Where each of these stands, in whatever case, as text or as bytes. */
    private static Map<String, Set<String>> columnsWith(Nodes nodes, Map<String, String> wanted) {
        var found = new HashMap<String, Set<String>>();
        var columns = nodes.jdbc()
                .sql("""
                    select format('%I.%I', table_schema, table_name), format('%I', column_name)
                    from information_schema.columns
                    where table_schema not in ('pg_catalog', 'information_schema')\
                    """)
                .query((row, _) -> List.of(row.getString(1), row.getString(2)))
                .list();
        assertThat(columns).hasSizeGreaterThan(50);
        for (var column : columns) {
            var values = nodes.jdbc()
                    .sql("select %s::text from %s".formatted(column.getLast(), column.getFirst()))
                    .query(String.class)
                    .list();
            for (var value : values) {
                if (value != null) {
                    var text = value.startsWith("\\x")
                            ? new String(HexFormat.of().parseHex(value.substring(2)), StandardCharsets.UTF_8)
                            : value;
                    wanted.forEach((what, needle) -> {
                        if (text.toLowerCase(Locale.ROOT).contains(needle.toLowerCase(Locale.ROOT))) {
                            found.computeIfAbsent(what, _ -> new TreeSet<>()).add(String.join(".", column));
                        }
                    });
                }
            }
        }
        return found;
    }
}
