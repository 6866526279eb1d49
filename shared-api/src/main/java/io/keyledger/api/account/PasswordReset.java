package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** The password was set through a link; all sessions ended. */
@EventType(name = "account.password-reset", revision = 1)
public record PasswordReset(String accountId) implements AccountEvent {}
