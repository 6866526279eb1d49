package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Guessing passwords. */
class ThrottleTest {

    private static final int ALLOWED = 30;

    /** A few at a time: more would wait for a place for hashing, and some of them in vain. */
    private static List<Answer> again(int times, Supplier<Answer> request) {
        try (var clients = Executors.newFixedThreadPool(3)) {
            var answers = IntStream.range(0, times)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(request, clients))
                    .toList();
            return answers.stream().map(CompletableFuture::join).toList();
        }
    }

    @Test
    void after_thirty_wrong_passwords_even_the_right_one_waits_and_nobody_else_does() {
        var victim = person();
        var other = person();
        assertThat(again(ALLOWED, () -> trySignIn(anybody(), victim.email(), "not this one at all")))
                .extracting(Answer::status)
                .containsOnly(401);
        refused(trySignIn(anybody(), victim.email(), "not this one at all"), 429, "too_many_wrong_passwords");
        var answer = refused(trySignIn(anybody(), victim.email(), PASSWORD), 429, "too_many_wrong_passwords");
        assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1, 900);
        refused(victim.basic().get("/api/account"), 429, "too_many_wrong_passwords");
        refused(
                victim.session()
                        .put(
                                "/api/account/password",
                                json("{'currentPassword': '%s', 'newPassword': '%s', 'confirmNewPassword': '%s'}"
                                        .formatted(PASSWORD, PASSWORD + "!", PASSWORD + "!"))),
                429,
                "too_many_wrong_passwords");
        // Sessions and tokens are no guesses.
        expect(victim.session().get("/api/account"), 200);
        expect(victim.token().get("/api/tokens/self"), 200);
        expect(trySignIn(anybody(), other.email(), PASSWORD), 204);
        expect(other.basic().get("/api/account"), 200);
    }

    @Test
    void an_unknown_address_is_throttled_like_a_known_one() {
        var unknown = unique("nobody") + "@example.org";
        assertThat(again(ALLOWED, () -> trySignIn(anybody(), unknown, PASSWORD)))
                .extracting(Answer::status)
                .containsOnly(401);
        refused(trySignIn(anybody(), unknown, PASSWORD), 429, "too_many_wrong_passwords");
    }

    @Test
    void good_passwords_are_not_counted() {
        var person = person();
        assertThat(again(ALLOWED + 5, () -> person.basic().get("/api/account")))
                .extracting(Answer::status)
                .containsOnly(200);
    }
}
