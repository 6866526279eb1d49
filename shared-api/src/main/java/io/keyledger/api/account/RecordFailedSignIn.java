package io.keyledger.api.account;

/** Puts a sign-in that was refused into the trail; the caller bounds how many. */
public record RecordFailedSignIn(String accountId, SignInMethod method) implements AccountCommand {}
