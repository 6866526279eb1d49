package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * The proof that a revoked token of an account is not accepted any more, if it is this account's.
 *
 * @param position no more than checked: the events are never behind
 */
public record GetTokenRevocation(
        String accountId, String tokenId, @Nullable Long position) {}
