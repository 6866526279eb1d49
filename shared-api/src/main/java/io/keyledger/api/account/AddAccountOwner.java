package io.keyledger.api.account;

/** Lets a person manage the tokens of a service account. */
public record AddAccountOwner(String accountId, String ownerId) implements AccountCommand {}
