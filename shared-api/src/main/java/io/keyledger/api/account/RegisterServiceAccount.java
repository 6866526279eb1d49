package io.keyledger.api.account;

import org.jspecify.annotations.Nullable;

/**
 * Makes an account for programs, which cannot sign in.
 *
 * @param displayName 1 to 100 code points
 */
public record RegisterServiceAccount(
        String accountId, @Nullable String displayName) implements AccountCommand {

    @Override
    public String toString() {
        return "RegisterServiceAccount[" + accountId + "]";
    }
}
