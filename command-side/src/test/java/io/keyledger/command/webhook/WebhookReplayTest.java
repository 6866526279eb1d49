package io.keyledger.command.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenRevoked;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The past, told to an address as webhooks tell of what is new. */
class WebhookReplayTest {

    private static final Instant THEN = Instant.parse("2026-03-03T10:12:44.123456Z");
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private final ConcurrentLinkedQueue<Received> received = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<Integer> statuses = new ArrayDeque<>();
    private final List<Duration> pauses = new ArrayList<>();
    private final WebhookTargets targets = new WebhookTargets(true);
    private @Nullable String retryAfter;
    private HttpServer server;

    private record Received(Map<String, List<String>> headers, String body) {

        String header(String name) {
            return headers.getOrDefault(name, List.of("")).getFirst();
        }
    }

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            received.add(new Received(
                    Map.copyOf(exchange.getRequestHeaders()),
                    new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
            if (retryAfter != null) {
                exchange.getResponseHeaders().set("Retry-After", retryAfter);
            }
            exchange.sendResponseHeaders(statuses.isEmpty() ? 204 : statuses.remove(), -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void close() throws IOException {
        server.stop(0);
        targets.close();
    }

    private WebhookReplay replay(@Nullable String secret) {
        return new WebhookReplay(
                targets,
                "http://127.0.0.1:" + server.getAddress().getPort() + "/hook",
                secret,
                JsonMapper.builder().build(),
                "https://keyledger.example.org",
                Clock.fixed(NOW, ZoneOffset.UTC),
                pauses::add);
    }

    @Test
    void an_event_is_told_in_the_message_that_webhooks_had_of_it() throws Exception {
        replay(SECRET).tell("e1", 4711, THEN, new TokenRevoked("tok_1", "acc_ada", RevocationReason.LEAKED));

        var message = received.remove();
        assertThat(message.body()).isEqualTo("""
            {"specversion":"1.0","id":"e1","source":"https://keyledger.example.org","type":"io.keyledger.token.revoked",\
            "subject":"tok_1","time":"2026-03-03T10:12:44.123456Z","datacontenttype":"application/json",\
            "data":{"tokenId":"tok_1","accountId":"acc_ada","position":4711,"reason":"leaked"}}\
            """);
        assertThat(message.header("Content-type")).isEqualTo("application/cloudevents+json");
        assertThat(message.header("Webhook-id")).isEqualTo("e1");
        assertThat(message.header("Webhook-timestamp")).isEqualTo(Long.toString(NOW.getEpochSecond()));
        assertThat(message.header("Webhook-signature"))
                .isEqualTo(WebhookSecret.of(SECRET)
                        .sign("e1", NOW.getEpochSecond(), message.body().getBytes(UTF_8)));
    }

    @Test
    void without_a_secret_messages_are_not_signed() throws Exception {
        replay(null).tell("e1", 1, THEN, new AccountDisabled("acc_ada"));
        assertThat(received.remove().headers()).doesNotContainKey("Webhook-signature");
    }

    @Test
    void an_event_that_no_webhook_is_told_of_tells_what_it_is_about_and_no_more() throws Exception {
        replay(null).tell("e1", 7, THEN, new AccountEnabled("acc_ada"));
        assertThat(received.remove().body())
                .contains("\"type\":\"io.keyledger.account.enabled\",\"subject\":\"acc_ada\"")
                .endsWith("\"data\":{\"accountId\":\"acc_ada\",\"position\":7}}");
    }

    @Test
    void what_was_not_taken_is_told_again_before_what_follows() throws Exception {
        statuses.addAll(List.of(500, 503));
        var replay = replay(null);
        replay.tell("e1", 1, THEN, new AccountDisabled("acc_ada"));
        replay.tell("e2", 2, THEN, new AccountEnabled("acc_ada"));
        assertThat(received)
                .extracting(message -> message.header("Webhook-id"))
                .containsExactly("e1", "e1", "e1", "e2");
        assertThat(pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(5));
    }

    @Test
    void a_target_that_asks_for_a_pause_gets_it() throws Exception {
        retryAfter = "17";
        statuses.add(429);
        replay(null).tell("e1", 1, THEN, new AccountDisabled("acc_ada"));
        assertThat(pauses).containsExactly(Duration.ofSeconds(17));
    }

    @Test
    void a_target_that_does_not_take_it_ends_the_replay_and_the_place_is_told() {
        statuses.addAll(List.of(500, 500, 500, 500, 500));
        assertThatThrownBy(() -> replay(null).tell("e1", 4711, THEN, new AccountDisabled("acc_ada")))
                .isInstanceOfSatisfying(
                        Refusal.Unavailable.class,
                        refusal -> assertThat(refusal.detail()).contains("position 4711", "500", "go on"));
        assertThat(received).hasSize(4);
    }

    @Test
    void a_target_that_is_gone_is_not_asked_again() {
        statuses.addAll(List.of(410, 204));
        assertThatThrownBy(() -> replay(null).tell("e1", 4711, THEN, new AccountDisabled("acc_ada")))
                .isInstanceOf(Refusal.Unavailable.class);
        assertThat(received).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "whsec_", "whsec_%%", "secret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
    void what_is_no_secret_is_refused_and_not_repeated(String secret) {
        assertThatThrownBy(() -> replay(secret))
                .isInstanceOfSatisfying(
                        Refusal.Unprocessable.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("invalid_secret"));
    }

    @Test
    void a_private_address_is_none_to_tell_unless_that_is_permitted() throws IOException {
        try (var publicOnly = new WebhookTargets(false)) {
            assertThatThrownBy(() -> new WebhookReplay(
                            publicOnly,
                            "https://127.0.0.1/",
                            null,
                            JsonMapper.builder().build(),
                            "/keyledger",
                            Clock.systemUTC(),
                            pauses::add))
                    .isInstanceOfSatisfying(
                            Refusal.Unprocessable.class,
                            refusal -> assertThat(refusal.code()).isEqualTo("private_address"));
        }
    }
}
