package io.keyledger.api.token;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Whether a token is accepted. */
public enum TokenStatus {
    ACTIVE,
    /** Refused until it is enabled again. */
    DISABLED,
    /** Its time is over; with a new expiry it works again. */
    EXPIRED,
    /** Ended for good. */
    REVOKED;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
