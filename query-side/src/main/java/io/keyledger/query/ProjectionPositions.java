package io.keyledger.query;

import io.keyledger.api.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventhandling.WrappedToken;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Lets a read wait until a streaming projection shows what a change's answer promised: the change's position is the
 * global index of its last event.
 *
 * <p>A projection covers a position when it has read every event up to it that was committed before the question.
 * Reaching it is not enough: an event with a lower index may commit later. One that is not committed yet is not
 * waited for, so a slow transaction holds nobody up.
 *
 * <p>The tokens are looked up again and again, at most 2 s long, each time with one query or two: a projection is
 * often milliseconds behind, and on any node. The processor has to store its token for events that it ignores too.
 */
public final class ProjectionPositions {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(25);

    private final JdbcClient primary;
    private final Serializer tokens;

    /**
     * @param primary the primary database: a replica may not know of a commit that the caller has seen
     * @param tokens the serializer of the token store
     */
    public ProjectionPositions(JdbcClient primary, Serializer tokens) {
        this.primary = primary;
        this.tokens = tokens;
    }

    /**
     * Returns as soon as the projection covers the position, at once if it is 0. Not to be called in a transaction
     * that is stricter than read committed: it would not see the projection move.
     *
     * @param processorName the streaming processor that fills the projection
     * @throws Refusal.Unavailable if it takes longer than 2 s
     * @throws Refusal.Malformed if there is no such position
     */
    public void await(String processorName, long position) {
        if (position <= 0 || covers(processorName, position)) {
            return;
        }
        check(position);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long pause = SHORTEST_PAUSE.toNanos();
        do {
            long left = deadline - System.nanoTime();
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                throw new Refusal.Unavailable(
                        "position_not_reached", "This is not up to date yet. Try again.", Duration.ofSeconds(1));
            }
            LockSupport.parkNanos(Math.min(pause, left));
            pause = Math.min(2 * pause, LONGEST_PAUSE.toNanos());
        } while (!covers(processorName, position));
    }

    /** Returns when the projection covers what is committed now; see {@link #await}. */
    public void awaitHead(String processorName) {
        await(processorName, head());
    }

    /**
     * For reads that are never behind.
     *
     * @throws Refusal.Malformed if there is no such position
     */
    public void check(long position) {
        if (position > head()) {
            throw new Refusal.Malformed(
                    "invalid_position", "Keyledger-Position is beyond the last event. Send one that you received.");
        }
    }

    /** The newest position that is committed; 0: there is no event. */
    public long head() {
        return primary.sql("select coalesce(max(global_index), 0) from event.domain_event")
                .query(Long.class)
                .single();
    }

    /** The projection has read all that is committed up to here, and may have read some of what is behind it. */
    public long reached(String processorName) {
        return segments(processorName).stream()
                .mapToLong(token -> token.getGaps().isEmpty()
                        ? token.getIndex()
                        : token.getGaps().first() - 1)
                .min()
                .orElse(0);
    }

    private List<GapAwareTrackingToken> segments(String processorName) {
        return primary.sql("select token, token_type from state.token_entry where processor_name = ?")
                .param(processorName)
                .query((row, number) -> token(row.getBytes("token"), row.getString("token_type")))
                .list();
    }

    private boolean covers(String processorName, long position) {
        var segments = segments(processorName);
        if (segments.isEmpty() || segments.stream().anyMatch(token -> token.getIndex() < position)) {
            return false;
        }
        SortedSet<Long> gaps = new TreeSet<>();
        // The position itself may be one: its event was committed later than others that were drawn after it.
        segments.forEach(token -> gaps.addAll(token.getGaps().headSet(position + 1)));
        return gaps.isEmpty() || !anyCommitted(gaps);
    }

    private boolean anyCommitted(SortedSet<Long> gaps) {
        return primary.sql("select exists (select from event.domain_event where global_index = any (?))")
                .param(gaps.toArray(Long[]::new))
                .query(Boolean.class)
                .single();
    }

    private GapAwareTrackingToken token(byte @Nullable [] stored, @Nullable String type) {
        TrackingToken token = stored == null || type == null
                ? null
                : tokens.deserialize(new SimpleSerializedObject<>(stored, byte[].class, type, null));
        // During a replay, what counts is how far that has come.
        TrackingToken read = WrappedToken.unwrapLowerBound(token);
        return read == null ? GapAwareTrackingToken.newInstance(0, List.of()) : (GapAwareTrackingToken) read;
    }
}
