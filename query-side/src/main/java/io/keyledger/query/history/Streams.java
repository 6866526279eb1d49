package io.keyledger.query.history;

import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.query.LogEntry;
import io.keyledger.query.account.AccountRow;
import io.keyledger.query.token.TokenRow;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The events of some accounts and tokens, and what these were at any moment. */
record Streams(Map<String, List<LogEntry>> byId, Keyring keyring) {

    /**
     * What had happened to it by then: all that the last event of that time was built upon. Clocks of two nodes may
     * differ by a millisecond, so that is not the same as each event whose time is not later.
     */
    List<LogEntry> upTo(String id, Moment moment) {
        var entries = byId.getOrDefault(id, List.of());
        for (var count = entries.size(); count > 0; count--) {
            if (moment.includes(entries.get(count - 1))) {
                return entries.subList(0, count);
            }
        }
        return List.of();
    }

    /** Absent: there was no such token yet. */
    @Nullable
    TokenRow token(String id, Moment moment) {
        TokenRow row = null;
        for (var entry : upTo(id, moment)) {
            // Somebody may ask for a token by an account's id.
            var before = row;
            row = entry.event() instanceof TokenEvent
                    ? evolved(entry, () -> TokenRow.evolve(before, entry, keyring))
                    : null;
        }
        return row;
    }

    /** Absent: there was no such account yet. */
    @Nullable
    AccountRow account(String id, Moment moment) {
        AccountRow row = null;
        for (var entry : upTo(id, moment)) {
            var before = row;
            row = entry.event() instanceof AccountEvent
                    ? evolved(entry, () -> AccountRow.evolve(before, entry, keyring))
                    : null;
        }
        return row;
    }

    /** A text that was altered does not open, and an event does not follow where the one before it is missing. */
    private static <R> @Nullable R evolved(LogEntry entry, Supplier<@Nullable R> evolve) {
        try {
            return evolve.get();
        } catch (IllegalStateException e) {
            throw Past.unreadable(entry.describe(), e);
        }
    }

    @Override
    public String toString() {
        return "Streams[" + byId.keySet() + "]";
    }
}
