package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** A person manages the tokens of a service account. */
@EventType(name = "account.owner-added", revision = 1)
public record AccountOwnerAdded(String accountId, String ownerId) implements AccountEvent {}
