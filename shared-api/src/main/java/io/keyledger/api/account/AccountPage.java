package io.keyledger.api.account;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some accounts of a list.
 *
 * @param nextCursor where the next page begins; absent on the last one
 */
public record AccountPage(
        List<AccountDetails> items, @Nullable String nextCursor) {}
