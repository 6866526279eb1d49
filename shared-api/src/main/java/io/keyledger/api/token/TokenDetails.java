package io.keyledger.api.token;

import com.fasterxml.jackson.annotation.JsonInclude;
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
 * @param effectivePermissions of those granted, the ones that its account held at that time, in alphabetical order; only
 *     in answers about the past
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
        long version,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> effectivePermissions) {

    /** A token as it is now. */
    public TokenDetails(
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
        this(
                id,
                name,
                description,
                permissions,
                hint,
                status,
                createdAt,
                expiresAt,
                lastUsedAt,
                revokedAt,
                enabled,
                allowedAddresses,
                rotatedAt,
                overlapEndsAt,
                version,
                null);
    }

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
                version,
                effectivePermissions);
    }

    @Override
    public String toString() {
        return "TokenDetails[" + id + "]";
    }
}
