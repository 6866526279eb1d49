package io.keyledger.api.account;

/** Email addresses of the people who are told what happens to an account: its own, or its owners'. Enabled ones only. */
public record FindContacts(String accountId) {}
