package io.keyledger.command.account;

import static io.keyledger.command.account.PasswordLimits.WRONG_PER_ACCOUNT;
import static io.keyledger.command.account.PasswordLimits.WRONG_PER_ACCOUNT_AND_ADDRESS;
import static io.keyledger.command.account.PasswordLimits.WRONG_PER_ADDRESS;

import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.distributed.BucketProxy;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.remote.MutableBucketEntry;
import io.github.bucket4j.postgresql.Bucket4jPostgreSQL;
import io.github.bucket4j.postgresql.PostgreSQLSelectForUpdateBasedProxyManager;
import io.keyledger.api.Refusal;
import java.sql.PreparedStatement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.crypto.SecretKey;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The brake on guessing passwords. It counts verified-wrong passwords and reset secrets only, never good ones or other
 * mistakes, in buckets that all nodes share and that outlive restarts: table {@code state.throttle}.
 *
 * <p>A caller checks, takes a {@linkplain PasswordHasher#takePlace() place for hashing}, checks again, verifies, and
 * records a wrong password before it gives the place back. Then what runs at once can exceed a limit by no more than
 * the places of all nodes; the excess is owed, and waited for later. An account that does not exist is counted like
 * any other, so the answers do not tell whether an email is known.
 *
 * <p>Never call it inside an open transaction: it opens short ones of its own, on other connections of the pool, and a
 * rollback must not undo what was counted. It refuses with {@link IllegalStateException}. When the database does not
 * answer, every method throws: nothing is allowed on a guess. Time is the caller's clock; nodes whose clocks differ by
 * seconds differ by as much in {@code Retry-After}.
 */
public final class PasswordThrottle {

    /** How long a bucket stays after it is full again; more than clocks differ between nodes. */
    private static final Duration KEPT_WHEN_FULL = Duration.ofMinutes(1);

    /** Until a lock on a bucket's row, or an answer from the database, is given up. */
    private static final Duration DATABASE_TIMEOUT = Duration.ofSeconds(5);

    /**
     * One use of a password or reset secret.
     *
     * @param accountKey the normalised email as it was given, whether or not an account has it; null for a reset secret
     * @param ipAddress as text, IPv4 or IPv6 (which counts per /64)
     * @param familiar whether {@link FamiliarClients} knows this client: then the account's limit over all addresses
     *     does not bind it
     */
    public record Attempt(@Nullable String accountKey, String ipAddress, boolean familiar) {}

    @SuppressWarnings("ArrayRecordComponent") // Buckets are never compared.
    private record Bucket(Limit limit, byte[] key) {}

    private final PostgreSQLSelectForUpdateBasedProxyManager<byte[]> buckets;
    private final JdbcClient jdbc;
    private final KeyedDigest digest;
    private final TimeMeter time;

    /**
     * @param key for HMAC-SHA256: emails and addresses are stored only as digests under it. Another key forgets all
     *     that was counted.
     */
    public PasswordThrottle(DataSource dataSource, SecretKey key, Clock clock) {
        this.time = new ClockTime(clock);
        this.digest = new KeyedDigest(key);
        var template = new JdbcTemplate(dataSource);
        template.setQueryTimeout((int) DATABASE_TIMEOUT.toSeconds());
        this.jdbc = JdbcClient.create(template);
        this.buckets = Bucket4jPostgreSQL.selectForUpdateBasedBuilder(dataSource)
                .<byte[]>primaryKeyMapper(PreparedStatement::setBytes)
                .table("state.throttle")
                .idColumn("key_digest")
                .stateColumn("state")
                .expiresAtColumn("expires_at")
                .expirationAfterWrite(ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(KEPT_WHEN_FULL))
                .requestTimeout(DATABASE_TIMEOUT)
                .clientClock(time)
                .build();
    }

    /**
     * Whether this attempt may be made; counts nothing. One query without a lock, which creates no rows.
     *
     * @throws Refusal.Throttled when one of its limits is used up
     */
    public void check(Attempt attempt) {
        refuseInsideTransaction();
        // Bucket4j's own check would lock and write each bucket: 8 round trips for one that does not exist yet.
        var nanos = jdbc
                .sql("select state from state.throttle where key_digest in (:keys) and state is not null")
                .param("keys", bucketsOf(attempt).stream().map(Bucket::key).toList())
                .query((row, number) -> nanosUntilNextTry(row.getBytes("state")))
                .list() // not stream(), which keeps the connection until it is closed
                .stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
        if (nanos > 0) {
            var second = TimeUnit.SECONDS.toNanos(1);
            throw new Refusal.Throttled(
                    "too_many_wrong_passwords",
                    "Too many wrong passwords. Wait, then try again.",
                    Duration.ofSeconds(Math.ceilDiv(nanos, second)));
        }
    }

    /** Counts a wrong password, or a wrong reset secret, also beyond the limits. */
    public void recordWrong(Attempt attempt) {
        refuseInsideTransaction();
        for (var bucket : bucketsOf(attempt)) {
            // One transaction and one row lock at a time: there is nothing to deadlock with.
            proxy(bucket).consumeIgnoringRateLimits(1);
        }
    }

    /**
     * A limit for other things than passwords: how many events are written about one account, say. Counts and answers
     * in one step.
     *
     * @param key what is limited; stored only as a digest
     * @param capacity so many at once, refilled evenly over the period
     * @return false when the limit is used up; then nothing is counted
     */
    public boolean tryConsume(String key, int capacity, Duration period) {
        refuseInsideTransaction();
        return proxy(bucket(new Limit("other", capacity, period), key)).tryConsume(1);
    }

    /**
     * Removes buckets that have been full for a minute, which are as good as none.
     *
     * @param max at most so many in one go
     * @return how many were removed
     */
    public int removeExpired(int max) {
        refuseInsideTransaction();
        return buckets.removeExpired(max);
    }

    private List<Bucket> bucketsOf(Attempt attempt) {
        var client = ClientAddress.client(attempt.ipAddress());
        var account = attempt.accountKey();
        var found = new ArrayList<Bucket>();
        found.add(bucket(WRONG_PER_ADDRESS, client));
        if (account != null) {
            found.add(bucket(WRONG_PER_ACCOUNT_AND_ADDRESS, account, client));
            if (!attempt.familiar()) {
                found.add(bucket(WRONG_PER_ACCOUNT, account));
            }
        }
        return found;
    }

    /** The numbers are part of the key: a bucket keeps those it was made with, and a changed limit needs a new one. */
    private Bucket bucket(Limit limit, String... of) {
        var parts = new ArrayList<String>();
        parts.add("throttle");
        parts.add(limit.name());
        parts.add(limit.capacity() + " in " + limit.period());
        parts.addAll(List.of(of));
        return new Bucket(limit, digest.of(parts.toArray(String[]::new)));
    }

    private BucketProxy proxy(Bucket bucket) {
        return buckets.builder().build(bucket.key(), bucket.limit()::configuration);
    }

    private long nanosUntilNextTry(byte[] stored) {
        var now = time.currentTimeNanos();
        var state = new MutableBucketEntry(stored).get();
        state.refillAllBandwidth(now);
        return state.calculateDelayNanosAfterWillBePossibleToConsume(1, now, true);
    }

    private static void refuseInsideTransaction() {
        if (TransactionSynchronizationManager.isActualTransactionActive()) {
            throw new IllegalStateException("Wrong passwords are counted outside of transactions");
        }
    }

    private record ClockTime(Clock clock) implements TimeMeter {

        @Override
        public long currentTimeNanos() {
            var now = clock.instant();
            return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
        }

        @Override
        public boolean isWallClockBased() {
            return true;
        }
    }
}
