package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/** Records that a token's time was over. It has been refused since that very moment, by the database's clock. */
public record ExpireToken(String tokenId) implements TokenCommand {

    @Override
    public @Nullable String accountId() {
        return null;
    }
}
