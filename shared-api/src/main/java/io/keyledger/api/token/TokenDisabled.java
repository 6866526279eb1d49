package io.keyledger.api.token;

import io.keyledger.api.EventType;

/** A token is not accepted until it is enabled again. */
@EventType(name = "token.disabled", revision = 1)
public record TokenDisabled(String tokenId, String accountId) implements TokenEvent {}
