package io.keyledger.api.account;

/** Puts the end of a session into the trail. */
public record RecordSignOut(String accountId, String sessionId) implements AccountCommand {}
