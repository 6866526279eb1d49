package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * How one token of an account is used, if it is this account's.
 *
 * @param position no more than checked: whether a token is there is never behind
 */
public record GetTokenUse(
        String accountId, String tokenId, @Nullable Long position) {}
