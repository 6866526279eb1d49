package io.keyledger.server.pages;

import io.keyledger.api.ForRole;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.TokenAction;
import io.keyledger.command.token.TokenOwners;
import io.keyledger.command.token.TokenOwners.TokenOwner;
import java.util.List;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.ui.Model;

/**
 * Whose tokens a page is about: one's own, or those of an account that one manages. A list's address names the account;
 * a token's page finds it by the token, so that its address stays when the token moves.
 */
@Component
@ForRole(ForRole.Role.COMMAND)
class ShownAccount {

    private static final String OWN = "/settings/tokens";
    private static final int MOST = 100;

    private final TokenOwners owners;
    private final QueryGateway queries;

    ShownAccount(TokenOwners owners, QueryGateway queries) {
        this.owners = owners;
        this.queries = queries;
    }

    /** @param accountId from the address; absent: the caller's own */
    TokenOwner at(Caller caller, @Nullable String accountId, TokenAction action) {
        var own = caller.requirePerson();
        return owners.require(caller, own.equals(accountId) ? null : accountId, action);
    }

    /** The account that has the token. */
    TokenOwner of(Caller caller, String tokenId, TokenAction action) {
        caller.requirePerson();
        return owners.requireOf(caller, tokenId, action);
    }

    /** Where the list of its tokens is. */
    static String path(Caller caller, TokenOwner owner) {
        return owner.accountId().equals(caller.accountId()) ? OWN : "/accounts/%s/tokens".formatted(owner.accountId());
    }

    /** Tells the page whose tokens these are, what may be done with them, and where the others are. */
    void describe(Caller caller, TokenOwner owner, Model model) {
        var own = owner.accountId().equals(caller.accountId());
        var account = own
                ? null
                : queries.query(new GetAccount(owner.accountId(), null), AccountDetails.class)
                        .join();
        var owned = serviceAccounts(null, caller.requirePerson());
        model.addAttribute("tokensPath", path(caller, owner));
        model.addAttribute("tokensOf", account);
        model.addAttribute(
                "mayChange", account == null || (account.type() == AccountType.SERVICE && !account.erased()));
        model.addAttribute("mayMove", caller.administrator() || !owned.isEmpty());
        model.addAttribute("serviceAccounts", owned);
    }

    /** Where a token of this account can move to; at most 100. */
    List<AccountDetails> targets(Caller caller, TokenOwner owner) {
        return serviceAccounts(true, caller.administrator() ? null : caller.requirePerson()).stream()
                .filter(account -> !account.id().equals(owner.accountId()))
                .toList();
    }

    private List<AccountDetails> serviceAccounts(@Nullable Boolean enabled, @Nullable String ownerId) {
        var query = new FindAccounts(null, enabled, AccountType.SERVICE, ownerId, MOST, null, null);
        return queries.query(query, AccountPage.class).join().items();
    }
}
