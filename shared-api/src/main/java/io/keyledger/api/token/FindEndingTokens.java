package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * The account's tokens that end within seven days, the next ones first.
 *
 * @param limit of those that are named; all are counted
 * @param position the answer has seen at least the event at this position; absent: whatever is there
 */
public record FindEndingTokens(
        String accountId, int limit, @Nullable Long position) {}
