package io.keyledger.server.chaos;

import java.util.ArrayList;
import java.util.List;

/** Something that clients change one after the other, as far as they can know what it is. */
final class Register<T> {

    /** Of a change that nobody can say of whether, or when, it takes effect. */
    static final long NEVER = Long.MAX_VALUE;

    private record Change<T>(T to, long sent, long holds) {}

    private final T first;
    private final List<Change<T>> changes = new ArrayList<>();

    Register(T first) {
        this.first = first;
    }

    /**
     * Changes it.
     *
     * @param sent before then nobody sees it
     * @param holds whoever asks from then on must see it
     */
    void change(T to, long sent, long holds) {
        changes.add(new Change<>(to, sent, holds));
    }

    /** Whether it may have had this value at some moment between these two. */
    boolean mayBe(T value, long begin, long end) {
        var settled = first;
        var since = Long.MIN_VALUE;
        for (var change : changes) {
            if (change.holds() <= begin) {
                if (change.holds() >= since) {
                    settled = change.to();
                    since = change.holds();
                }
            } else if (change.sent() < end && change.to().equals(value)) {
                return true;
            }
        }
        return settled.equals(value);
    }
}
