package io.keyledger.api.history;

import org.jspecify.annotations.Nullable;

/**
 * What changed between two moments: the accounts and tokens to which something happened after {@code from}, up to and
 * with {@code to}, in the order in which that began. Answered by a {@link ChangePage}.
 *
 * @param accountId only this account and its tokens; absent: all
 * @param limit 1 to 100
 * @param cursor from the page before; absent: the first page
 * @param position the answer has seen at least the event at this position; absent: whatever is there
 */
public record FindChanges(
        AsOf from,
        AsOf to,
        @Nullable String accountId,
        int limit,
        @Nullable String cursor,
        @Nullable Long position) {}
