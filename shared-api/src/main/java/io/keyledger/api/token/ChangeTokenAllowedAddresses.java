package io.keyledger.api.token;

import java.util.List;

/**
 * Limits from where a token is accepted.
 *
 * @param allowedAddresses ranges in CIDR notation, at most 100; none: from anywhere
 */
public record ChangeTokenAllowedAddresses(String tokenId, String accountId, List<String> allowedAddresses)
        implements TokenCommand {

    @Override
    public String toString() {
        return "ChangeTokenAllowedAddresses[" + tokenId + "]";
    }
}
