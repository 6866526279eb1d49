package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * Records that a token's value from before its rotation is not accepted any more, if that is so: because its successor
 * was used, or its time was over.
 *
 * @param usedDigest SHA-256 of the value that was just used, base64; absent: the time was over
 */
public record RetireTokenValue(String tokenId, @Nullable String usedDigest) implements TokenCommand {

    @Override
    public @Nullable String accountId() {
        return null;
    }
}
