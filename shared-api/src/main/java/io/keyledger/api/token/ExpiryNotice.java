package io.keyledger.api.token;

import java.time.Instant;
import java.util.List;

/**
 * That a token ends soon, for those who can do something about it.
 *
 * @param hint the value's prefix and last four characters, to recognise it by
 * @param daysLeft 7 or 1
 * @param ofPerson whether its owner is a person; otherwise a service account
 * @param emails of its owner, or of those who manage the service account
 */
public record ExpiryNotice(
        String tokenId,
        String accountId,
        String name,
        String hint,
        Instant expiresAt,
        int daysLeft,
        boolean ofPerson,
        List<String> emails) {

    @Override
    public String toString() {
        return "ExpiryNotice[" + tokenId + "]";
    }
}
