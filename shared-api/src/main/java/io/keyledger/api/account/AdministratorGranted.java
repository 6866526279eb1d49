package io.keyledger.api.account;

import io.keyledger.api.EventType;

/** The account became an administrator. */
@EventType(name = "account.administrator-granted", revision = 1)
public record AdministratorGranted(String accountId) implements AccountEvent {}
