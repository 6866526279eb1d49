package io.keyledger.api.token;

/** When a token was last accepted, as far as it was written; nothing for a token that was never used. */
public record GetLastUse(String tokenId) {}
