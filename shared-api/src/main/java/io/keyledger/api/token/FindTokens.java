package io.keyledger.api.token;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of one account.
 *
 * @param search part of the name or description, ignoring case; absent: all
 * @param unusedFor not used for so long, as far as is known; absent: all
 * @param sort {@code name}, {@code createdAt}, {@code expiresAt} or {@code lastUsedAt}; with {@code -} before it,
 *     descending
 * @param limit 1 to 100
 * @param cursor from the page before; absent: the first page
 * @param position the answer has seen at least the event at this position; absent: whatever is there
 */
public record FindTokens(
        String accountId,
        Set<TokenStatus> statuses,
        @Nullable String search,
        @Nullable Duration unusedFor,
        String sort,
        int limit,
        @Nullable String cursor,
        @Nullable Long position) {

    /** Whenever they were used. */
    public FindTokens(
            String accountId,
            Set<TokenStatus> statuses,
            @Nullable String search,
            String sort,
            int limit,
            @Nullable String cursor,
            @Nullable Long position) {
        this(accountId, statuses, search, null, sort, limit, cursor, position);
    }

    @Override
    public String toString() {
        return "FindTokens[" + accountId + "]";
    }
}
