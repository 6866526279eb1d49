package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** Somebody tried to sign in and was refused; kept for a bounded number of tries only. */
@EventType(name = "account.sign-in-failed", revision = 1)
public record SignInFailed(String accountId, SignInMethod method) implements AccountEvent {}
