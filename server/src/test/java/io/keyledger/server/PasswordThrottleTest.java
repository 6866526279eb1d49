package io.keyledger.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.command.account.PasswordHasher;
import io.keyledger.command.account.PasswordThrottle;
import io.keyledger.command.account.PasswordThrottle.Attempt;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@Timeout(120)
class PasswordThrottleTest {

    private final SettableClock clock = new SettableClock();
    private HikariDataSource database;
    private JdbcClient jdbc;
    private PasswordThrottle throttle;

    @BeforeEach
    void start() {
        database = TestDatabase.create();
        jdbc = JdbcClient.create(database);
        throttle = new PasswordThrottle(database, key("a"), clock);
    }

    @AfterEach
    void stop() {
        database.close();
    }

    @Test
    void thirty_wrong_passwords_in_15_minutes_for_an_account_from_an_address() {
        var attempt = new Attempt("ann@example.com", "192.0.2.1", false);
        wrong(30, attempt);

        assertRefused(attempt, 30);
        clock.advance(Duration.ofMillis(29_001));
        assertRefused(attempt, 1);
        clock.advance(Duration.ofMillis(999));
        wrong(1, attempt);
        assertRefused(attempt, 30);
        assertAllowed(new Attempt("ann@example.com", "192.0.2.2", false));
        assertAllowed(new Attempt("bob@example.com", "192.0.2.1", false));
        clock.advance(Duration.ofMinutes(15));
        wrong(30, attempt);
        assertRefused(attempt, 30);
    }

    @Test
    void three_hundred_wrong_passwords_and_reset_secrets_in_15_minutes_from_an_address() {
        for (int i = 0; i < 10; i++) {
            wrong(29, new Attempt("user" + i + "@example.com", "192.0.2.1", i % 2 == 0));
        }
        var reset = new Attempt(null, "192.0.2.1", false);
        wrong(10, reset);

        assertRefused(reset, 3);
        assertRefused(new Attempt("new@example.com", "192.0.2.1", true), 3);
        assertAllowed(new Attempt(null, "192.0.2.2", false));
        clock.advance(Duration.ofSeconds(3));
        wrong(1, reset);
        assertRefused(reset, 3);
    }

    @Test
    void a_hundred_wrong_passwords_an_hour_for_an_account_lock_strangers_out_but_no_familiar_client() {
        var owner = new Attempt("ann@example.com", "198.51.100.1", true);
        wrong(29, owner);
        for (int i = 1; i <= 100; i++) {
            wrong(1, new Attempt("ann@example.com", "192.0.2." + i, false));
        }

        assertRefused(new Attempt("ann@example.com", "192.0.2.200", false), 36);
        assertAllowed(owner);
        wrong(1, owner);
        assertRefused(owner, 30);
        assertAllowed(new Attempt("bob@example.com", "192.0.2.200", false));
    }

    @Test
    void the_longest_wait_is_told() {
        for (int i = 0; i < 10; i++) {
            wrong(30, new Attempt("user" + i + "@example.com", "192.0.2.1", true));
        }

        assertRefused(new Attempt("user0@example.com", "192.0.2.1", true), 30);
        assertRefused(new Attempt("other@example.com", "192.0.2.1", true), 3);
    }

    @Test
    void looking_counts_nothing_and_writes_nothing() {
        var attempt = new Attempt("ann@example.com", "192.0.2.1", false);
        for (int i = 0; i < 1000; i++) {
            throttle.check(attempt);
        }

        assertThat(rows()).isZero();
    }

    @Test
    void addresses_of_one_ipv6_network_count_as_one() {
        for (int i = 0; i < 30; i++) {
            wrong(1, new Attempt("ann@example.com", "2001:db8:0:7::" + i, false));
        }

        assertRefused(new Attempt("ann@example.com", "2001:db8:0:7:ffff::1", false), 30);
        assertAllowed(new Attempt("ann@example.com", "2001:db8:0:8::1", false));
    }

