package io.keyledger.query;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.TokenAction;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;

/** Whose tokens a request reads. */
public final class TokenAccounts {

    private TokenAccounts() {}

    /**
     * The account whose tokens the caller may read.
     *
     * @param accountId absent: the caller's own
     * @param position as it came in the request
     * @throws Refusal as {@link TokenAction#require} does, which says who may
     */
    public static String readable(
            QueryGateway queries, Caller caller, @Nullable String accountId, @Nullable String position) {
        if (accountId == null) {
            return caller.requirePermission(TokenAction.READ.permission());
        }
        caller.requireAccount();
        var account = queries.query(new GetAccount(accountId, Parameters.position(position)), AccountDetails.class)
                .join();
        TokenAction.READ.require(caller, account);
        return accountId;
    }
}
