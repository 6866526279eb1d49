package io.keyledger.api.token;

/** Ids of tokens whose time is over and whose {@code token.expired} was not recorded yet, the oldest first. */
public record FindDueTokens(int limit) {}
