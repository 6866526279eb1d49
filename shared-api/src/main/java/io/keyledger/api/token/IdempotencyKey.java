package io.keyledger.api.token;

/**
 * Names one request, so that its repetition creates nothing (IETF draft "The Idempotency-Key HTTP Header Field").
 *
 * @param key as the client sent it, 1 to 255 printable ASCII characters
 * @param requestDigest SHA-256 of what was asked; another one under the same key is refused
 */
public record IdempotencyKey(String key, String requestDigest) {

    @Override
    public String toString() {
        return "IdempotencyKey[***]";
    }
}
