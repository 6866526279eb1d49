package io.keyledger.api.token;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why a token was ended for good. */
public enum RevocationReason {
    /** Somebody who may do so wanted it. */
    REQUESTED,
    /** Its value was reported as public. */
    LEAKED,
    /** It was not used for as long as the policy allows. */
    UNUSED,
    /** The personal data of its account was erased. */
    ACCOUNT_ERASED;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
