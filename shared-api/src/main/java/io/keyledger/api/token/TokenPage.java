package io.keyledger.api.token;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some tokens of a list.
 *
 * @param nextCursor where the next page begins; absent on the last one
 */
public record TokenPage(List<TokenDetails> items, @Nullable String nextCursor) {}
