package io.keyledger.api.history;

import io.keyledger.api.token.GetToken;

/** One token of an account as it was at a moment, if it was this account's then. Answered by {@code TokenDetails}. */
public record GetPastToken(GetToken token, AsOf asOf) {}
