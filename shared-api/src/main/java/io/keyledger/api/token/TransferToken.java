package io.keyledger.api.token;

/**
 * Moves a token to another account, whose owners manage it from then on.
 *
 * @param accountId whose it is now
 * @param newAccountId whose it shall be
 */
public record TransferToken(String tokenId, String accountId, String newAccountId) implements TokenCommand {}
