package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** A person no longer manages the tokens of a service account. */
@EventType(name = "account.owner-removed", revision = 1)
public record AccountOwnerRemoved(String accountId, String ownerId) implements AccountEvent {}
