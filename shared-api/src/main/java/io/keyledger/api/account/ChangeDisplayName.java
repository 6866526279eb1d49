package io.keyledger.api.account;

import org.jspecify.annotations.Nullable;

/** Changes the name that others see. */
public record ChangeDisplayName(String accountId, @Nullable String displayName) implements AccountCommand {

    @Override
    public String toString() {
        return "ChangeDisplayName[" + accountId + "]";
    }
}
