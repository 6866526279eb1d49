package io.keyledger.api.account;

import io.keyledger.api.EventType;

/**
 * The account's personal data was made unreadable for good, by destroying its data key; from here on the account is
 * refused, and nothing about it changes any more. Its tokens were revoked before, in the same transaction.
 */
@EventType(name = "account.personal-data-erased", revision = 1)
public record PersonalDataErased(String accountId) implements AccountEvent {}
