package io.keyledger.api.token;

import java.util.List;

/**
 * The tokens that have or had one of these values, as they are now; nothing for values that no token ever had.
 *
 * @param digests SHA-256 of each value, base64
 */
public record FindTokensOfValues(List<String> digests) {

    @Override
    public String toString() {
        return "FindTokensOfValues[" + digests.size() + "]";
    }
}
