package io.keyledger.api.account;

/** Ends a person's say over the tokens of a service account. */
public record RemoveAccountOwner(String accountId, String ownerId) implements AccountCommand {}
