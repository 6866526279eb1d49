package io.keyledger.api.history;

import io.keyledger.api.account.AccountType;
import io.keyledger.api.token.TokenDetails;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some tokens that could do something.
 *
 * @param asOf when that was
 * @param configured whether there is such a permission today. If not, these were granted it, and what their accounts held
 *     is not known; a name that nobody ever had has none
 * @param items fewer than asked for, even none, where many tokens had to be looked at: there is more while there is a
 *     cursor
 * @param nextCursor where the next page begins; absent on the last one
 */
public record CapableTokenPage(
        Instant asOf,
        boolean configured,
        List<CapableToken> items,
        @Nullable String nextCursor) {

    /** A token with its account, both as they were then. */
    public record CapableToken(String accountId, AccountType accountType, String accountName, TokenDetails token) {

        @Override
        public String toString() {
            return "CapableToken[" + token.id() + "]";
        }
    }
}
