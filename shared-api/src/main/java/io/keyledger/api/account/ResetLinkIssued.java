package io.keyledger.api.account;

import io.keyledger.api.EventType;
import java.time.Instant;

/** A link was made that sets the password once. */
@EventType(name = "account.reset-link-issued", revision = 1)
public record ResetLinkIssued(String accountId, Instant expiresAt) implements AccountEvent {}