    @Test
    void limits_hold_on_every_node_and_after_a_restart() {
        var attempt = new Attempt("ann@example.com", "192.0.2.1", false);
        var other = new PasswordThrottle(database, key("a"), clock);
        wrong(15, attempt);
        for (int i = 0; i < 15; i++) {
            other.recordWrong(attempt);
        }

        assertRefused(attempt, 30);
        assertThatThrownBy(() -> other.check(attempt)).isInstanceOf(Refusal.Throttled.class);
    }

    @Test
    void a_dump_tells_no_email_and_no_address() {
        throttle.recordWrong(new Attempt("ann@example.com", "192.0.2.1", false));
        throttle.tryConsume("ann@example.com", 1, Duration.ofHours(1));

        assertThat(rows()).isEqualTo(4);
        var dump = jdbc.sql("select key_digest || state from state.throttle")
                .query((row, number) -> new String(row.getBytes(1), StandardCharsets.ISO_8859_1))
                .list();
        assertThat(dump).allSatisfy(row -> assertThat(row).doesNotContain("ann", "192.0"));
        var underAnotherKey = new PasswordThrottle(database, key("b"), clock);
        assertThat(underAnotherKey.tryConsume("ann@example.com", 1, Duration.ofHours(1)))
                .isTrue();
    }

