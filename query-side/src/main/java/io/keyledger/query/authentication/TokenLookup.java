package io.keyledger.query.authentication;

import io.keyledger.api.Refusal;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
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
import org.jspecify.annotations.Nullable;
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

    /** The same for every value, whether it is accepted, refused or unknown. */
    private static final String SELECT = """
        select v.digest, t.token_id, t.account_id, v.hint, v.state = 'retired', t.revoked,
            not t.revoked and not t.disabled and not t.expired and a.enabled
                and (t.expires_at is null or t.expires_at > clock_timestamp())
                and (v.state = 'current' or (v.state = 'previous' and t.overlap_ends_at > clock_timestamp())),
            t.permissions, a.administrator, coalesce(a.email, a.display_name), v.issued_at, t.expires_at,
            t.allowed_addresses, not t.used, v.state = 'current' and t.overlap_ends_at is not null
        from projection.token_value v
            join projection.token t using (token_id)
            join projection.account a using (account_id)
        where v.digest = any (?) and state.authentication_is_open()\
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

    /** What the database knows of a value at this moment. */
    sealed interface Known {
        String tokenId();

        String accountId();
    }

    /**
     * Its token is accepted, and so is its account; whether it is from where the request came is not judged here.
     *
     * @param permissions granted to it; what it may do is what of these its account holds
     * @param username the account's email, or the name of a service account
     * @param issuedAt when this value was made
     * @param allowedAddresses ranges; none: from anywhere
     * @param firstUse whether no use of the token was recorded yet
     * @param retiresPrevious whether the value before this one is still accepted
     */
    record Accepted(
            String tokenId,
            String accountId,
            Set<String> permissions,
            boolean administrator,
            String username,
            Instant issuedAt,
            @Nullable Instant expiresAt,
            List<String> allowedAddresses,
            boolean firstUse,
            boolean retiresPrevious)
            implements Known {

        @Override
        public String toString() {
            return "Accepted[" + tokenId + "]";
        }
    }

    /**
     * It is a value that its token had or has, and it is refused.
     *
     * @param retired whether it is a value from before a rotation
     * @param revoked whether the token is
     */
    record Refused(String tokenId, String accountId, String hint, boolean retired, boolean revoked) implements Known {}

    @SuppressWarnings("ArrayRecordComponent") // Questions are never compared.
    private record Question(byte[] digest, CompletableFuture<Optional<Known>> answer) {}

    /**
     * What is known of a value; nothing where no token ever had it.
     *
     * @param digest SHA-256 of the value
     * @throws Refusal.Unavailable when the database does not answer in time
     */
    Optional<Known> find(byte[] digest) {
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

    private Map<ByteBuffer, Known> query(List<Question> batch) throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.prepareStatement(SELECT)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "bytea", batch.stream().map(Question::digest).toArray(byte[][]::new)));
            var found = HashMap.<ByteBuffer, Known>newHashMap(batch.size());
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.put(ByteBuffer.wrap(rows.getBytes(1)), known(rows));
                }
            }
            return found;
        }
    }

    private static Known known(ResultSet row) throws SQLException {
        if (!row.getBoolean(7)) {
            return new Refused(
                    row.getString(2), row.getString(3), row.getString(4), row.getBoolean(5), row.getBoolean(6));
        }
        var expiresAt = row.getTimestamp(12);
        var ranges = row.getArray(13);
        return new Accepted(
                row.getString(2),
                row.getString(3),
                Set.of((String[]) row.getArray(8).getArray()),
                row.getBoolean(9),
                row.getString(10),
                row.getTimestamp(11).toInstant(),
                expiresAt == null ? null : expiresAt.toInstant(),
                ranges == null ? List.of() : List.of((String[]) ranges.getArray()),
                row.getBoolean(14),
                row.getBoolean(15));
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
