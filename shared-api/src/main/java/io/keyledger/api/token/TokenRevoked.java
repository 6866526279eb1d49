package io.keyledger.api.token;

import io.keyledger.api.EventType;

/** A token was ended for good. */
@EventType(name = "token.revoked", revision = 1)
public record TokenRevoked(String tokenId, String accountId) implements TokenEvent {}
