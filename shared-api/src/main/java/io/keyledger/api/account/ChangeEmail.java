package io.keyledger.api.account;

import org.jspecify.annotations.Nullable;

/** Gives an account another email address, with which its person signs in from then on. */
public record ChangeEmail(String accountId, @Nullable String email) implements AccountCommand {

    @Override
    public String toString() {
        return "ChangeEmail[" + accountId + "]";
    }
}
