package io.keyledger.api.account;

import org.jspecify.annotations.Nullable;

/** One account, as it is now. */
public record GetAccount(String accountId, @Nullable Long position) {}
