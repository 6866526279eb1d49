package io.keyledger.api.token;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a token is used, as authentication saw it.
 *
 * @param lastUsedAt when it was last accepted; absent: never
 * @param addresses the last five that it was accepted from, the latest first
 * @param days of the last 90 in which it was used, in UTC, the latest first
 * @param permissions all that are granted to it, in alphabetical order
 * @param unspecifiedAt when, within the last 90 days, a service was last told all its permissions without saying which
 *     it needed: by introspection, or as a gateway that asked for none; absent: not in that time
 * @param recordedSince nothing is known of uses before that
 * @param countedUntil uses until then are in these numbers, but for what a node could not write
 */
@Schema(name = "TokenUse")
public record TokenUse(
        String tokenId,
        @Nullable Instant lastUsedAt,
        List<UsedAddress> addresses,
        List<UsedDay> days,
        List<UsedPermission> permissions,
        @Nullable Instant unspecifiedAt,
        Instant recordedSince,
        Instant countedUntil) {

    /** How long a permission counts as used after it was asked for, and how long days are shown. */
    public static final int DAYS = 90;

    /** Holds addresses. */
    @Override
    public String toString() {
        return "TokenUse[" + tokenId + "]";
    }

    /**
     * Where a token was used from.
     *
     * @param ipAddress {@code erased} where the person was
     * @param uses since it is among the last five
     */
    @Schema(name = "UsedAddress")
    public record UsedAddress(String ipAddress, Instant lastAt, long uses) {

        @Override
        public String toString() {
            return "UsedAddress[***]";
        }
    }

    /** How often a token was accepted and refused on a day. */
    @Schema(name = "UsedDay")
    public record UsedDay(LocalDate day, long accepted, long refused) {}

    /**
     * Whether a token needs a permission.
     *
     * @param lastAskedAt when the token was last used for it; absent: never
     * @param asked whether that was in the last 90 days
     */
    @Schema(name = "UsedPermission")
    public record UsedPermission(String name, @Nullable Instant lastAskedAt, boolean asked) {}
}
