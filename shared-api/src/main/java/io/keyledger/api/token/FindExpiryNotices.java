package io.keyledger.api.token;

/** Tokens whose owners are to be told now that they end soon, those that end first at the beginning. */
public record FindExpiryNotices(int limit) {}
