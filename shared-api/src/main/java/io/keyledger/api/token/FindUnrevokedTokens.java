package io.keyledger.api.token;

/** Ids of an account's tokens that are not revoked, as they are now. */
public record FindUnrevokedTokens(String accountId, int limit) {}
