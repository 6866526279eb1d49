package io.keyledger.query.history;

import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.query.LogEntry;
import io.keyledger.query.account.AccountRow;
import io.keyledger.query.token.TokenRow;
import java.util.List;
import java.util.Map;
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
            row = entry.event() instanceof TokenEvent ? TokenRow.evolve(row, entry, keyring) : null;
        }
        return row;
    }

    /** Absent: there was no such account yet. */
    @Nullable
    AccountRow account(String id, Moment moment) {
        AccountRow row = null;
        for (var entry : upTo(id, moment)) {
            row = entry.event() instanceof AccountEvent ? AccountRow.evolve(row, entry, keyring) : null;
        }
        return row;
    }

    @Override
    public String toString() {
        return "Streams[" + byId.keySet() + "]";
    }
}
