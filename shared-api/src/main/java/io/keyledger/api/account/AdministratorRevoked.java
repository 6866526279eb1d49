package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** The account is no administrator any more. */
@EventType(name = "account.administrator-revoked", revision = 1)
public record AdministratorRevoked(String accountId) implements AccountEvent {}
