package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Erasing a person leaves nothing of theirs: in no table, on no page, in no answer. Planted are texts that are found
 * again; the search is seen to find them before.
 */
class ErasureTest {

    private static final String FIRST_EMAIL = "erasmus.first@example.org";
    private static final String EMAIL = "erasmus.second@example.org";
    private static final String ADDRESS = "203.0.113.77";

    /** Everything about the person that ever stood anywhere. */
    private static final Map<String, String> PERSONAL = Map.ofEntries(
            Map.entry("first email", FIRST_EMAIL),
            Map.entry("email", EMAIL),
            Map.entry("first display name", "Erasmus Firstname"),
            Map.entry("display name", "Erasmus Secondname"),
            Map.entry("first token name", "erasmus first token"),
            Map.entry("token name", "erasmus second token"),
            Map.entry("revoked token name", "erasmus revoked token"),
            Map.entry("moved token name", "erasmus moved token"),
            Map.entry("description", "erasmus describes it"),
            Map.entry("allowed addresses", "198.51.100.0/24"),
            Map.entry("address", ADDRESS),
            Map.entry("user agent", "ErasmusBrowser/7.7"),
            Map.entry("leak", "https://erasmus.example.net/leak"));

    private static Answer done(Answer answer) {
        assertThat(answer.status()).as("%s", answer).isLessThan(300);
        return answer;
    }

    private static String text(String what) {
        return PERSONAL.getOrDefault(what, "");
    }

    /** Behind a proxy, so that whoever asks may be anywhere; webhooks lead to where nobody answers. */
    private static Nodes start(Path gitHubKeys) {
        UnaryOperator<ServerProcess.Setup> setup = node -> node.with("KEYLEDGER_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")
                .with("KEYLEDGER_LEAKS_GITHUBKEYSURL", gitHubKeys.toUri().toString())
                .with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true");
        return Nodes.start(List.of(setup, setup));
    }

    private static Path publish(KeyPair key, Path folder) throws IOException {
        return Files.writeString(folder.resolve("keys.json"), """
            {"public_keys": [{"key_identifier": "k1", "is_current": true,
              "key": "-----BEGIN PUBLIC KEY-----\\n%s\\n-----END PUBLIC KEY-----\\n"}]}\
            """.formatted(
                        Base64.getEncoder().encodeToString(key.getPublic().getEncoded())));
    }

    private static void reportLeak(Client client, KeyPair key, String value) throws GeneralSecurityException {
        var body = "[{\"token\": \"%s\", \"type\": \"keyledger\", \"url\": \"%s\", \"source\": \"commit\"}]"
                .formatted(value, text("leak"));
        var signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(key.getPrivate());
        signer.update(body.getBytes(StandardCharsets.UTF_8));
        done(client.header("Github-Public-Key-Identifier", "k1")
                .header("Github-Public-Key-Signature", Base64.getEncoder().encodeToString(signer.sign()))
                .post("/api/leaked-tokens/github", body));
    }

