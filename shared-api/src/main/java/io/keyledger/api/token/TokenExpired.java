package io.keyledger.api.token;

import io.keyledger.api.EventType;
import java.time.Instant;

/**
 * A token's time was over.
 *
 * @param expiredAt since when it was refused; this event may have been recorded a little later
 */
@EventType(name = "token.expired", revision = 1)
public record TokenExpired(String tokenId, String accountId, Instant expiredAt) implements TokenEvent {}
