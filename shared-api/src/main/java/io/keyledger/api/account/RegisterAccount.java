package io.keyledger.api.account;

import org.jspecify.annotations.Nullable;

/**
 * Makes an account.
 *
 * @param email unique, ignoring case
 * @param displayName 1 to 100 code points
 * @param passwordHash absent: it can't sign in until a password is set through a link
 */
public record RegisterAccount(
        String accountId,
        @Nullable String email,
        @Nullable String displayName,
        boolean administrator,
        @Nullable PasswordHash passwordHash)
        implements AccountCommand {

    @Override
    public String toString() {
        return "RegisterAccount[" + accountId + "]";
    }
}
