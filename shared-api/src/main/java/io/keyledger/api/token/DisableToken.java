package io.keyledger.api.token;

/** Refuses a token until it is enabled again; when the answer arrives no node accepts it any more. */
public record DisableToken(String tokenId, String accountId) implements TokenCommand {}
