package io.keyledger.api.token;

/** Accepts a token again that was disabled. */
public record EnableToken(String tokenId, String accountId) implements TokenCommand {}
