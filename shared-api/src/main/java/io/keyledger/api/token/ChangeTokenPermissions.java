package io.keyledger.api.token;

import java.util.Set;

/**
 * Sets what a token may do.
 *
 * @param permissions all of them afterwards; those that are new must be in {@code held}
 * @param held what whoever asks holds now
 */
public record ChangeTokenPermissions(String tokenId, String accountId, Set<String> permissions, Set<String> held)
        implements TokenCommand {}
