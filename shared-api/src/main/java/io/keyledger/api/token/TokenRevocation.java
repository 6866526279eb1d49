package io.keyledger.api.token;

import io.keyledger.api.token.TokenUse.UsedAddress;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * That a token was revoked, and what became of it since: for those who deal with a leak.
 *
 * @param revokedAt the time of the event
 * @param position of the event in the log
 * @param reason {@code requested}, {@code leaked} or {@code unused}
 * @param lastAcceptedUse before the revocation; absent: none is known
 * @param unknown times of which it is not known what was seen, and what that leaves open; usually none
 * @param sentence all of this in English
 */
@Schema(name = "TokenRevocation")
public record TokenRevocation(
        String tokenId,
        Instant revokedAt,
        long position,
        String reason,
        RevokedBy revokedBy,
        @Nullable AcceptedUse lastAcceptedUse,
        AcceptedSince acceptedSince,
        RefusedSince refusedSince,
        List<Unknown> unknown,
        String sentence) {

    /** Holds addresses. */
    @Override
    public String toString() {
        return "TokenRevocation[" + tokenId + "]";
    }

    /**
     * Who revoked it.
     *
     * @param type {@code account}, {@code token}, {@code system} or {@code anonymous}
     */
    @Schema(name = "RevokedBy")
    public record RevokedBy(
            String type,
            @Nullable String accountId,
            @Nullable String tokenId) {}

    /**
     * A use that was accepted.
     *
     * @param at when its look-up began
     * @param ipAddress absent: not known
     */
    @Schema(name = "AcceptedUse")
    public record AcceptedUse(Instant at, @Nullable String ipAddress) {

        @Override
        public String toString() {
            return "AcceptedUse[" + at + "]";
        }
    }

    /**
     * Uses that were accepted though their look-ups began after the time of the event.
     *
     * @param count 0, but for look-ups that began before the event was committed; at most ten are counted
     * @param lastAt when the last of them began; absent: there is none
     * @param reason why there can be no other
     */
    @Schema(name = "AcceptedSince")
    public record AcceptedSince(int count, @Nullable Instant lastAt, String reason) {}

    /**
     * Uses that were refused because the token was revoked.
     *
     * @param atLeast those that are counted; see {@link TokenRevocation#unknown}
     * @param addresses the last five that they came from, the latest first
     * @param countedUntil uses until then are counted
     */
    @Schema(name = "RefusedSince")
    public record RefusedSince(long atLeast, List<UsedAddress> addresses, Instant countedUntil) {}

    /**
     * A time of which it is not known what was seen.
     *
     * @param why what happened, and what it leaves open
     */
    @Schema(name = "UnknownTime")
    public record Unknown(Instant from, Instant until, String why) {}
}
