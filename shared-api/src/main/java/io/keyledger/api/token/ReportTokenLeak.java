package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * Records that a value of the token was found in public, and revokes the token unless the value was retired before.
 *
 * @param digest SHA-256 of the value, base64
 * @param hint of the value
 * @param source who reports it, for example {@code github}; absent: somebody unknown
 * @param url where it was found, at most 500 code points
 */
public record ReportTokenLeak(
        String tokenId,
        String digest,
        String hint,
        @Nullable String source,
        @Nullable String url) implements TokenCommand {

    @Override
    public @Nullable String accountId() {
        return null;
    }

    @Override
    public String toString() {
        return "ReportTokenLeak[" + tokenId + "]";
    }
}
