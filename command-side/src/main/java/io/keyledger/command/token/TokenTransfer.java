package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenAction;
import io.keyledger.api.token.TransferToken;
import io.keyledger.command.Commands;
import io.keyledger.command.Receipt;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Moves tokens to service accounts, so that programs go on when a person leaves; for the API and the pages alike.
 * Nothing changes for whoever uses the token, except that it may do no more than its new account holds.
 */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class TokenTransfer {

    private final Commands commands;
    private final QueryGateway queries;
    private final TokenOwners owners;
    private final PermissionCatalogue catalogue;

    TokenTransfer(Commands commands, QueryGateway queries, TokenOwners owners, PermissionCatalogue catalogue) {
        this.commands = commands;
        this.queries = queries;
        this.owners = owners;
        this.catalogue = catalogue;
    }

    /**
     * Moves a token.
     *
     * @param accountId whose it is; absent: the caller's own
     * @param newAccountId an enabled service account whose tokens the caller manages
     * @param version that the token must have; absent: any
     */
    public Receipt transfer(
            Caller caller,
            @Nullable String accountId,
            String tokenId,
            @Nullable String newAccountId,
            @Nullable Long version) {
        var owner = owners.require(caller, accountId, TokenAction.WITHDRAW);
        var target = target(caller, newAccountId);
        return commands.send(
                caller,
                version,
                List.of(new TransferToken(tokenId, owner.accountId(), target.id(), beyond(caller, target))));
    }

    private AccountDetails target(Caller caller, @Nullable String accountId) {
        if (accountId == null) {
            throw new Refusal.Unprocessable("accountId", "required", "Give the id of a service account.");
        }
        try {
            var account = queries.query(new GetAccount(accountId, null), AccountDetails.class)
                    .join();
            TokenAction.CHANGE.require(caller, account);
            if (account.type() == AccountType.SERVICE && account.enabled()) {
                return account;
            }
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof Refusal.NotFound)) {
                throw e;
            }
        } catch (Refusal.NotFound | Refusal.Forbidden _) {
            // The same answer as for an account that is not there.
        }
        throw new Refusal.Unprocessable(
                "accountId",
                "no_such_service_account",
                "Give the id of an enabled service account whose tokens you manage.");
    }

    /** In an administrator's account, what only administrators hold comes to life; nobody grants what they lack. */
    private Set<String> beyond(Caller caller, AccountDetails target) {
        var beyond = new HashSet<>(catalogue.heldBy(target.administrator()));
        beyond.removeAll(catalogue.heldBy(false));
        beyond.removeAll(caller.permissions());
        return beyond;
    }
}
