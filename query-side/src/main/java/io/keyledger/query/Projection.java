package io.keyledger.query;

import io.keyledger.api.account.PersonalDataKeys.Keyring;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Tables that are a fold of the log: what they hold follows from the events alone. The live tables, their rebuild beside
 * them and the comparison of both come from the same {@link #fold}.
 */
public interface Projection {

    /** Names its place in the log ({@code state.token_entry}), its metrics, its health and its rebuilds. */
    String name();

    /**
     * The tables of schema {@code projection} that it fills, in the order in which they are read together: locks are
     * taken in this order.
     */
    List<String> tables();

    /** Whether it follows the log, a little behind it. Others are written in the transaction that appends the event. */
    default boolean isStreaming() {
        return true;
    }

    /** Indexes, apart from the primary keys, by which {@link #apply} finds rows. */
    default List<String> loadIndexes() {
        return List.of();
    }

    /**
     * Applies events, in the transaction that is under way.
     *
     * @param entries the events of each account and token in their order
     * @throws RuntimeException when one of them cannot be read or applied; then none may stay applied
     */
    default void apply(List<LogEntry> entries, Tables tables) {
        var fold = fold(tables);
        fold.add(entries, keyring(entries));
        fold.write();
    }

    /** The data keys for what the rows show of these events; it may be asked by another thread, ahead of the folding. */
    default Keyring keyring(List<LogEntry> entries) {
        return LogEntry.NO_TEXTS;
    }

    /** Starts to fold events into rows of these tables. */
    Fold fold(Tables tables);

    /**
     * Rows in memory, as events have made them: each is written once, however many events it had. Whoever writes live
     * tables does all in one transaction, as others write them too.
     */
    interface Fold {

        /**
         * Reads the rows that it lacks, and applies events to them.
         *
         * @param entries the events of each account and token in their order
         * @param keyring of these entries
         * @throws RuntimeException when one of them cannot be read or applied; then this is to be thrown away
         */
        void add(List<LogEntry> entries, Keyring keyring);

        /**
         * Of the rows that events are about, those that are not in memory yet and were there before.
         *
         * @param id of the row that an event is about
         * @param creates whether an event makes its row, so that there was none
         * @param known those in memory
         */
        static Set<String> lacking(
                List<LogEntry> entries, Function<LogEntry, String> id, Predicate<LogEntry> creates, Set<String> known) {
            var lacking = new HashSet<String>();
            var created = new HashSet<String>();
            for (var entry : entries) {
                var row = id.apply(entry);
                if (creates.test(entry)) {
                    created.add(row);
                } else if (!known.contains(row) && !created.contains(row)) {
                    lacking.add(row);
                }
            }
            return lacking;
        }

        /** Whether it holds so many rows that they should be written. */
        boolean isFull();

        /** Writes what has changed, in the transaction that is under way, and forgets everything. */
        void write();
    }
}
