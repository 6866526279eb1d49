package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** The account was enabled again. */
@EventType(name = "account.enabled", revision = 1)
public record AccountEnabled(String accountId) implements AccountEvent {}
