package io.keyledger.api.token;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A token that a policy ends earlier than its owner wants.
 *
 * @param name absent: its list does not show it yet
 * @param hint the value's prefix and last four characters, to recognise it by
 * @param issuedAt when its present value was made, from which its lifetime counts
 * @param expiresAt when it ends without the policy; absent: never
 * @param lastUsedAt absent: never, or not since uses are recorded
 * @param wouldEndAt when it ends with the policy, were that turned on now
 */
public record TokenBeyondPolicy(
        String tokenId,
        String accountId,
        @Nullable String name,
        String hint,
        Instant issuedAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt,
        Instant wouldEndAt,
        Because because) {

    /** Which part of a policy ends a token. */
    public enum Because {
        LIFETIME,
        UNUSED;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public String toString() {
        return "TokenBeyondPolicy[" + tokenId + "]";
    }
}
