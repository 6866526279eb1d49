package io.keyledger.api.token;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why a token's value is not accepted any more, though the token is. */
public enum RetirementReason {
    /** The value that came after it was used. */
    SUCCESSOR_USED,
    /** Nobody had used the value that came after it, and its time was over. */
    OVERLAP_ENDED,
    /** The token was rotated without an overlap, or again before this value was ever used. */
    REPLACED;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
