package io.keyledger.api.token;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates a token whose value only its maker knows.
 *
 * @param tokenId proposed; the answer names another one when this repeats an earlier request
 * @param name 1 to 100 code points, unique among the account's unrevoked tokens, ignoring case
 * @param description at most 500 code points
 * @param permissions of the catalogue, none more than {@code held}
 * @param expiresAt in the future; absent: never
 * @param allowedAddresses ranges in CIDR notation, at most 100; none: from anywhere
 * @param digest SHA-256 of the value, base64
 * @param hint the value's prefix and last four characters
 * @param held what whoever asks holds now
 * @param idempotencyKey of the request, where it has one
 */
public record CreateToken(
        String tokenId,
        String accountId,
        @Nullable String name,
        @Nullable String description,
        Set<String> permissions,
        @Nullable Instant expiresAt,
        List<String> allowedAddresses,
        String digest,
        String hint,
        Set<String> held,
        @Nullable IdempotencyKey idempotencyKey)
        implements TokenCommand {

    @Override
    public String toString() {
        return "CreateToken[" + tokenId + "]";
    }
}
