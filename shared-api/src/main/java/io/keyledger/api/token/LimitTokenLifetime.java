package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/** Lets a token end when the policy says that it must at the latest; one that ends earlier stays as it is. */
public record LimitTokenLifetime(String tokenId) implements TokenCommand {

    @Override
    public @Nullable String accountId() {
        return null;
    }
}
