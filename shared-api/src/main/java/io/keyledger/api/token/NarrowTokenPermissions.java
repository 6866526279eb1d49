package io.keyledger.api.token;

import java.util.Set;

/**
 * Takes away from a token every permission that it was not used for.
 *
 * @param used those that it was used for; what of these it does not have, it does not get
 */
public record NarrowTokenPermissions(String tokenId, String accountId, Set<String> used) implements TokenCommand {}
