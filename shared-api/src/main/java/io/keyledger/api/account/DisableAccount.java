package io.keyledger.api.account;

/** Refuses the account, its sessions and all its tokens from now on, until it is enabled again. */
public record DisableAccount(String accountId) implements AccountCommand {}
