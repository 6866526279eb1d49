package io.keyledger.server.journey;

import static io.keyledger.server.journey.People.createToken;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.keyledger.server.journey.Client.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a product is told, over real HTTP, by two nodes at once. */
class WebhookDeliveryTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final JsonMapper JSON = new JsonMapper();

    private static Nodes nodes;
    private static Client administrator;
    private static int people;

    private final List<Target> targets = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() {
        nodes = Nodes.start(Collections.nCopies(
                2,
                setup -> setup.with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true")
                        .with("KEYLEDGER_PUBLIC_URL", "http://keyledger.example.org")));
        administrator = nodes.administrator();
    }

    @AfterAll
    static void stop() {
        nodes.close();
    }

    @AfterEach
    void removeTargets() {
        targets.forEach(Target::close);
        targets.forEach(target -> administrator.delete(target.path));
    }

    /** A request as it arrived. */
    private record Received(String id, String timestamp, String signature, String contentType, String text) {

        JsonNode json() {
            return JSON.readTree(text);
        }

        String type() {
            return json().path("type").asString();
        }

        String subject() {
            return json().path("subject").asString();
        }
    }

    /** A product's server, and the webhook that leads to it. */
    private final class Target {

        final List<Received> received = new CopyOnWriteArrayList<>();
        private final CountDownLatch open = new CountDownLatch(1);
        private final HttpServer server;
        private final String url;
        private volatile ToIntFunction<Received> status;
        private volatile Map<String, String> headers = Map.of();
        private String path = "";
        private String secret = "";

        Target(ToIntFunction<Received> status, String... types) {
            this.status = status;
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", this::answer);
            server.start();
            url = "http://127.0.0.1:" + server.getAddress().getPort() + "/hooks/a-secret-path";
            var list = types.length == 0 ? "" : "\"" + String.join("\", \"", types) + "\"";
            var answer = administrator.post("/api/webhooks", """
                {"url": "%s", "types": [%s]}\
                """.formatted(url, list));
            assertThat(answer.status()).as("%s", answer).isEqualTo(201);
            path = answer.header("Location");
            secret = answer.json().path("secret").asString();
            targets.add(this);
        }

        private void answer(HttpExchange exchange) throws IOException {
            var request = exchange.getRequestHeaders();
            var one = new Received(
                    request.getFirst("webhook-id"),
                    request.getFirst("webhook-timestamp"),
                    request.getFirst("webhook-signature"),
                    request.getFirst("Content-Type"),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            received.add(one);
            var code = status.applyAsInt(one);
            if (code == 0) {
                try {
                    open.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                code = 204;
            }
            headers.forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(code, -1);
            exchange.close();
        }

        String id() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        JsonNode state() {
            return administrator.get(path).json();
        }

        List<String> typesOf(String subject) {
            return received.stream()
                    .filter(one -> one.subject().equals(subject))
                    .map(Received::type)
                    .toList();
        }

        void close() {
            open.countDown();
            server.stop(0);
        }
    }

    private static int taken(Received request) {
        return 204;
    }

    private static int broken(Received request) {
        return 500;
    }

    private static int hanging(Received request) {
        return 0;
    }

    private static Client newPerson() {
        return newPerson("person").session();
    }

    private static People.Person newPerson(String name) {
        return People.register(administrator, nodes.turn(people).client(), name + "-" + people++);
    }

    /** Makes what waits for its next attempt due now, and what a killed node had leased. */
    private static void letTimePass(Target target) {
        nodes.jdbc()
                .sql("update state.webhook_delivery set due_at = now(), leased_until = null where webhook_id = ?")
                .param(target.id())
                .update();
    }

    /** Makes what waits look as old as this, and due. */
    private static void age(Target target, String days) {
        nodes.jdbc().sql("""
            update state.webhook_delivery
            set due_at = now(), leased_until = null, created_at = now() - ?::interval
            where webhook_id = ?\
            """).params(days, target.id()).update();
    }

    @Test
    void a_token_and_an_account_are_told_of_signed_and_without_secrets() throws Exception {
        var target = new Target(WebhookDeliveryTest::taken);
        var person = newPerson("told");
        var token = createToken(person.session(), "a private name", "tokens:read");
        var rotated = person.session().post("/api/tokens/" + token.id() + "/rotate", "{}");
        assertThat(rotated.status()).as("%s", rotated).isEqualTo(200);
        assertThat(person.session().delete("/api/tokens/" + token.id()).status())
                .isEqualTo(204);
        assertThat(person.session()
                        .put("/api/account/password", """
                            {"currentPassword": "%s", "newPassword": "eight iron hammers", \
                            "confirmNewPassword": "eight iron hammers"}\
                            """.formatted(People.PASSWORD))
                        .status())
                .isEqualTo(204);
        assertThat(administrator
                        .patch("/api/accounts/" + person.accountId(), "{\"enabled\": false}")
                        .status())
                .isEqualTo(200);

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(target.typesOf(person.accountId()))
                        .containsExactly("io.keyledger.account.password-changed", "io.keyledger.account.disabled"));
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(target.typesOf(token.id()))
                        .containsExactly(
                                "io.keyledger.token.created",
                                "io.keyledger.token.rotated",
                                "io.keyledger.token.revoked"));
        for (var one : target.received) {
            assertThat(one.contentType()).isEqualTo("application/cloudevents+json");
            assertThat(one.signature()).isEqualTo(signature(target.secret, one));
            assertThat(Long.parseLong(one.timestamp()))
                    .isCloseTo(Instant.now().getEpochSecond(), org.assertj.core.data.Offset.offset(60L));
            assertThat(one.json().path("specversion").asString()).isEqualTo("1.0");
            assertThat(one.json().path("id").asString()).isEqualTo(one.id());
            assertThat(one.json().path("source").asString()).isEqualTo("http://keyledger.example.org");
            assertThat(one.json().path("datacontenttype").asString()).isEqualTo("application/json");
            assertThat(Instant.parse(one.json().path("time").asString())).isBeforeOrEqualTo(Instant.now());
            assertThat(one.text())
                    .doesNotContain(token.value())
                    .doesNotContain(rotated.json().path("value").asString())
                    .doesNotContain("digest")
                    .doesNotContain("a private name")
                    .doesNotContain(person.email());
        }
        var created = target.received.stream()
                .filter(one -> one.subject().equals(token.id()))
                .findFirst()
                .orElseThrow()
                .json();
        assertThat(created.path("data").path("tokenId").asString()).isEqualTo(token.id());
        assertThat(created.path("data").path("accountId").asString()).isEqualTo(person.accountId());
        assertThat(created.path("data").path("hint").asString())
                .isEqualTo(token.created().json().path("hint").asString());
        assertThat(created.path("data").path("position").asString())
                .isEqualTo(token.created().header("Keyledger-Position"));
        assertThat(target.state().path("waiting").asLong()).isZero();
        assertThat(target.state().path("lastSuccessAt").isNull()).isFalse();
    }

    private static String signature(String secret, Received one) throws Exception {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring("whsec_".length())), "HmacSHA256"));
        var signed = one.id() + "." + one.timestamp() + "." + one.text();
        return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void a_webhook_is_told_of_its_types_and_of_what_happens_after_its_creation() {
        var owner = newPerson();
        var before = createToken(owner, "before");
        var target = new Target(WebhookDeliveryTest::taken, "token.revoked");
        var after = createToken(owner, "after");
        owner.delete("/api/tokens/" + after.id());
        owner.delete("/api/tokens/" + before.id());

        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).hasSize(2));
        assertThat(target.typesOf(after.id())).containsExactly("io.keyledger.token.revoked");
        assertThat(target.typesOf(before.id())).containsExactly("io.keyledger.token.revoked");
    }

    @Test
    void the_next_event_of_a_token_waits_until_the_one_before_was_taken_and_other_tokens_do_not() {
        var target = new Target(WebhookDeliveryTest::taken);
        var owner = newPerson();
        var failing = createToken(owner, "fails at first");
        target.status = one -> one.subject().equals(failing.id()) ? 503 : 204;
        var target2 = new Target(WebhookDeliveryTest::broken, "token.revoked");
        owner.delete("/api/tokens/" + failing.id());
        var other = createToken(owner, "other");
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertThat(target.typesOf(other.id())).containsExactly("io.keyledger.token.created"));
        await().atMost(SOON).untilAsserted(() -> assertThat(target2.received).isNotEmpty());
        var failure = target2.state().path("lastFailure");
        assertThat(failure.path("cause").asString()).isEqualTo("status");
        assertThat(failure.path("status").asInt()).isEqualTo(500);
        assertThat(target2.state().path("waiting").asLong()).isEqualTo(1);
    }

    @Test
    void a_failed_delivery_is_sent_again_with_the_same_id_and_before_what_came_after_it() {
        var target = new Target(WebhookDeliveryTest::broken);
        var owner = newPerson();
        var token = createToken(owner, "again");
        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).hasSize(1));
        owner.delete("/api/tokens/" + token.id());

        // By itself, five seconds later.
        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).hasSize(2));
        // Its failure comes to the node a moment after it went out, and says when the next attempt is due.
        await().atMost(SOON)
                .until(() -> nodes.jdbc()
                        .sql("""
                            select exists (select from state.webhook_delivery
                                where webhook_id = ? and attempts = 2 and leased_until is null)\
                            """)
                        .param(target.id())
                        .query(Boolean.class)
                        .single());
        target.status = WebhookDeliveryTest::taken;
        letTimePass(target);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(target.typesOf(token.id()))
                        .containsExactly(
                                "io.keyledger.token.created",
                                "io.keyledger.token.created",
                                "io.keyledger.token.created",
                                "io.keyledger.token.revoked"));
        assertThat(target.received.subList(0, 3).stream().map(Received::id))
                .containsOnly(target.received.getFirst().id());
        assertThat(target.received.get(3).id())
                .isNotEqualTo(target.received.getFirst().id());
    }

    @Test
    void a_target_that_hangs_delays_no_other() {
        var hanging = new Target(WebhookDeliveryTest::hanging);
        var quick = new Target(WebhookDeliveryTest::taken);
        var owner = newPerson();
        for (var i = 0; i < 10; i++) {
            createToken(owner, "first " + i);
        }
        // Four of each node, and the rest waits.
        await().atMost(SOON).untilAsserted(() -> assertThat(hanging.received).hasSize(8));
        for (var i = 0; i < 10; i++) {
            createToken(owner, "then " + i);
        }
        await().atMost(Duration.ofSeconds(8))
                .untilAsserted(() -> assertThat(quick.received).hasSize(20));
        assertThat(hanging.state().path("waiting").asLong()).isEqualTo(20);
    }

    @Test
    void a_busy_target_is_asked_again_when_it_said() {
        var target = new Target(one -> 429);
        target.headers = Map.of("Retry-After", "7200");
        createToken(newPerson(), "busy");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(nodes.jdbc()
                                .sql("""
                                    select due_at - created_at between interval '7200 s' and interval '7260 s'
                                        and leased_until is null
                                    from state.webhook_delivery where webhook_id = ?\
                                    """)
                                .param(target.id())
                                .query(Boolean.class)
                                .list())
                        .containsExactly(true));
    }

    @Test
    void a_target_that_is_gone_disables_its_webhook_at_once() {
        var target = new Target(one -> 410);
        createToken(newPerson(), "gone");
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(target.state().path("enabled").asBoolean()).isFalse());
        assertThat(target.state().path("disabledReason").asString()).isEqualTo("gone");
        assertThat(target.state().path("waiting").asLong()).isZero();
        createToken(newPerson(), "after it");
        assertThat(target.state().path("waiting").asLong()).isZero();
        assertThat(disabled(target).path("details").path("reason").asString()).isEqualTo("gone");

        target.status = WebhookDeliveryTest::taken;
        assertThat(administrator.patch(target.path, "{\"enabled\": true}").status())
                .isEqualTo(200);
        var token = createToken(newPerson(), "again there");
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertThat(target.typesOf(token.id())).containsExactly("io.keyledger.token.created"));
    }

    @Test
    void a_target_that_takes_nothing_for_three_days_disables_its_webhook_and_the_trail_says_so() {
        var target = new Target(WebhookDeliveryTest::broken);
        createToken(newPerson(), "never arrives");
        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).isNotEmpty());
        age(target, "2 days 23 hours");
        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).hasSizeGreaterThan(1));
        assertThat(target.state().path("enabled").asBoolean()).isTrue();

        age(target, "3 days");
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(target.state().path("enabled").asBoolean()).isFalse());
        assertThat(target.state().path("disabledReason").asString()).isEqualTo("failing");
        var event = disabled(target);
        assertThat(event.path("details").path("reason").asString()).isEqualTo("failing");
        assertThat(event.path("actor").path("type").asString()).isEqualTo("system");
    }

    @Test
    void what_alone_is_not_taken_for_three_days_is_given_up_and_the_webhook_lives() {
        var target = new Target(WebhookDeliveryTest::taken);
        var owner = newPerson();
        target.status = one -> one.type().endsWith("created") ? 400 : 204;
        var token = createToken(owner, "refused");
        owner.delete("/api/tokens/" + token.id());
        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).isNotEmpty());
        assertThat(target.typesOf(token.id())).doesNotContain("io.keyledger.token.revoked");
        assertThat(administrator.post(target.path + "/test", "").status()).isEqualTo(202);
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertThat(target.typesOf(target.id())).containsExactly("io.keyledger.webhook.test"));

        age(target, "3 days");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(target.typesOf(token.id())).contains("io.keyledger.token.revoked"));
        assertThat(target.state().path("enabled").asBoolean()).isTrue();
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(target.state().path("waiting").asLong()).isZero());
    }

    @Test
    void a_node_that_is_killed_in_the_middle_loses_nothing() {
        try (var pair = Nodes.start(
                Collections.nCopies(2, setup -> setup.with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true")))) {
            var shared = nodes;
            var sharedAdministrator = administrator;
            try {
                nodes = pair;
                administrator = pair.administrator();
                killInTheMiddle(pair);
            } finally {
                targets.forEach(Target::close);
                targets.clear();
                nodes = shared;
                administrator = sharedAdministrator;
            }
        }
    }

    private void killInTheMiddle(Nodes pair) {
        var target = new Target(WebhookDeliveryTest::hanging);
        var owner = newPerson();
        var tokens = List.of(createToken(owner, "one"), createToken(owner, "two"), createToken(owner, "three"));
        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).hasSizeGreaterThanOrEqualTo(3));
        pair.node(0).kill();
        var last = pair.node(1);
        administrator = administrator.at(last);
        target.status = WebhookDeliveryTest::taken;
        target.open.countDown();
        letTimePass(target);
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(target.state().path("waiting").asLong()).isZero());
        assertThat(target.received.stream().map(Received::subject))
                .containsAll(tokens.stream().map(People.Issued::id).toList());
    }

    @Test
    void neither_secret_nor_url_is_in_the_database_or_in_the_logs() {
        var target = new Target(WebhookDeliveryTest::broken);
        createToken(newPerson(), "quiet");
        await().atMost(SOON).untilAsserted(() -> assertThat(target.received).isNotEmpty());
        var key = target.secret.substring("whsec_".length());
        var columns = nodes.jdbc().sql("""
            select w::text || encode(w.url, 'escape') || encode(w.secret, 'escape')
                || coalesce((select string_agg(encode(payload, 'escape'), '') from event.domain_event), '')
            from state.webhook w\
            """).query(String.class).list();
        assertThat(columns).isNotEmpty();
        assertThat(String.join("", columns)).doesNotContain(key).doesNotContain("a-secret-path");
        for (var node : nodes.all()) {
            assertThat(node.output()).doesNotContain(key).doesNotContain("a-secret-path");
        }
    }

    private static JsonNode disabled(Target target) {
        Answer[] answer = new Answer[1];
        await().atMost(SOON).untilAsserted(() -> {
            answer[0] = administrator.get("/api/audit-events?limit=100&type=webhook.disabled");
            assertThat(answer[0].response().body()).contains(target.id());
        });
        for (var event : answer[0].json().path("items")) {
            if (event.path("target").path("id").asString().equals(target.id())) {
                return event;
            }
        }
        throw new AssertionError("no webhook.disabled of " + target.id());
    }
}
