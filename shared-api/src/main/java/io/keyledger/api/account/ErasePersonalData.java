package io.keyledger.api.account;

import java.util.Set;

/**
 * Erases whoever an account stands for: destroys the data key, forgets what is kept beside the events and ends the
 * account for good. Erasing again does nothing.
 *
 * @param revokedTokens ids of the account's tokens that the same transaction revokes; refused if there are others
 */
public record ErasePersonalData(String accountId, Set<String> revokedTokens) implements AccountCommand {

    public ErasePersonalData {
        revokedTokens = Set.copyOf(revokedTokens);
    }
}
