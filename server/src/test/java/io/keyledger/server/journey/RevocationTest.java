package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.AcceptanceHistory.Request;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Issued;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** From the moment that a change is answered, every node goes by it; and no other token suffers. */
class RevocationTest {

    private static final int CLIENTS = 16;
    private static final int REVOKED = 30;
    private static final int EXPIRING = 8;
    private static final int DISABLINGS = 8;

    /** Requests with a token between two changes, so that there is something to judge. */
    private static final int BETWEEN = 3 * CLIENTS;

    private final AcceptanceHistory history = new AcceptanceHistory();
    private final List<Issued> tokens = new CopyOnWriteArrayList<>();
    private volatile List<Issued> watched = List.of();
    private volatile boolean over;
    private final ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);

    @AfterEach
    void stop() {
        over = true;
        clients.shutdown();
    }

    @Test
    void what_is_answered_holds_on_every_node_for_every_request_that_starts_afterwards() throws Exception {
        try (var nodes = Nodes.start(2)) {
            var administrator = nodes.administrator();
            var owner = People.register(administrator, nodes.node(0).client(), "owner");
            var other = People.register(administrator, nodes.node(0).client(), "other");
            var revoked = create(owner.session(), "revoked", REVOKED);
            var expiring = create(owner.session(), "expiring", EXPIRING);
            var good = create(owner.session(), "good", 3);
            var ofOther = create(other.session(), "of other", 2);
            // The list that shows a token to itself has them all.
            var newest = ofOther.getLast();
            assertThat(nodes.node(1)
                            .client()
                            .token(newest.value())
                            .after(newest.created())
                            .get("/api/tokens/self"))
                    .extracting(Answer::status)
                    .isEqualTo(200);

            for (var client = 0; client < CLIENTS; client++) {
                var first = client;
                clients.execute(() -> authenticate(nodes, first));
            }
            for (var i = 0; i < REVOKED; i++) {
                var token = revoked.get(i);
                var client = owner.session().at(nodes.turn(i));
                change(List.of(token), false, 204, () -> client.delete("/api/tokens/" + token.id()));
            }
            for (var i = 0; i < DISABLINGS; i++) {
                var client = administrator.at(nodes.turn(i));
                for (var enabled : List.of(false, true)) {
                    change(
                            ofOther,
                            enabled,
                            200,
                            () -> client.patch(
                                    "/api/accounts/" + other.accountId(), "{\"enabled\": %s}".formatted(enabled)));
                }
            }
            watched = expiring;
            var expired = 0L;
            for (var i = 0; i < EXPIRING; i++) {
                expired = shorten(expiring.get(i), owner.session().at(nodes.turn(i)));
            }
            var last = expired;
            await().until(() -> System.nanoTime() > last);
            awaitRequests(expiring);
            watched = good;
            awaitRequests(good);
            over = true;
            clients.close();

            assertThat(history.violations()).isEmpty();
            for (var token : List.of(revoked, expiring, ofOther).stream()
                    .flatMap(List::stream)
                    .toList()) {
                assertThat(history.refusalsBy(0, token.id()))
                        .as("refusals by the first node")
                        .isPositive();
                assertThat(history.refusalsBy(1, token.id()))
                        .as("refusals by the second node")
                        .isPositive();
            }
        }
    }

    private List<Issued> create(Client owner, String name, int count) {
        var created = new ArrayList<Issued>();
        for (var i = 0; i < count; i++) {
            var sent = System.nanoTime();
            var token = People.createToken(owner, name + " " + i);
            history.becomesGood(token.id(), sent, System.nanoTime());
            created.add(token);
        }
        tokens.addAll(created);
        return created;
    }

    /** One client: asks without pause, mostly with what is about to change. */
    private void authenticate(Nodes nodes, int first) {
        var random = ThreadLocalRandom.current();
        for (var turn = first; !over; turn++) {
            var choice = watched.isEmpty() || random.nextInt(4) == 0 ? tokens : watched;
            var token = choice.get(random.nextInt(choice.size()));
            var client = nodes.turn(turn).client().token(token.value());
            var started = System.nanoTime();
            var status = client.get("/api/tokens/self").status();
            history.add(new Request(token.id(), turn % 2, started, System.nanoTime(), status));
        }
    }

    private void change(List<Issued> changed, boolean good, int expected, Supplier<Answer> send) {
        watched = changed;
        awaitRequests(changed);
        var sent = System.nanoTime();
        var answer = send.get();
        var answered = System.nanoTime();
        assertThat(answer.status()).as("%s", answer).isEqualTo(expected);
        for (var token : changed) {
            if (good) {
                history.becomesGood(token.id(), sent, answered);
            } else {
                history.becomesBad(token.id(), sent, answered);
            }
        }
        awaitRequests(changed);
    }

    /**
     * Nodes, database and test share a wall clock here.
     *
     * @return when it has expired
     */
    private long shorten(Issued token, Client owner) {
        var sent = System.nanoTime();
        var expiresAt = Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.MILLIS);
        var answer = owner.patch("/api/tokens/" + token.id(), "{\"expiresAt\": \"%s\"}".formatted(expiresAt));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        var answered = System.nanoTime();
        var expires = answered + Duration.between(Instant.now(), expiresAt).toNanos();
        history.becomesBad(token.id(), sent, Math.max(answered, expires));
        return expires;
    }

    private void awaitRequests(List<Issued> of) {
        for (var token : of) {
            var before = history.count(token.id());
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> history.count(token.id()) >= before + BETWEEN);
        }
    }

    @Test
    void a_history_without_a_violation_is_found_to_have_none() {
        assertThat(recorded(request(1, 2, 200), request(15, 25, 200), request(15, 25, 401), request(31, 32, 401))
                        .violations())
                .isEmpty();
    }

    @Test
    void a_request_that_is_accepted_after_the_revocation_was_answered_is_found() {
        assertThat(recorded(request(31, 32, 200)).violations()).hasSize(1);
    }

    @Test
    void a_request_that_is_refused_before_the_revocation_was_sent_is_found() {
        assertThat(recorded(request(1, 2, 401)).violations()).hasSize(1);
    }

    @Test
    void a_request_that_fails_is_found() {
        assertThat(recorded(request(15, 25, 503)).violations()).hasSize(1);
    }

    @Test
    void a_token_that_is_good_again_must_be_accepted_again() {
        var history = recorded(request(51, 52, 401), request(45, 46, 401), request(45, 46, 200));
        history.becomesGood("token", 40, 50);
        assertThat(history.violations()).hasSize(1);
    }

    /** Created at 0, its revocation sent at 20 and answered at 30. */
    private static AcceptanceHistory recorded(Request... requests) {
        var history = new AcceptanceHistory();
        history.becomesGood("token", -1, 0);
        history.becomesBad("token", 20, 30);
        List.of(requests).forEach(history::add);
        return history;
    }

    private static Request request(long started, long ended, int status) {
        return new Request("token", 0, started, ended, status);
    }
}
