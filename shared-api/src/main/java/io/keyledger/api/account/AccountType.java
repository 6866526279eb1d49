package io.keyledger.api.account;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Who acts with an account. */
public enum AccountType {
    PERSON,
    /** Programs: it cannot sign in, and its owners manage its tokens. */
    SERVICE;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
