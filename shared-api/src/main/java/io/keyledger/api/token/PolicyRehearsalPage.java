package io.keyledger.api.token;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of the tokens that a policy would end.
 *
 * @param total how many it would end, on all pages
 * @param nextCursor where the next page begins; absent on the last one
 */
public record PolicyRehearsalPage(
        List<TokenBeyondPolicy> items, long total, @Nullable String nextCursor) {}
