package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.ErasePersonalData;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.RemoveAccountOwner;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.FindUnrevokedTokens;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.command.Commands;
import io.keyledger.command.Receipt;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Erases people: their tokens are revoked, what they own is given up, their sessions end and their data key is destroyed,
 * in one transaction; for the API and the pages alike.
 */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class PersonalDataErasure {

    private static final int OWNED_AT_ONCE = 100;

    private final Commands commands;
    private final QueryGateway queries;
    private final PersonalDataKeys keys;

    PersonalDataErasure(Commands commands, QueryGateway queries, PersonalDataKeys keys) {
        this.commands = commands;
        this.queries = queries;
        this.keys = keys;
    }

    /** Erases the personal data of an account, a service account's name too. Again, it changes nothing. */
    public Receipt erase(Caller caller, String accountId) {
        caller.requireAdministrator();
        return erase(caller, account(accountId));
    }

    /**
     * Erases the caller's own personal data.
     *
     * @param email typed by them, so that nobody does this by mistake
     * @throws Refusal.Unprocessable when it is another one than theirs
     */
    public Receipt eraseOwn(Caller caller, @Nullable String email) {
        var account = account(caller.requirePerson());
        var fields = new Fields();
        var typed = fields.required("email", email);
        fields.refuseIfAny();
        if (account.email() == null || !EmailAddress.key(typed).equals(EmailAddress.key(account.email()))) {
            throw new Refusal.Unprocessable("email", "other_email", "This is not the email address of your account.");
        }
        return erase(caller, account);
    }

    private Receipt erase(Caller caller, AccountDetails account) {
        return commands.send(caller, ErasePersonalData.class, () -> commands(account));
    }

    private List<Object> commands(AccountDetails account) {
        var accountId = account.id();
        // First: from here on nobody makes or takes over a token of this account, so there are no others than these.
        keys.lock(accountId);
        var tokens = queries.query(
                        new FindUnrevokedTokens(accountId, Integer.MAX_VALUE),
                        ResponseTypes.multipleInstancesOf(String.class))
                .join();
        var toSend = new ArrayList<Object>();
        tokens.forEach(token -> toSend.add(new RevokeToken(token, accountId, RevocationReason.ACCOUNT_ERASED)));
        if (account.type() == AccountType.PERSON && !account.erased()) {
            owned(accountId).forEach(service -> toSend.add(new RemoveAccountOwner(service, accountId)));
        }
        toSend.add(new ErasePersonalData(accountId));
        return toSend;
    }

    private List<String> owned(String accountId) {
        var owned = new ArrayList<String>();
        String cursor = null;
        do {
            var page = queries.query(
                            new FindAccounts(null, null, AccountType.SERVICE, accountId, OWNED_AT_ONCE, cursor, null),
                            AccountPage.class)
                    .join();
            page.items().forEach(service -> owned.add(service.id()));
            cursor = page.nextCursor();
        } while (cursor != null);
        return owned;
    }

    private AccountDetails account(String accountId) {
        return queries.query(new GetAccount(accountId, null), AccountDetails.class)
                .join();
    }
}
