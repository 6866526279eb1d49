package io.keyledger.api.token;

import java.util.Set;

/**
 * Moves a token to another account, whose owners manage it from then on. Its value and all that was granted to it stay;
 * what the new account does not hold, it may not do there.
 *
 * @param accountId whose it is now
 * @param newAccountId whose it shall be
 * @param beyond permissions that the new account holds and whoever asks may not hand on: a token with one of them stays
 */
public record TransferToken(String tokenId, String accountId, String newAccountId, Set<String> beyond)
        implements TokenCommand {}
