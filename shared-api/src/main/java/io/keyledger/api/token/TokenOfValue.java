package io.keyledger.api.token;

/**
 * Which token a value belongs to.
 *
 * @param digest SHA-256 of the value, base64
 * @param hint of the value
 * @param retired whether it is a value from before a rotation, which is not accepted any more
 */
public record TokenOfValue(String tokenId, String accountId, String digest, String hint, boolean retired) {}
