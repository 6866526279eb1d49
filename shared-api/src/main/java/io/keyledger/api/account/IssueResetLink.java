package io.keyledger.api.account;

import java.time.Instant;

/**
 * Lets whoever holds a secret set the account's password once, until it expires. A new link ends the one before.
 *
 * @param secretDigest SHA-256 of the secret, base64
 */
public record IssueResetLink(String accountId, String secretDigest, Instant expiresAt) implements AccountCommand {

    @Override
    public String toString() {
        return "IssueResetLink[" + accountId + "]";
    }
}
