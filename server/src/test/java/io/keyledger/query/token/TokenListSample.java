package io.keyledger.query.token;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.query.Projection;

/** Hands the projection of this package to tests of others. */
public final class TokenListSample {

    private TokenListSample() {}

    public static Projection projection(PersonalDataKeys keys) {
        return new TokenListProjection(keys);
    }
}
