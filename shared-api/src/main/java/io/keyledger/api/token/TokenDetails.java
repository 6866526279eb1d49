package io.keyledger.api.token;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A token as its owner sees it; never its value.
 *
 * @param permissions granted to it, in alphabetical order; what it may do is never more than its account holds now
 * @param hint the value's prefix and last four characters, to recognise it by
 * @param expiresAt absent: never
 * @param lastUsedAt when it was last accepted, up to half a minute late; absent: never
 * @param allowedAddresses ranges in CIDR notation that it is accepted from; none: from anywhere
 * @param rotatedAt when it got its present value; absent: it has its first one
 * @param overlapEndsAt the value before the last rotation is still accepted until then, unless the present one is used
 *     earlier; absent: it is not
 * @param version counts its changes; the entity tag for {@code If-Match}
 */
@Schema(name = "Token")
public record TokenDetails(
        String id,
        String name,
        @Nullable String description,
        List<String> permissions,
        String hint,
        TokenStatus status,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt,
        @Nullable Instant revokedAt,
        boolean enabled,
        List<String> allowedAddresses,
        @Nullable Instant rotatedAt,
        @Nullable Instant overlapEndsAt,
        long version) {

    /** The same token, with what its events do not tell. */
    public TokenDetails lastUsed(@Nullable Instant at) {
        return new TokenDetails(
                id,
                name,
                description,
                permissions,
                hint,
                status,
                createdAt,
                expiresAt,
                at,
                revokedAt,
                enabled,
                allowedAddresses,
                rotatedAt,
                overlapEndsAt,
                version);
    }

    @Override
    public String toString() {
        return "TokenDetails[" + id + "]";
    }
}
