package io.keyledger.api.token;

import io.keyledger.api.EventType;

/** A token that was disabled is accepted again. */
@EventType(name = "token.enabled", revision = 1)
public record TokenEnabled(String tokenId, String accountId) implements TokenEvent {}
