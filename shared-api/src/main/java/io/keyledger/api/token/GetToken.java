package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * One token of an account, if it is this account's.
 *
 * @param position the answer has seen at least the event at this position; absent: whatever is there
 */
public record GetToken(
        String accountId, String tokenId, @Nullable Long position) {}
