package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/** Gives a token another name, under the same rules as a new one's. */
public record RenameToken(
        String tokenId, String accountId, @Nullable String name) implements TokenCommand {

    @Override
    public String toString() {
        return "RenameToken[" + tokenId + "]";
    }
}
