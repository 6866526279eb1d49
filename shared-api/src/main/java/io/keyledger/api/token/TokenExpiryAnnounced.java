package io.keyledger.api.token;

import io.keyledger.api.EventType;
import java.time.Instant;

/**
 * The owner was told that a token ends soon.
 *
 * @param daysLeft when it was told: 7 or 1
 */
@EventType(name = "token.expiry-announced", revision = 1)
public record TokenExpiryAnnounced(String tokenId, String accountId, Instant expiresAt, int daysLeft)
        implements TokenEvent {}
