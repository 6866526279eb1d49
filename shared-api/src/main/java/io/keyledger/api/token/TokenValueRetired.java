package io.keyledger.api.token;

import io.keyledger.api.EventType;

/**
 * A value that a token had is not accepted any more.
 *
 * @param digest SHA-256 of the value, base64
 * @param hint of the value
 */
@EventType(name = "token.value-retired", revision = 1)
public record TokenValueRetired(String tokenId, String accountId, String digest, String hint, RetirementReason reason)
        implements TokenEvent {}
