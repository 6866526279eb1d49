package io.keyledger.api.account;

/** Makes the account an administrator. */
public record GrantAdministrator(String accountId) implements AccountCommand {}
