package io.keyledger.command.token;

import io.keyledger.api.token.RetirementReason;
import io.keyledger.api.token.RotateToken;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenValueRetired;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The values that a token is known by: the current one and, for a while after a rotation, the one before it. Never more
 * than these two: a current value that was not used when the token is rotated again is taken for lost.
 *
 * @param previous accepted until {@code overlapEndsAt}, unless the current one is used earlier
 * @param rotatedAt when the current value was made; absent: it is the first
 */
record TokenValues(
        Value current,
        @Nullable Value previous,
        @Nullable Instant overlapEndsAt,
        @Nullable Instant rotatedAt) {

    /**
     * One value, as far as it may be known.
     *
     * @param digest SHA-256, base64
     */
    record Value(String digest, String hint) {}

    static TokenValues first(String digest, String hint) {
        return new TokenValues(new Value(digest, hint), null, null, null);
    }

    List<TokenEvent> rotate(TokenState token, RotateToken command, Instant now) {
        var events = new ArrayList<TokenEvent>();
        var overlaps = !command.overlap().isZero();
        if (previous != null) {
            var over = !isOverlapping(now);
            if (over || !overlaps) {
                events.add(
                        retirement(token, previous, over ? RetirementReason.OVERLAP_ENDED : RetirementReason.REPLACED));
            }
            if (!over) {
                // Nobody has used the value that the last rotation made: it was lost on its way.
                events.add(retirement(token, current, RetirementReason.REPLACED));
            }
        }
        if (!overlaps && (previous == null || !isOverlapping(now))) {
            events.add(retirement(token, current, RetirementReason.REPLACED));
        }
        events.add(new TokenRotated(
                token.tokenId(),
                token.accountId(),
                command.digest(),
                command.hint(),
                overlaps ? now.plus(command.overlap()).truncatedTo(ChronoUnit.MILLIS) : null));
        return events;
    }

    List<TokenEvent> retire(TokenState token, @Nullable String usedDigest, Instant now) {
        if (previous == null) {
            return List.of();
        }
        if (current.digest().equals(usedDigest)) {
            return List.of(retirement(token, previous, RetirementReason.SUCCESSOR_USED));
        }
        return isOverlapping(now) ? List.of() : List.of(retirement(token, previous, RetirementReason.OVERLAP_ENDED));
    }

    boolean isAccepted(String digest, Instant now) {
        return current.digest().equals(digest)
                || (previous != null && previous.digest().equals(digest) && isOverlapping(now));
    }

    private boolean isOverlapping(Instant now) {
        return overlapEndsAt != null && overlapEndsAt.isAfter(now);
    }

    private static TokenValueRetired retirement(TokenState token, Value value, RetirementReason reason) {
        return new TokenValueRetired(token.tokenId(), token.accountId(), value.digest(), value.hint(), reason);
    }

    TokenValues rotated(TokenRotated event, Instant at) {
        var made = new Value(event.digest(), event.hint());
        if (event.overlapEndsAt() == null) {
            return new TokenValues(made, null, null, at);
        }
        return new TokenValues(made, previous != null ? previous : current, event.overlapEndsAt(), at);
    }

    TokenValues without(String digest) {
        return previous != null && previous.digest().equals(digest)
                ? new TokenValues(current, null, null, rotatedAt)
                // A current value is retired only with the rotation that follows at once.
                : this;
    }
}
