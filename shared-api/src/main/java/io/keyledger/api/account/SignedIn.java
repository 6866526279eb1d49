package io.keyledger.api.account;

import io.keyledger.api.EventType;
import org.jspecify.annotations.Nullable;

/** The person signed in with email and password. */
@EventType(name = "account.signed-in", revision = 1)
public record SignedIn(
        String accountId, SignInMethod method, @Nullable String sessionId) implements AccountEvent {}
