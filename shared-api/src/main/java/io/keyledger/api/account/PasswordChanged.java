package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** The person changed the password; the old one is refused from then on. */
@EventType(name = "account.password-changed", revision = 1)
public record PasswordChanged(String accountId, boolean otherSessionsEnded) implements AccountEvent {}
