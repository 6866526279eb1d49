package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * Records that a value was refused which its token had before.
 *
 * @param hint of the value
 * @param request method and path of what it was used for, where a gateway told them
 */
public record RecordRetiredTokenValueUse(
        String tokenId,
        String accountId,
        String hint,
        @Nullable String request) {

    @Override
    public String toString() {
        return "RecordRetiredTokenValueUse[" + tokenId + "]";
    }
}
