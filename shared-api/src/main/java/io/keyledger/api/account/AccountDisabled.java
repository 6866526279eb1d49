package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** The account was disabled: it, its sessions and its tokens are refused. */
@EventType(name = "account.disabled", revision = 1)
public record AccountDisabled(String accountId) implements AccountEvent {}