    @Test
    void nothing_of_an_erased_person_is_left_anywhere(@TempDir Path folder) throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        var gitHub = generator.generateKeyPair();
        try (var nodes = start(publish(gitHub, folder))) {
            var administrator = nodes.administrator();
            var planted = plant(nodes, administrator, gitHub);
            awaitAudit(nodes);
            var before = columnsWith(nodes);
            assertThat(before.keySet())
                    .as("seen before")
                    .contains(
                            "email",
                            "display name",
                            "token name",
                            "revoked token name",
                            "description",
                            "allowed addresses");
            assertThat(waitingMessages(nodes)).isPositive();
            assertThat(done(administrator.get("/api/audit-events?type=token.leaked"))
                            .response()
                            .body())
                    .contains(text("leak"));

            var erased = done(administrator.delete("/api/accounts/" + planted.accountId() + "/personal-data"));

            var reader = administrator.after(erased);
            done(reader.get("/api/accounts/" + planted.accountId() + "/tokens"));
            done(reader.get("/api/audit-events"));
            assertThat(columnsWith(nodes)).isEmpty();
            assertThat(waitingMessages(nodes))
                    .as("messages without personal text")
                    .isPositive();
            assertNothingIsTold(reader, planted);
            for (var server : nodes.all()) {
                assertHoldsNone("log", server.output());
            }
        }
    }

    /** @param tokens ids of all that they ever had */
    private record Planted(String accountId, List<String> tokens) {}

    private static Planted plant(Nodes nodes, Client administrator, KeyPair gitHub) throws GeneralSecurityException {
        done(administrator.post("/api/webhooks", "{\"url\": \"http://127.0.0.1:9/\"}"));
        var account = done(administrator.post(
                        "/api/accounts", """
                            {"email": "%s", "displayName": "%s", "password": "%s"}\
                            """.formatted(FIRST_EMAIL, text("first display name"), People.PASSWORD)))
                .json()
                .path("id")
                .asString();
        var client =
                nodes.node(0).client().header("User-Agent", text("user agent")).header("X-Forwarded-For", ADDRESS);
        assertThat(People.trySignIn(client, FIRST_EMAIL, "wrong " + People.PASSWORD)
                        .status())
                .isEqualTo(401);
        done(client.password(FIRST_EMAIL, People.PASSWORD).get("/api/account"));
        var session = People.signIn(client, FIRST_EMAIL, People.PASSWORD);
        done(session.patch("/api/account", """
            {"displayName": "%s", "email": "%s", "currentPassword": "%s"}\
            """.formatted(text("display name"), EMAIL, People.PASSWORD)));
        // What they did to others.
        done(administrator.patch("/api/accounts/" + account, "{\"administrator\": true}"));
        var service = done(session.post("/api/accounts", """
            {"type": "service", "displayName": "Builds", "owners": ["%s"]}\
            """.formatted(account)))
                .json()
                .path("id")
                .asString();
        done(administrator.patch("/api/accounts/" + account, "{\"administrator\": false}"));

        var tokens = new ArrayList<String>();
        var token = People.issued(done(session.header("Idempotency-Key", "erasmus-key")
                .post("/api/tokens", """
                    {"name": "%s", "description": "%s", "permissions": ["tokens:read", "tokens:write"]}\
                    """.formatted(text("first token name"), text("description")))));
        tokens.add(token.id());
        done(session.patch(
                "/api/tokens/" + token.id(), """
                    {"name": "%s", "allowedAddresses": ["%s", "%s"]}\
                    """.formatted(text("token name"), text("allowed addresses"), ADDRESS)));
        done(client.token(token.value()).get("/api/tokens/self"));
        var revoked = People.issued(done(session.post(
                "/api/tokens", """
                    {"name": "%s", "permissions": ["tokens:read"], "allowedAddresses": ["%s", "%s"]}\
                    """.formatted(text("revoked token name"), text("allowed addresses"), ADDRESS))));
        tokens.add(revoked.id());
        done(client.token(revoked.value()).get("/api/tokens/self"));
        reportLeak(nodes.node(0).client(), gitHub, revoked.value());
        client.token(revoked.value()).get("/api/tokens/self");
        var moved = People.createToken(session, text("moved token name"));
        done(session.patch("/api/tokens/" + moved.id(), "{\"name\": \"builds\"}"));
        done(session.post("/api/tokens/" + moved.id() + "/transfer", "{\"accountId\": \"%s\"}".formatted(service)));
        tokens.add(moved.id());
        done(administrator.post("/api/accounts/" + account + "/reset-link", "{}"));
        await().atMost(Duration.ofSeconds(40))
                .until(() -> nodes.jdbc()
                                .sql("select count(*) from state.token_use_address where token_id = any (?)")
                                .param(new String[] {token.id(), revoked.id()})
                                .query(Long.class)
                                .single()
                        >= 3);
        return new Planted(account, tokens);
    }

    private static void awaitAudit(Nodes nodes) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> nodes.jdbc()
                        .sql("select (select count(*) from event.domain_event) = (select count(*) from"
                                + " projection.audit_entry)")
                        .query(Boolean.class)
                        .single());
    }

    private static long waitingMessages(Nodes nodes) {
        return nodes.jdbc()
                .sql("select count(*) from state.webhook_delivery")
                .query(Long.class)
                .single();
    }

    /** Which of it stands in which columns, in whatever case: as text, or in bytes as they are or in base64. */
    private static Map<String, Set<String>> columnsWith(Nodes nodes) {
        var found = new HashMap<String, Set<String>>();
        var columns = nodes.jdbc()
                .sql("""
                    select format('%I.%I', table_schema, table_name), format('%I', column_name)
                    from information_schema.columns
                    where table_schema not in ('pg_catalog', 'information_schema')\
                    """)
                .query((row, _) -> List.of(row.getString(1), row.getString(2)))
                .list();
        assertThat(columns).hasSizeGreaterThan(100);
        for (var column : columns) {
            var values = nodes.jdbc()
                    .sql("select %s::text from %s where %1$s is not null"
                            .formatted(column.getLast(), column.getFirst()))
                    .query(String.class)
                    .list();
            for (var value : values) {
                var raw = value.startsWith("\\x")
                        ? new String(HexFormat.of().parseHex(value.substring(2)), StandardCharsets.ISO_8859_1)
                        : value;
                PERSONAL.forEach((what, needle) -> {
                    if (holds(raw, needle)) {
                        found.computeIfAbsent(what, _ -> new TreeSet<>()).add(String.join(".", column));
                    }
                });
            }
        }
        return found;
    }

    private static boolean holds(String text, String needle) {
        return text.toLowerCase(Locale.ROOT).contains(needle.toLowerCase(Locale.ROOT))
                || text.contains(
                        Base64.getEncoder().withoutPadding().encodeToString(needle.getBytes(StandardCharsets.UTF_8)));
    }

    private static void assertHoldsNone(String where, String text) {
        PERSONAL.forEach((what, needle) ->
                assertThat(holds(text, needle)).as("%s in %s", what, where).isFalse());
    }

    private static void assertNothingIsTold(Client reader, Planted planted) {
        var account = "/accounts/" + planted.accountId();
        var paths = new ArrayList<>(List.of(
                "/api/accounts?limit=100",
                "/api" + account,
                "/api" + account + "/tokens?status=active,expired,revoked,disabled&limit=100",
                "/api/webhooks"));
        var pages = new ArrayList<>(List.of("/accounts", account, account + "/tokens?status=all", "/activity"));
        for (var token : planted.tokens()) {
            pages.add("/settings/tokens/" + token);
        }
        for (var path : paths) {
            assertHoldsNone(path, done(reader.get(path)).response().body());
        }
        for (var path : pages) {
            var page = done(reader.header("Accept", "text/html").get(path))
                    .response()
                    .body();
            assertHoldsNone(path, page);
        }
        JsonNode trail;
        var cursor = "";
        var erased = 0;
        do {
            trail = done(reader.get("/api/audit-events?limit=100" + cursor)).json();
            assertHoldsNone("the trail", trail.toString());
            erased += trail.toString().split("\"erased\"", -1).length - 1;
            cursor = "&cursor=" + trail.path("nextCursor").asString("");
        } while (trail.path("nextCursor").isString());
        assertThat(erased).isGreaterThan(20);
    }

    @Test
    void a_token_that_is_created_while_its_person_is_erased_does_not_survive() throws Exception {
        try (var nodes = Nodes.start(2);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var administrator = nodes.administrator();
            for (var round = 0; round < 5; round++) {
                var person = People.register(administrator, nodes.turn(round).client(), "racer" + round);
                var stop = new AtomicBoolean();
                var values = new ArrayList<Callable<List<String>>>();
                for (var i = 0; i < 4; i++) {
                    var session = person.session().at(nodes.turn(i));
                    var name = "racing %d ".formatted(i);
                    values.add(() -> createUntilRefused(session, name, stop));
                }
                var creating = values.stream().map(threads::submit).toList();
                await().atMost(Duration.ofSeconds(20)).until(() -> unrevoked(nodes, person.accountId()) > 8);

                var erased = administrator.delete("/api/accounts/" + person.accountId() + "/personal-data");
                stop.set(true);

                done(erased);
                for (var created : creating) {
                    assertThat(created.get())
                            .allSatisfy(value -> assertThat(People.status(nodes.node(0), value))
                                    .isEqualTo(401));
                }
                assertThat(unrevoked(nodes, person.accountId())).isZero();
            }
            assertThat(nodes.jdbc()
                            .sql("select count(*) from projection.token where name_key like 'racing%'")
                            .query(Long.class)
                            .single())
                    .isZero();
        }
    }

    private static List<String> createUntilRefused(Client session, String name, AtomicBoolean stop) {
        var values = new ArrayList<String>();
        for (var i = 0; !stop.get(); i++) {
            var answer = People.tryCreateToken(session, name + i);
            if (answer.status() != 201) {
                assertThat(answer.status()).as("%s", answer).isIn(401, 409);
                return values;
            }
            values.add(answer.json().path("value").asString());
        }
        return values;
    }

    private static long unrevoked(Nodes nodes, String accountId) {
        return nodes.jdbc()
                .sql("select count(*) from projection.token where account_id = ? and not revoked")
                .param(accountId)
                .query(Long.class)
                .single();
    }

    @Test
    void who_is_erased_in_the_middle_of_a_change_of_something_else_does_not_stop_it() {
        try (var nodes = Nodes.start(1)) {
            var administrator = nodes.administrator();
            var person = People.register(administrator, nodes.node(0).client(), "owner");
            var service = done(administrator.post("/api/accounts", """
                {"type": "service", "displayName": "Builds", "owners": ["%s"]}\
                """.formatted(person.accountId())))
                    .json()
                    .path("id")
                    .asString();
            // As the change's transaction sees it, whose session was checked a moment before.
            nodes.jdbc()
                    .sql("update state.data_key set wrapped = null where account_id = ?")
                    .param(person.accountId())
                    .update();

            var created = done(person.session().post("/api/accounts/" + service + "/tokens", "{\"name\": \"ci\"}"));

            var event = done(administrator
                            .after(created)
                            .get("/api/audit-events?type=token.created&accountId=" + service))
                    .json()
                    .path("items")
                    .get(0);
            assertThat(event.path("origin").path("ipAddress").asString()).isEqualTo("erased");
            assertThat(event.path("details").path("name").asString()).isEqualTo("ci");
        }
    }
}
