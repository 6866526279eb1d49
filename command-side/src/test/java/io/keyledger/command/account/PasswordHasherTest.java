package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keyledger.api.Refusal;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;

@Timeout(120)
class PasswordHasherTest {

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final PasswordHasher hasher = new PasswordHasher(meters);

    @Test
    void a_password_matches_its_own_hash_only_and_each_hash_has_its_own_salt() {
        var hash = hasher.hash("correct horse battery staple");

        assertThat(hasher.matches("correct horse battery staple", hash)).isTrue();
        assertThat(hasher.matches("correct horse battery stapler", hash)).isFalse();
        assertThat(hasher.matches("", hash)).isFalse();
        assertThat(hasher.hash("correct horse battery staple")).isNotEqualTo(hash);
    }

    @Test
    void hashes_are_argon2id_with_owasps_parameters() {
        assertThat(hasher.hash("correct horse battery staple").encoded())
                .matches("\\$argon2id\\$v=19\\$m=19456,t=2,p=1\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}");
    }

    @Test
    void the_same_text_in_another_unicode_form_is_the_same_password() {
        assertThat(hasher.matches("cafe\u0301 ﬁfteen letters", hasher.hash("caf\u00e9 fifteen letters")))
                .isTrue();
        assertThat(hasher.matches("caf\u00e9 fifteen letters", hasher.hash("cafe\u0301 ﬁfteen letters")))
                .isTrue();
    }

    @Test
    void text_that_argon2_cannot_read_is_not_hashed_and_matches_nothing() {
        assertThatThrownBy(() -> hasher.hash("fifteen letters\uD83D")).isInstanceOf(IllegalArgumentException.class);

        assertThat(hasher.matches("\uD83D", hasher.hash("\uFFFD"))).isFalse();
    }

    @Test
    void an_unknown_account_costs_a_hash_as_well() {
        var seen = new ArrayList<String>();
        var argon2 = new Argon2PasswordEncoder(16, 32, 1, 19_456, 2);
        var spied = new PasswordHasher(
                new Probe(new Argon2PasswordEncoder(16, 32, 1, 19_456, 2), seen), 2, Duration.ZERO, meters);

        spied.matchNobody("correct horse battery staple");

        var nobodys = seen.getFirst();
        var real = argon2.encode("correct horse battery staple");
        assertThat(parameters(nobodys)).isEqualTo(parameters(real));
        assertThat(nobodys).hasSameSizeAs(real);
        assertThat(meters.timer("keyledger.password.hashing").count()).isEqualTo(1);
    }

    @Test
    void the_time_in_the_hash_is_metered() {
        hasher.matches("correct horse battery staple", hasher.hash("correct horse battery staple"));

        var hashing = meters.timer("keyledger.password.hashing");
        assertThat(hashing.count()).isEqualTo(2);
        assertThat(hashing.totalTime(TimeUnit.MICROSECONDS)).isPositive();
    }

    @Test
    void callers_who_get_no_place_are_refused() throws Exception {
        var running = new Probe(new CountDownLatch(1));
        var busy = new PasswordHasher(running, 3, Duration.ofMillis(100), meters);
        var callers = Executors.newVirtualThreadPerTaskExecutor();
        try {
            var results = start(200, callers, () -> busy.hash("correct horse battery staple"));
            await().until(() -> results.stream().filter(Future::isDone).count() >= 197);
            assertThat(meters.counter("keyledger.password.hashing.refused").count())
                    .isEqualTo(197);
            running.free.countDown();

            assertThat(results).filteredOn(PasswordHasherTest::succeeds).hasSize(3);
            assertThat(results)
                    .filteredOn(result -> !succeeds(result))
                    .hasSize(197)
                    .allSatisfy(result -> assertThat(result.exceptionNow())
                            .isInstanceOfSatisfying(
                                    Refusal.Unavailable.class,
                                    refusal -> assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(2))));
            assertThat(running.most.get()).isEqualTo(3);
            assertThat(busy.hash("a place is free again")).isNotNull();
        } finally {
            callers.shutdownNow(); // close() would wait for those that a failure left waiting
        }
    }

    @Test
    void two_hundred_callers_hash_no_more_at_once_than_there_are_places() throws Exception {
        var running = new Probe(new Argon2PasswordEncoder(16, 32, 1, 19_456, 2), new ArrayList<>());
        var patient = new PasswordHasher(running, 2, Duration.ofMinutes(1), meters);
        try (var callers = Executors.newFixedThreadPool(200)) {
            var results = start(200, callers, () -> patient.hash("correct horse battery staple"));

            assertThat(results).allMatch(PasswordHasherTest::succeeds);
            assertThat(running.most.get()).isEqualTo(2);
        }
    }

    @Test
    void a_place_is_given_back_once_also_after_a_failure() {
        var one = new PasswordHasher(new Probe(new CountDownLatch(0)), 1, Duration.ZERO, meters);
        var place = one.takePlace();
        assertThatThrownBy(one::takePlace).isInstanceOf(Refusal.Unavailable.class);
        assertThatThrownBy(() -> place.hash("\0")).isInstanceOf(IllegalArgumentException.class);
        place.close();
        place.close();

        assertThatThrownBy(() -> place.hash("correct horse")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> one.hash("\0")).isInstanceOf(IllegalArgumentException.class);
        try (var again = one.takePlace()) {
            assertThat(again).isNotNull();
            assertThatThrownBy(one::takePlace).isInstanceOf(Refusal.Unavailable.class);
        }
    }

    @Test
    void an_interrupted_caller_is_refused_and_stays_interrupted() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(hasher::takePlace).isInstanceOf(Refusal.Unavailable.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    /** Virtual threads are not switched by time: one that hashes keeps its processor from all others. */
    @Test
    void a_virtual_thread_does_not_hash_itself() throws Exception {
        var probe = new Probe(new CountDownLatch(0));
        try (var requests = Executors.newVirtualThreadPerTaskExecutor();
                var one = new PasswordHasher(probe, 1, Duration.ZERO, meters)) {
            requests.submit(() -> one.hash("correct horse battery staple")).get();
        }
        assertThat(probe.thread).matches(thread -> !thread.isVirtual());
    }

    private static <T> List<Future<T>> start(int callers, ExecutorService executor, Callable<T> call) {
        var results = new ArrayList<Future<T>>();
        for (int i = 0; i < callers; i++) {
            results.add(executor.submit(call));
        }
        return results;
    }

    private static boolean succeeds(Future<?> result) {
        try {
            result.get();
            return true;
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String parameters(String encoded) {
        return encoded.substring(0, encoded.lastIndexOf('$', encoded.lastIndexOf('$') - 1));
    }

    /** Counts how many run at once, and lets them run through Argon2, or stops them until they are freed. */
    private static final class Probe implements PasswordEncoder {

        private final PasswordEncoder argon2;
        private final List<String> seen;
        private final CountDownLatch free;
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();
        private volatile Thread thread;

        Probe(PasswordEncoder argon2, List<String> seen) {
            this.argon2 = argon2;
            this.seen = seen;
            this.free = new CountDownLatch(0);
        }

        Probe(CountDownLatch free) {
            this.argon2 = new Argon2PasswordEncoder(16, 32, 1, 8, 1);
            this.seen = new ArrayList<>();
            this.free = free;
        }

        @Override
        public String encode(CharSequence password) {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            thread = Thread.currentThread();
            try {
                free.await();
                return argon2.encode(password);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            } finally {
                running.decrementAndGet();
            }
        }

        @Override
        public boolean matches(CharSequence password, String encoded) {
            seen.add(encoded);
            return argon2.matches(password, encoded);
        }
    }
}
