package io.keyledger.query.authentication;

import io.keyledger.api.Refusal;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the token that a value's digest belongs to, as it is now: always in the primary database, by a query that
 * starts after the request arrived. Look-ups that wait together become one query: the next one takes all that came
 * while the last one ran. When it cannot know, it refuses: nothing is ever answered from an earlier query.
 */
public final class TokenLookup implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TokenLookup.class);

    /** Queries that may run at once: while one waits for its answer, the next batch is on its way. */
    private static final int LANES = 2;

    private static final int BATCH = 256;
    private static final int WAITING = 10_000;
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private static final String SELECT = """
        select t.digest, t.token_id, t.account_id, t.permissions, a.administrator
        from projection.token t join projection.account a using (account_id)
        where t.digest = any (?) and not t.revoked and not t.expired and a.enabled
          and (t.expires_at is null or t.expires_at > clock_timestamp())\
        """;

    private final DataSource dataSource;
    private final BlockingQueue<Question> waiting = new ArrayBlockingQueue<>(WAITING);
    private final List<Thread> lanes = new ArrayList<>();
    private final DistributionSummary batches;
    private volatile boolean closed;

    public TokenLookup(DataSource dataSource, MeterRegistry meters) {
        this.dataSource = dataSource;
        batches = DistributionSummary.builder("keyledger.token.lookup.batch")
                .description("Look-ups that one query answered")
                .register(meters);
        meters.gauge("keyledger.token.lookup.waiting", waiting, BlockingQueue::size);
        for (var lane = 0; lane < LANES; lane++) {
            lanes.add(Thread.ofPlatform().name("token-lookup-" + lane).daemon().start(this::answerQuestions));
        }
    }

    /**
     * A token that is accepted at this moment, and whose account is enabled.
     *
     * @param permissions granted to it; what it may do is what of these its account holds
     */
    public record AcceptedToken(String tokenId, String accountId, Set<String> permissions, boolean administrator) {}

    @SuppressWarnings("ArrayRecordComponent") // Questions are never compared.
    private record Question(byte[] digest, CompletableFuture<Optional<AcceptedToken>> answer) {}

    /**
     * @param digest SHA-256 of the value
     * @throws Refusal.Unavailable when the database does not answer in time
     */
    public Optional<AcceptedToken> find(byte[] digest) {
        var question = new Question(digest, new CompletableFuture<>());
        if (closed || !waiting.offer(question)) {
            throw unavailable();
        }
        try {
            return question.answer().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // Whoever takes it from the queue later need not ask any more.
            question.answer().cancel(false);
            throw unavailable();
        } catch (ExecutionException e) {
            throw unavailable();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable();
        }
    }

    private void answerQuestions() {
        var batch = new ArrayList<Question>(BATCH);
        while (!closed) {
            batch.clear();
            try {
                batch.add(waiting.take());
            } catch (InterruptedException e) {
                return;
            }
            waiting.drainTo(batch, BATCH - 1);
            batch.removeIf(question -> question.answer().isDone());
            if (!batch.isEmpty()) {
                answer(batch);
            }
        }
    }

    @SuppressWarnings("IllegalCatch") // Whatever goes wrong, those who wait are told, and the lane lives on.
    private void answer(List<Question> batch) {
        try {
            var found = query(batch);
            batch.forEach(question ->
                    question.answer().complete(Optional.ofNullable(found.get(ByteBuffer.wrap(question.digest())))));
            batches.record(batch.size());
        } catch (SQLException | RuntimeException e) {
            LOG.warn("{} token look-ups failed: {}", batch.size(), e.toString());
            batch.forEach(question -> question.answer().completeExceptionally(e));
        }
    }

    private Map<ByteBuffer, AcceptedToken> query(List<Question> batch) throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.prepareStatement(SELECT)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "bytea", batch.stream().map(Question::digest).toArray(byte[][]::new)));
            var found = HashMap.<ByteBuffer, AcceptedToken>newHashMap(batch.size());
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.put(
                            ByteBuffer.wrap(rows.getBytes(1)),
                            new AcceptedToken(
                                    rows.getString(2),
                                    rows.getString(3),
                                    Set.of((String[]) rows.getArray(4).getArray()),
                                    rows.getBoolean(5)));
                }
            }
            return found;
        }
    }

    private static Refusal unavailable() {
        return new Refusal.Unavailable(
                "authentication_unavailable",
                "Whether this token is good cannot be known right now. Try again.",
                Duration.ofSeconds(1));
    }

    @Override
    public void close() {
        closed = true;
        lanes.forEach(Thread::interrupt);
        waiting.forEach(question -> question.answer().completeExceptionally(new IllegalStateException("closing")));
    }
}
