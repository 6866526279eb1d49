package io.keyledger.server.database;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a request may still wait for connections of the pool that all share. A request takes one after the other (its
 * session, the caller, the command's transaction, what it answers with, its session again), and with a limit for each of
 * them alone the waits add up.
 */
public final class RequestWaits implements AutoCloseable {

    /** With what the statements themselves take, the answer comes within two seconds. */
    private static final Duration ALL_TOGETHER = Duration.ofSeconds(1);

    private static final ThreadLocal<@Nullable RequestWaits> CURRENT = new ThreadLocal<>();

    private final BooleanSupplier answerBegun;
    private long leftNanos = ALL_TOGETHER.toNanos();
    private boolean begun;

    private RequestWaits(BooleanSupplier answerBegun) {
        this.answerBegun = answerBegun;
    }

    /**
     * Limits those of this thread until it is closed.
     *
     * @param answerBegun from then on nobody can be told 503: a long file is not broken off because it took many short
     *     waits
     */
    public static RequestWaits limit(BooleanSupplier answerBegun) {
        var waits = new RequestWaits(answerBegun);
        CURRENT.set(waits);
        return waits;
    }

    /** Those of this thread's request, if it is at one that has none of its answer yet. */
    static @Nullable RequestWaits current() {
        var waits = CURRENT.get();
        return waits == null || waits.answerBegun.getAsBoolean() ? null : waits;
    }

    /** Whether it has had a connection, or failed to get one. */
    boolean hasBegun() {
        return begun;
    }

    long leftMillis() {
        return Math.max(0, leftNanos / 1_000_000);
    }

    void waited(long nanos) {
        leftNanos -= nanos;
        begun = true;
    }

    @Override
    public void close() {
        CURRENT.remove();
    }
}
