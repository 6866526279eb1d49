package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * Records that a token was accepted for the first time.
 *
 * @param request method and path of what it was used for, where a gateway told them
 */
public record RecordFirstTokenUse(
        String tokenId, String accountId, @Nullable String request) {

    @Override
    public String toString() {
        return "RecordFirstTokenUse[" + tokenId + "]";
    }
}
