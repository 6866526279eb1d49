package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * Changes or removes a token's description.
 *
 * @param description at most 500 code points; absent or blank: none
 */
public record ChangeTokenDescription(
        String tokenId, String accountId, @Nullable String description) implements TokenCommand {

    @Override
    public String toString() {
        return "ChangeTokenDescription[" + tokenId + "]";
    }
}
