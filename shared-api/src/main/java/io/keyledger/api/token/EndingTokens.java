package io.keyledger.api.token;

import java.util.List;

/**
 * Tokens that end soon.
 *
 * @param items the next ones
 * @param total how many there are, with those that are not named
 */
public record EndingTokens(List<TokenDetails> items, long total) {}
