package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What begins on one node while another ends it leaves nothing behind. */
class RacingSignInTest {

    private static final int ROUNDS = 25;

    private static Nodes nodes;
    private static Client administrator;

    @BeforeAll
    static void start() {
        nodes = Nodes.start(2);
        administrator = nodes.administrator();
    }

    @AfterAll
    static void stop() {
        if (nodes != null) {
            nodes.close();
        }
    }

    @Test
    void a_sign_in_with_the_old_password_leaves_no_session_behind_the_change() throws Exception {
        var here = nodes.node(0);
        var there = nodes.node(1);
        var raced = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var round = 0; round < ROUNDS; round++) {
                var person = People.register(administrator, there.client(), "person" + round);
                var signIns = new ArrayList<Future<Answer>>();
                for (var i = 0; i < 3; i++) {
                    signIns.add(later(
                            threads,
                            here,
                            (round + 8 * i) % 24,
                            () -> People.trySignIn(here.client(), person.email(), People.PASSWORD)));
                }
                var changed = later(
                        threads,
                        there,
                        (round * 7) % 24,
                        () -> person.session().at(there).put("/api/account/password", """
                            {"currentPassword": "%s", "newPassword": "another good phrase", "confirmNewPassword": "another good phrase"}\
                            """.formatted(People.PASSWORD)));

                assertThat(changed.get().status()).as("%s", changed.get()).isEqualTo(204);
                for (var future : signIns) {
                    var signIn = future.get();
                    assertThat(signIn.status()).as("%s", signIn).isIn(204, 401);
                    if (signIn.status() == 204) {
                        raced.incrementAndGet();
                        var session = People.withCookies(here.client(), signIn);
                        for (var node : nodes.all()) {
                            assertThat(session.at(node).get("/api/account").status())
                                    .as("round %d: a session of the old password", round)
                                    .isEqualTo(401);
                        }
                    }
                }
                for (var node : nodes.all()) {
                    assertThat(person.session().at(node).get("/api/account").status())
                            .as("the session that changed the password")
                            .isEqualTo(200);
                }
            }
        }
        assertThat(raced).as("sign-ins that came before the change").hasPositiveValue();
    }

    @Test
    void a_token_that_is_created_while_its_account_is_disabled_is_refused_until_it_is_enabled() throws Exception {
        var person = People.register(administrator, nodes.node(0).client(), "owner");
        var created = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var round = 0; round < ROUNDS; round++) {
                var here = nodes.turn(round);
                var there = nodes.turn(round + 1);
                var number = round;
                var session = People.signIn(here.client(), person.email(), People.PASSWORD);
                var creations = new ArrayList<Future<Answer>>();
                for (var i = 0; i < 6; i++) {
                    var name = "token %d of %d".formatted(i, round);
                    creations.add(later(threads, here, i, () -> People.tryCreateToken(session, name)));
                }
                var disabled = later(threads, there, number % 5, () -> enable(there, person.accountId(), false));
                assertThat(disabled.get().status()).as("%s", disabled.get()).isEqualTo(200);

                var values = new ArrayList<String>();
                for (var creation : creations) {
                    if (creation.get().status() == 201) {
                        values.add(People.issued(creation.get()).value());
                    } else {
                        assertThat(creation.get().status())
                                .as("%s", creation.get())
                                .isEqualTo(401);
                    }
                }
                created.addAndGet(values.size());
                assertAll(values, 401);
                assertThat(enable(there, person.accountId(), true).status()).isEqualTo(200);
                assertAll(values, 200);
            }
        }
        assertThat(created).hasPositiveValue();
    }

    private static Answer enable(ServerProcess node, String accountId, boolean enabled) {
        return administrator.at(node).patch("/api/accounts/" + accountId, "{\"enabled\": %s}".formatted(enabled));
    }

    private static void assertAll(Iterable<String> tokens, int status) {
        for (var token : tokens) {
            for (var node : nodes.all()) {
                assertThat(People.status(node, token)).isEqualTo(status);
            }
        }
    }

    /** Sends it after so many other requests: a delay that differs from round to round. */
    private static Future<Answer> later(
            ExecutorService threads, ServerProcess node, int requests, Callable<Answer> send) {
        return threads.submit(() -> {
            for (var i = 0; i < requests; i++) {
                node.client().get("/actuator/health/liveness");
            }
            return send.call();
        });
    }
}
