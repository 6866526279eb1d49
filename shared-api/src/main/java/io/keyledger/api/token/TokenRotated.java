package io.keyledger.api.token;

import io.keyledger.api.EventType;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A token got another value. The value before it stays accepted until the new one is first used, or until
 * {@code overlapEndsAt}, whichever is first.
 *
 * @param digest SHA-256 of the new value, base64
 * @param hint of the new value
 * @param overlapEndsAt absent: no other value than the new one is accepted
 */
@EventType(name = "token.rotated", revision = 1)
public record TokenRotated(
        String tokenId,
        String accountId,
        String digest,
        String hint,
        @Nullable Instant overlapEndsAt) implements TokenEvent {}
