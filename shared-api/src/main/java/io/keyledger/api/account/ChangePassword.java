package io.keyledger.api.account;

/**
 * Replaces the password by another one.
 *
 * @param verified the hash that the current password was verified against; refused when it has been replaced meanwhile
 * @param endOtherSessions whether sessions other than the one that asks end
 */
public record ChangePassword(
        String accountId, PasswordHash verified, PasswordHash replacement, boolean endOtherSessions)
        implements AccountCommand {}
