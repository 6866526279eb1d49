package io.keyledger.query.authentication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.keyledger.api.Refusal;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Look-ups while the database hangs, or memory is short: nobody waits for long, and no more than so many wait. */
@Timeout(60)
class TokenLookupLimitsTest {

    private static final int WAITING = 10_000;

    /** What each query asks about. */
    private final BlockingQueue<List<Byte>> asked = new LinkedBlockingQueue<>();

    private final CountDownLatch answering = new CountDownLatch(1);

    private static byte[] digest(int number) {
        return new byte[] {(byte) number};
    }

    @Test
    void who_is_not_answered_within_half_a_second_is_refused() {
        try (var lookup = new TokenLookup(database(), new SimpleMeterRegistry())) {
            lookup.start();
            var start = System.nanoTime();
            var question = lookup.ask(digest(1));
            refused(() -> lookup.answer(question));
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(500), Duration.ofSeconds(10));
        }
    }

    @Test
    void who_finds_too_many_waiting_is_refused_at_once() throws Exception {
        try (var lookup =
                new TokenLookup(database(), System::nanoTime, Duration.ofHours(1), new SimpleMeterRegistry())) {
            lookup.start();
            IntStream.range(0, WAITING).forEach(number -> lookup.ask(digest(number)));
            refused(() -> lookup.ask(digest(0)));
            // As soon as they are answered, others may ask.
            answering.countDown();
            for (var taken = 0; taken < WAITING; ) {
                taken += asked.take().size();
            }
            assertThat(lookup.answer(lookup.ask(digest(0)))).isEmpty();
        }
    }

    @Test
    void who_waits_when_it_is_closed_is_refused() {
        var lookup = new TokenLookup(database(), System::nanoTime, Duration.ofHours(1), new SimpleMeterRegistry());
        TokenLookup.Question question;
        try (lookup) {
            lookup.start();
            question = lookup.ask(digest(1));
        }
        refused(() -> lookup.answer(question));
        refused(() -> lookup.ask(digest(2)));
    }

    @Test
    void the_database_is_not_asked_for_those_who_have_gone() throws Exception {
        try (var lookup =
                new TokenLookup(database(), System::nanoTime, Duration.ofMillis(50), new SimpleMeterRegistry())) {
            refused(() -> lookup.ask(digest(0)));
            lookup.start();
            refused(() -> lookup.answer(lookup.ask(digest(1))));
            answering.countDown();
            while (asked.stream().allMatch(List::isEmpty)) {
                // Answered or refused.
                lookup.ask(digest(2)).answer().handle((_, _) -> true).get();
            }
            assertThat(asked).allSatisfy(query -> assertThat(query).doesNotContain((byte) 1));
        }
    }

    /** A lane that died in silence would be missed by nobody: the health would go on saying that all is well. */
    @Test
    void an_error_is_told_to_who_waits_and_to_the_health_and_ends_no_lane() {
        var memory = new AtomicBoolean();
        DataSource database = proxy(DataSource.class, (_, _, _) -> {
            if (!memory.get()) {
                throw new OutOfMemoryError("as if there were none left");
            }
            return connection();
        });
        try (var lookup = new TokenLookup(database, System::nanoTime, Duration.ofHours(1), new SimpleMeterRegistry())) {
            lookup.start();
            for (var turn = 0; turn < 2 * TokenLookup.LANES; turn++) {
                refused(() -> lookup.answer(lookup.ask(digest(1))));
            }
            until(() -> !lookup.isAnswering());
            memory.set(true);
            until(lookup::isAnswering);
            assertThat(lookup.answer(lookup.ask(digest(1)))).isEmpty();
        }
    }

    private static void until(BooleanSupplier condition) {
        var begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
            Thread.onSpinWait();
        }
    }

    private static void refused(Runnable look) {
        assertThatExceptionOfType(Refusal.Unavailable.class)
                .isThrownBy(look::run)
                .satisfies(refusal -> assertThat(refusal.code()).isEqualTo("authentication_unavailable"));
    }

    /** The driver: a connection hangs until it may answer, and knows no value. */
    private DataSource database() {
        return proxy(DataSource.class, (_, _, _) -> {
            answering.await();
            return connection();
        });
    }

    private Connection connection() {
        return proxy(Connection.class, (connection, method, arguments) -> switch (method.getName()) {
            case "prepareStatement" -> statement((Connection) connection);
            case "createArrayOf" -> {
                asked.add(Arrays.stream((byte[][]) arguments[1])
                        .map(digest -> digest[0])
                        .toList());
                yield proxy(Array.class, (_, _, _) -> null);
            }
            default -> null;
        });
    }

    private static PreparedStatement statement(Connection connection) {
        var results = Map.of(
                "getConnection",
                connection,
                "executeQuery",
                proxy(ResultSet.class, (_, method, _) -> method.getName().equals("next") ? false : null));
        return proxy(PreparedStatement.class, (_, method, _) -> results.get(method.getName()));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
