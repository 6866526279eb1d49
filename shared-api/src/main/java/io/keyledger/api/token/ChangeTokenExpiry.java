package io.keyledger.api.token;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Sets when a token ends; one that has expired works again.
 *
 * @param expiresAt in the future; absent: never
 */
public record ChangeTokenExpiry(
        String tokenId, String accountId, @Nullable Instant expiresAt) implements TokenCommand {}
