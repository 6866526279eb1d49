package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** A session was ended by the person. */
@EventType(name = "account.signed-out", revision = 1)
public record SignedOut(String accountId, String sessionId) implements AccountEvent {}
