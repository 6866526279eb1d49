package io.keyledger.api.token;

import java.time.Instant;

/**
 * Records that a token's owner is told of its end, once for each time it is told.
 *
 * @param daysLeft 7 or 1
 */
public record AnnounceTokenExpiry(String tokenId, String accountId, Instant expiresAt, int daysLeft) {}
