package io.keyledger.api.token;

import io.keyledger.api.EventType;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A token ends at another time than before, or never (absent). */
@EventType(name = "token.expiry-changed", revision = 1)
public record TokenExpiryChanged(
        String tokenId,
        String accountId,
        @Nullable Instant previousExpiresAt,
        @Nullable Instant expiresAt) implements TokenEvent {}
