package io.keyledger.api.token;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What is required of every token, whoever owns it.
 *
 * @param maxLifetime the longest time from when a token's present value was made to its end; absent: none
 * @param maxUnused tokens that were not used for so long are revoked; absent: none are
 */
public record TokenPolicy(
        @Nullable Duration maxLifetime, @Nullable Duration maxUnused) {

    public static final Duration SHORTEST = Duration.ofDays(1);
    public static final Duration LONGEST = Duration.ofDays(36_500);

    /** A token that is older than the policy allows when the policy begins does not end before its owner is told. */
    public static final Duration NOTICE = Duration.ofDays(7);

    public TokenPolicy {
        if ((maxLifetime != null && !isValid(maxLifetime)) || (maxUnused != null && !isValid(maxUnused))) {
            throw new IllegalArgumentException("a policy's times are from 1 to 36500 days");
        }
    }

    public static boolean isValid(Duration time) {
        return time.compareTo(SHORTEST) >= 0 && time.compareTo(LONGEST) <= 0;
    }

    /**
     * When a token must end.
     *
     * @param issuedAt when its present value was made
     * @param expiresAt when it ends now; absent: never
     * @return absent: never. Not before {@code expiresAt} if that is nearer than {@link #NOTICE}, so that what the policy
     *     has given it already stays, and does not move on with the time either
     */
    public @Nullable Instant latestEnd(Instant issuedAt, @Nullable Instant expiresAt, Instant now) {
        if (maxLifetime == null) {
            return null;
        }
        var lifetimeEnds = issuedAt.plus(maxLifetime);
        var noticeEnds = now.plus(NOTICE);
        var granted = expiresAt == null || expiresAt.isAfter(noticeEnds) ? noticeEnds : expiresAt;
        return (lifetimeEnds.isAfter(granted) ? lifetimeEnds : granted).truncatedTo(ChronoUnit.MILLIS);
    }
}
