package io.keyledger.api.token;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;

/** What is done with an account's tokens: here alone is decided by whom. */
public enum TokenAction {
    READ(Permission.TOKENS_READ),
    /** Create, change, rotate. */
    CHANGE(Permission.TOKENS_WRITE),
    /** Revoke, or move to a service account. */
    WITHDRAW(Permission.TOKENS_WRITE);

    private final String permission;

    TokenAction(String permission) {
        this.permission = permission;
    }

    /** What somebody's own account or token needs for this. */
    public String permission() {
        return permission;
    }

    /**
     * Lets pass: the account itself and the owners of a service account, by a token only with the permission for this;
     * a token with {@code accounts:provision}, unless the account is an administrator's; administrators, as persons,
     * who do everything with service accounts and only see and withdraw the tokens of other persons.
     *
     * @throws Refusal.NotFound for all others: an account that they do not manage is not there for them
     */
    public void require(Caller caller, AccountDetails account) {
        var asking = caller.requireAccount();
        var own = account.id().equals(asking) || account.owners().contains(asking);
        if (own && caller.permissions().contains(permission)) {
            caller.requirePermission(permission);
            return;
        }
        if (caller.kind() == Caller.Kind.TOKEN) {
            if (caller.permissions().contains(Permission.ACCOUNTS_PROVISION)) {
                caller.requirePermission(Permission.ACCOUNTS_PROVISION);
                account.requireChangeableBy(caller);
                return;
            }
        } else if (caller.administrator()) {
            if (this == CHANGE && account.type() == AccountType.PERSON) {
                throw new Refusal.Forbidden(
                        "not_your_tokens", "You may see and revoke other people's tokens, not create or change them.");
            }
            return;
        }
        if (own) {
            caller.requirePermission(permission);
        }
        throw new Refusal.NotFound("account_not_found", "There is no account with this id.");
    }
}
