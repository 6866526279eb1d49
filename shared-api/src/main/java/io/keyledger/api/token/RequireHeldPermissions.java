package io.keyledger.api.token;

import java.util.Set;

/**
 * Refuses, and changes nothing, when a token that is not accepted now, or whose limits are lifted, may do more than
 * whoever asks. Sent before the change that would bring it back: nobody grants what they do not hold.
 *
 * @param held what whoever asks holds now
 * @param liftsLimits whether the change that follows lets it be used from other addresses
 */
public record RequireHeldPermissions(String tokenId, String accountId, Set<String> held, boolean liftsLimits)
        implements TokenCommand {}
