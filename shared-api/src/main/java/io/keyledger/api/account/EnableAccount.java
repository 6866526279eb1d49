package io.keyledger.api.account;

/** Lets a disabled account and its unrevoked tokens work again; its sessions have ended for good. */
public record EnableAccount(String accountId) implements AccountCommand {}
