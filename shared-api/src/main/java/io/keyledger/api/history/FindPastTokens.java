package io.keyledger.api.history;

import io.keyledger.api.token.FindTokens;

/**
 * The tokens that an account had at a moment, as they were then. Answered by a {@code TokenPage}; empty before there was
 * the account.
 *
 * @param tokens status, last use and time without use are judged at that moment
 */
public record FindPastTokens(FindTokens tokens, AsOf asOf) {}
