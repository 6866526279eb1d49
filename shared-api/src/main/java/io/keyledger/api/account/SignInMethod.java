package io.keyledger.api.account;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How somebody signed in with email and password. */
public enum SignInMethod {
    /** A web session was started. */
    SESSION,
    /** HTTP Basic (RFC 7617), with each request. */
    BASIC;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