    @Test
    void many_wrong_passwords_at_once_are_all_counted() throws Exception {
        var other = new PasswordThrottle(database, key("a"), clock);
        var attempt = new Attempt("ann@example.com", "192.0.2.1", false);
        var results = new ArrayList<Future<?>>();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 320; i++) {
                var node = i % 2 == 0 ? throttle : other;
                results.add(callers.submit(() -> node.recordWrong(attempt)));
            }
            for (var result : results) {
                result.get();
            }
        }

        assertRefused(attempt, 291 * 30);
        assertRefused(new Attempt("ann@example.com", "192.0.2.2", false), 221 * 36);
        assertRefused(new Attempt(null, "192.0.2.1", false), 21 * 3);
    }

    @Test
    void a_burst_of_guesses_is_let_through_to_the_limit_and_the_places_for_hashing() throws Exception {
        var meters = new SimpleMeterRegistry();
        var hasher = new PasswordHasher(meters);
        var attempt = new Attempt("ann@example.com", "192.0.2.1", false);
        var results = new ArrayList<Future<?>>();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                results.add(callers.submit(() -> guess(attempt, hasher)));
            }
        }

        var places = Math.max(2, Runtime.getRuntime().availableProcessors());
        var hashes = (int) meters.timer("keyledger.password.hashing").count();
        assertThat(hashes).isBetween(30, 30 + places - 1);
        assertThat(results)
                .filteredOn(result -> result.state() == Future.State.FAILED)
                .hasSize(200 - hashes)
                .allMatch(result -> result.exceptionNow() instanceof Refusal.Throttled);
    }

    @Test
    void buckets_are_removed_only_once_they_are_full_again() {
        wrong(1, new Attempt("ann@example.com", "192.0.2.1", false));
        wrong(1, new Attempt("bob@example.com", "192.0.2.2", false));
        assertThat(throttle.removeExpired(100)).isZero();
        // Bucket4j takes these times from the machine, not from our clock.
        var lifetimes = jdbc.sql("select expires_at - extract(epoch from now()) * 1000 from state.throttle")
                .query(Double.class)
                .list();
        assertThat(lifetimes).hasSize(6).allSatisfy(millis -> assertThat(millis).isBetween(40_000.0, 96_000.0));

        jdbc.sql("insert into state.throttle (key_digest) select sha256('cut short')")
                .update();
        assertThat(throttle.removeExpired(100)).isEqualTo(1);
        jdbc.sql("update state.throttle set expires_at = 1").update();
        assertThat(throttle.removeExpired(4)).isEqualTo(4);
        assertThat(throttle.removeExpired(4)).isEqualTo(2);
        assertThat(rows()).isZero();
    }

    @Test
    void a_bucket_whose_making_was_cut_short_is_an_untouched_one() {
        var attempt = new Attempt(null, "192.0.2.1", false);
        wrong(1, attempt);
        jdbc.sql("update state.throttle set state = null").update();

        wrong(300, attempt);
        assertRefused(attempt, 3);
    }

    @Test
    void other_things_can_be_limited_too() {
        assertThat(throttle.tryConsume("sign-in:acc_1", 2, Duration.ofHours(1))).isTrue();
        assertThat(throttle.tryConsume("sign-in:acc_1", 2, Duration.ofHours(1))).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(throttle.tryConsume("sign-in:acc_1", 2, Duration.ofHours(1)))
                    .isFalse();
        }
        assertThat(throttle.tryConsume("sign-in:acc_2", 2, Duration.ofHours(1))).isTrue();
        assertThat(throttle.tryConsume("sign-in:acc_1", 3, Duration.ofHours(1)))
                .as("a changed limit starts anew")
                .isTrue();

        clock.advance(Duration.ofMinutes(30));
        assertThat(throttle.tryConsume("sign-in:acc_1", 2, Duration.ofHours(1))).isTrue();
        assertThat(throttle.tryConsume("sign-in:acc_1", 2, Duration.ofHours(1))).isFalse();
    }

    @Test
    void nothing_is_allowed_when_the_database_fails() {
        var attempt = new Attempt("ann@example.com", "192.0.2.1", false);
        jdbc.sql("drop table state.throttle").update();

        assertThatThrownBy(() -> throttle.check(attempt)).hasStackTraceContaining("state.throttle");
        assertThatThrownBy(() -> throttle.recordWrong(attempt)).hasStackTraceContaining("state.throttle");
        assertThatThrownBy(() -> throttle.tryConsume("any", 1, Duration.ofHours(1)))
                .hasStackTraceContaining("state.throttle");
        assertThatThrownBy(() -> throttle.removeExpired(1)).hasStackTraceContaining("state.throttle");
    }

    @Test
    void an_open_transaction_is_refused() {
        var attempt = new Attempt("ann@example.com", "192.0.2.1", false);
        new TransactionTemplate(new JdbcTransactionManager(database)).executeWithoutResult(open -> {
            assertThatThrownBy(() -> throttle.check(attempt)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> throttle.recordWrong(attempt)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> throttle.tryConsume("any", 1, Duration.ofHours(1)))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> throttle.removeExpired(1)).isInstanceOf(IllegalStateException.class);
        });
    }

    /** One sign-in with a wrong password, as often as it is told that hashing is busy. */
    private void guess(Attempt attempt, PasswordHasher hasher) {
        while (true) {
            throttle.check(attempt);
            try (var place = hasher.takePlace()) {
                throttle.check(attempt);
                place.matchNobody("a wrong password");
                throttle.recordWrong(attempt);
                return;
            } catch (Refusal.Unavailable e) {
                // on a slow machine; the next round finds the limit reached
            }
        }
    }

    private void wrong(int times, Attempt attempt) {
        for (int i = 0; i < times; i++) {
            throttle.check(attempt);
            throttle.recordWrong(attempt);
        }
    }

    private void assertAllowed(Attempt attempt) {
        assertThatCode(() -> throttle.check(attempt)).doesNotThrowAnyException();
    }

    private void assertRefused(Attempt attempt, int seconds) {
        assertThatThrownBy(() -> throttle.check(attempt))
                .isInstanceOfSatisfying(
                        Refusal.Throttled.class,
                        refusal -> assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(seconds)));
    }

    private int rows() {
        return jdbc.sql("select count(*) from state.throttle")
                .query(Integer.class)
                .single();
    }

    private static SecretKey key(String text) {
        return new SecretKeySpec(text.repeat(32).getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }
}
