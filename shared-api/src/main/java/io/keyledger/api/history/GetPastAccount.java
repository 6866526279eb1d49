package io.keyledger.api.history;

import io.keyledger.api.account.GetAccount;

/** An account as it was at a moment. Answered by {@code AccountDetails}. */
public record GetPastAccount(GetAccount account, AsOf asOf) {}
