package io.keyledger.api.history;

import org.jspecify.annotations.Nullable;

/**
 * The tokens of all accounts that could do something at a moment: accepted then, granted the permission, of an enabled
 * account that held it. In the order of their ids. Answered by a {@link CapableTokenPage}.
 *
 * @param limit 1 to 100
 * @param cursor from the page before; absent: the first page
 * @param position the answer has seen at least the event at this position; absent: whatever is there
 */
public record FindCapableTokens(
        String permission,
        AsOf asOf,
        int limit,
        @Nullable String cursor,
        @Nullable Long position) {}
