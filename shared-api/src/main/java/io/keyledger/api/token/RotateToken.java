package io.keyledger.api.token;

import java.time.Duration;
import java.util.Set;

/**
 * Gives a token a new value. The old one stays accepted until the new one is first used, or until the overlap ends. A
 * new value that nobody has used is replaced by the next rotation, and the overlap begins again: a lost answer harms
 * nobody.
 *
 * @param digest SHA-256 of the new value, base64
 * @param hint the new value's prefix and last four characters
 * @param overlap 0 to 7 days
 * @param held what whoever asks holds now: all that the token may do must be in it, because the value goes to them
 */
public record RotateToken(
        String tokenId, String accountId, String digest, String hint, Duration overlap, Set<String> held)
        implements TokenCommand {

    /** Unless another one is asked for. */
    public static final Duration DEFAULT_OVERLAP = Duration.ofHours(24);

    public static final Duration MAX_OVERLAP = Duration.ofDays(7);

    @Override
    public String toString() {
        return "RotateToken[" + tokenId + "]";
    }
}
