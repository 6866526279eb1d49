package io.keyledger.api.account;

/** Ends being an administrator; the last enabled one stays. */
public record RevokeAdministrator(String accountId) implements AccountCommand {}
