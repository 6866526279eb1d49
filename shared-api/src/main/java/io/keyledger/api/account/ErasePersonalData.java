package io.keyledger.api.account;

/**
 * Erases whoever an account stands for: destroys the data key, forgets what is kept beside the events and ends the
 * account for good. Erasing again does nothing. Its tokens are revoked in the same transaction, before.
 */
public record ErasePersonalData(String accountId) implements AccountCommand {}
