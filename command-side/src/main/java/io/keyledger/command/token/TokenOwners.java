package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.GetTokenAccount;
import io.keyledger.api.token.TokenAction;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Finds whose tokens a request is about; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class TokenOwners {

    private final QueryGateway queries;
    private final PermissionCatalogue catalogue;

    TokenOwners(QueryGateway queries, PermissionCatalogue catalogue) {
        this.queries = queries;
        this.catalogue = catalogue;
    }

    /**
     * The account whose tokens they are.
     *
     * @param held by it now
     */
    public record TokenOwner(String accountId, Set<String> held) {

        /** What the caller may grant to its tokens: no more than they and the account hold. */
        public Set<String> grantable(Caller caller, Set<String> wanted) {
            var grantable = new HashSet<>(caller.permissionsToGrant(wanted));
            grantable.retainAll(held);
            return grantable;
        }
    }

    /**
     * The account, as it is now, if the caller may do this with its tokens.
     *
     * @param accountId absent: the caller's own
     * @throws Refusal as {@link TokenAction#require} does, which says who may
     */
    public TokenOwner require(Caller caller, @Nullable String accountId, TokenAction action) {
        if (accountId == null) {
            return new TokenOwner(caller.requirePermission(action.permission()), caller.permissions());
        }
        caller.requireAccount();
        var account = queries.query(new GetAccount(accountId, null), AccountDetails.class)
                .join();
        action.require(caller, account);
        return new TokenOwner(accountId, catalogue.heldBy(account.administrator()));
    }

    /**
     * The account that has this token, if the caller may do this with it; the caller's own where there is no such token,
     * so that what follows does not find it.
     *
     * @throws Refusal as {@link #require}
     */
    public TokenOwner requireOf(Caller caller, String tokenId, TokenAction action) {
        var accountId = queries.query(new GetTokenAccount(tokenId), ResponseTypes.optionalInstanceOf(String.class))
                .join()
                .orElse(null);
        return require(caller, Objects.equals(accountId, caller.accountId()) ? null : accountId, action);
    }
}
