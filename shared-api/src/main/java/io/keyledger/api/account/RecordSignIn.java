package io.keyledger.api.account;

import org.jspecify.annotations.Nullable;

/**
 * Puts a sign-in that was just verified into the trail.
 *
 * @param sessionId public id of the session it started
 */
public record RecordSignIn(
        String accountId, SignInMethod method, @Nullable String sessionId) implements AccountCommand {}
