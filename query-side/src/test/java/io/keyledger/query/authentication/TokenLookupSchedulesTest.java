package io.keyledger.query.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal;
import io.keyledger.query.authentication.TokenLookup.Accepted;
import io.keyledger.query.authentication.TokenLookup.Known;
import io.keyledger.query.authentication.TokenLookup.Refused;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Drives the look-ups through every order in which requests can arrive, both lanes' queries be sent, be executed by the
 * database and be answered, and a token be revoked. What runs is the look-up itself with its threads; only the database
 * driver stands still until it is told to go on.
 */
class TokenLookupSchedulesTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Test
    void every_request_is_answered_by_a_query_that_was_sent_after_it() {
        var schedules = explore(false, 3);
        assertThat(schedules).isGreaterThan(500);
    }

    /** The connections lead to a server that is not the primary any more from some moment on, and does not know it. */
    @Test
    void no_request_after_a_revocation_on_the_next_primary_is_answered_by_the_one_before() {
        var schedules = explore(true, 2);
        assertThat(schedules).isGreaterThan(500);
    }

    /** @return how many orders there are */
    private static int explore(boolean failover, int requests) {
        List<Integer> choices = new ArrayList<>();
        var schedules = 0;
        while (true) {
            List<Integer> options = new ArrayList<>();
            try (var run = new Run(failover, requests)) {
                run.follow(choices, options);
            }
            schedules++;
            while (choices.size() < options.size()) {
                choices.add(0);
            }
            while (!choices.isEmpty() && choices.getLast() + 1 >= options.get(choices.size() - 1)) {
                choices.removeLast();
            }
            if (choices.isEmpty()) {
                return schedules;
            }
            choices.add(choices.removeLast() + 1);
        }
    }

    /** One order, from the beginning to the end. */
    private static final class Run implements AutoCloseable {

        private final boolean failover;
        private final int most;
        private final Server server = new Server();
        private final AtomicLong clock = new AtomicLong();
        private final TokenLookup lookup =
                new TokenLookup(server.dataSource(), clock::get, PATIENCE, new SimpleMeterRegistry());
        private final List<Request> requests = new ArrayList<>();
        private final List<String> steps = new ArrayList<>();
        private boolean timePassed;
        private boolean revoked;

        Run(boolean failover, int most) {
            this.failover = failover;
            this.most = most;
            lookup.start();
            while (server.asked.get() < TokenLookup.LANES) {
                LockSupport.parkNanos(20_000);
            }
        }

        private record Step(String name, Runnable run) {}

        void follow(List<Integer> choices, List<Integer> options) {
            for (var possible = possible(); !possible.isEmpty(); possible = possible()) {
                var choice = options.size() < choices.size() ? choices.get(options.size()) : 0;
                options.add(possible.size());
                steps.add(possible.get(choice).name());
                possible.get(choice).run().run();
                settle();
            }
            for (var request : requests) {
                assertThat(request.answer()).as("%s", steps).isIn(request.allowed());
            }
        }

        private List<Step> possible() {
            List<Step> possible = new ArrayList<>();
            for (var query : server.sent()) {
                possible.add(
                        query.executed
                                ? new Step("answer", () -> server.answer(query))
                                : new Step("execute", () -> server.execute(query)));
            }
            if (requests.size() < most) {
                possible.add(new Step("ask", () -> requests.add(new Request(lookup, requests.size(), this))));
            }
            if (failover && !server.cutOff) {
                possible.add(new Step("cut off", () -> server.cutOff = true));
            } else if (failover && !timePassed) {
                possible.add(new Step("promote", () -> {
                    clock.addAndGet(LookupLane.BEAT_HOLDS.toNanos());
                    timePassed = true;
                }));
            } else if (!revoked) {
                possible.add(new Step("revoke", () -> {
                    revoked = true;
                    server.revoked = !failover;
                }));
            }
            return possible;
        }

        /** Until each request is answered, or waits for a query that was sent or for a lane. */
        private void settle() {
            var deadline = System.nanoTime() + PATIENCE.toNanos();
            while (!isSettled()) {
                assertThat(System.nanoTime()).as("%s", steps).isLessThan(deadline);
                LockSupport.parkNanos(20_000);
            }
        }

        private boolean isSettled() {
            var waiting =
                    requests.stream().filter(request -> !request.isAnswered()).toList();
            var sent = server.sent();
            return waiting.stream().allMatch(Request::isParked)
                    && (sent.size() == TokenLookup.LANES
                            || sent.stream()
                                            .mapToInt(query -> query.digests.length)
                                            .sum()
                                    == waiting.size());
        }

        @Override
        public void close() {
            lookup.close();
            server.sent().forEach(query -> query.go.countDown());
        }
    }

    /** Somebody who asks whether the token is good. */
    private static final class Request {

        private final boolean afterRevocation;
        private final Run run;
        private final Thread thread;
        private boolean certain = true;
        private volatile @Nullable String answer;

        Request(TokenLookup lookup, int number, Run run) {
            this.run = run;
            this.afterRevocation = run.revoked;
            thread = Thread.ofPlatform().daemon().start(() -> {
                String said;
                try {
                    said = name(lookup.answer(lookup.ask(new byte[] {(byte) number})));
                } catch (Refusal.Unavailable e) {
                    said = "unavailable";
                }
                certain = !run.revoked && !run.server.cutOff;
                answer = said;
            });
        }

        private static String name(Optional<Known> known) {
            return switch (known.orElse(null)) {
                case null -> "unknown";
                case Accepted _ -> "accepted";
                case Refused _ -> "refused";
            };
        }

        boolean isAnswered() {
            return answer != null;
        }

        boolean isParked() {
            return thread.getState() == Thread.State.WAITING;
        }

        String answer() {
            return String.valueOf(answer);
        }

        /** What may be said of the token, by when it was asked and answered. */
        List<String> allowed() {
            if (certain) {
                return List.of("accepted");
            }
            if (run.failover) {
                return afterRevocation ? List.of("unavailable") : List.of("accepted", "unavailable");
            }
            return afterRevocation ? List.of("refused") : List.of("accepted", "refused");
        }
    }

    /** The database, as the driver shows it: what was sent to it stays there until it is told to execute and answer. */
    private static final class Server {

        private final List<Query> queries = new ArrayList<>();
        /** Queries of lanes that keep themselves ready. */
        final AtomicInteger asked = new AtomicInteger();

        volatile boolean revoked;
        /** Reads go on, and nothing is committed any more. */
        volatile boolean cutOff;

        private static final class Query {
            final byte[][] digests;
            final CountDownLatch go = new CountDownLatch(1);
            boolean executed;
            boolean good;

            Query(byte[][] digests) {
                this.digests = digests;
            }
        }

        synchronized List<Query> sent() {
            return List.copyOf(queries);
        }

        synchronized void execute(Query query) {
            query.executed = true;
            query.good = !revoked;
        }

        synchronized void answer(Query query) {
            queries.remove(query);
            query.go.countDown();
        }

        DataSource dataSource() {
            return proxy(DataSource.class, (_, _, _) -> connection());
        }

        private Connection connection() {
            return proxy(Connection.class, (connection, method, arguments) -> switch (method.getName()) {
                case "prepareStatement" -> statement((Connection) connection, (String) arguments[0]);
                case "createArrayOf" -> proxy(Array.class, (_, _, _) -> arguments[1]);
                default -> null;
            });
        }

        private PreparedStatement statement(Connection connection, String sql) {
            var digests = new Object() {
                byte[][] value = {};
            };
            return proxy(PreparedStatement.class, (_, method, arguments) -> switch (method.getName()) {
                case "getConnection" -> connection;
                case "setArray" -> {
                    digests.value = (byte[][]) ((Array) arguments[1]).getArray();
                    yield null;
                }
                case "executeQuery" -> sql.contains("pg_logical_emit_message") ? beat() : ask(digests.value);
                default -> null;
            });
        }

        private ResultSet beat() throws SQLException {
            if (cutOff) {
                throw new SQLException("no standby has acknowledged it");
            }
            return rows(new byte[0][], false);
        }

        private ResultSet ask(byte[][] digests) throws InterruptedException {
            if (digests.length == 0) {
                asked.incrementAndGet();
                return rows(digests, false);
            }
            var query = new Query(digests);
            synchronized (this) {
                queries.add(query);
            }
            query.go.await();
            return rows(digests, query.good);
        }

        private static ResultSet rows(byte[][] digests, boolean good) {
            var row = new Object() {
                int number = -1;
            };
            var values = Map.<Integer, Object>of(5, false, 6, !good, 7, good, 9, false, 14, false, 15, false);
            return proxy(ResultSet.class, (_, method, arguments) -> switch (method.getName()) {
                case "next" -> ++row.number < digests.length;
                case "getBytes" -> digests[row.number];
                case "getBoolean" -> values.get(arguments[0]);
                case "getString" -> "text";
                case "getTimestamp" -> Timestamp.from(Instant.EPOCH);
                case "getArray" -> proxy(Array.class, (_, _, _) -> new String[0]);
                default -> null;
            });
        }

        private static <T> T proxy(Class<T> type, InvocationHandler handler) {
            return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
        }
    }
}
