package io.keyledger.server.projections;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How far a reader has come in the log: it has every event up to an index that will ever be there, but for those at the
 * gaps, which were not visible yet.
 */
record Place(long index, SortedSet<Long> gaps) {

    static final Place START = new Place(0, new TreeSet<>());

    Place(long index, List<Long> gaps) {
        this(index, new TreeSet<>(gaps));
    }

    /** Whether nothing is left to read until then. */
    boolean covers(Place other) {
        return index >= other.index && other.gaps.containsAll(gaps);
    }

    /**
     * Where a reader is that stood here and has read on, by index, up to this event.
     *
     * @param limit where it wants to get to
     */
    Place readOn(long lastIndex, Place limit) {
        var reached = Math.max(index, lastIndex);
        var left = new TreeSet<>(limit.gaps.headSet(reached + 1));
        left.addAll(gaps.tailSet(lastIndex + 1));
        return new Place(reached, left);
    }
}
