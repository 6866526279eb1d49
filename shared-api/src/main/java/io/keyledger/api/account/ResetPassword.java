package io.keyledger.api.account;

/**
 * Sets the password through a link, which is used up by it; all sessions end.
 *
 * @param secretDigest SHA-256 of the link's secret, base64
 */
public record ResetPassword(String accountId, String secretDigest, PasswordHash replacement) implements AccountCommand {

    @Override
    public String toString() {
        return "ResetPassword[" + accountId + "]";
    }
}
