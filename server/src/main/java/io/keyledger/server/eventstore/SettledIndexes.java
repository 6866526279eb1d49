package io.keyledger.server.eventstore;

import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Knows which missing indexes can never be filled any more, by transaction ids and no clock.
 *
 * <p>Indexes are drawn in rising order, each by a transaction that already has an id. So once an index is seen, a
 * transaction id drawn after that is higher than the id of every transaction that drew it or a lower one: that
 * pair is a {@link Bound}. In a snapshot whose oldest running transaction is not older than the bound's, all of
 * those have ended, and what they have committed is visible: what is not, never will be.
 *
 * <p>A snapshot's {@code xmax} will not do for a bound. It is the id after the highest <em>ended</em> transaction:
 * one that started later still and is running can be above it, and hold a lower index.
 *
 * <p>Two bounds are enough, one that has come true and one that is waited for. All readers of a process share them;
 * another process, and this one after a restart, draws its own.
 */
final class SettledIndexes {

    /** Every index up to {@code index} was drawn by a transaction with an id below {@code transactionId}. */
    record Bound(long index, long transactionId) {}

    private @Nullable Bound reached;
    private @Nullable Bound awaited;

    /** Whether it needs another bound to decide on these gaps: not while one is awaited, which comes true before. */
    synchronized boolean needsBoundFor(SortedSet<Long> gaps) {
        return awaited == null && (reached == null || (!gaps.isEmpty() && gaps.last() > reached.index()));
    }

    synchronized void await(Bound bound) {
        if (awaited == null) {
            awaited = bound;
        }
    }

    /**
     * The index up to which whatever is missing in a snapshot will stay missing.
     *
     * @param oldestRunning the snapshot's {@code xmin}; readers need not come in the order of their snapshots
     */
    synchronized long settledUpTo(long oldestRunning) {
        if (awaited != null && oldestRunning >= awaited.transactionId()) {
            reached = awaited;
            awaited = null;
        }
        return reached != null && oldestRunning >= reached.transactionId() ? reached.index() : 0;
    }
}
