package io.keyledger.api.history;

import java.util.Collection;

/** What accounts were called at a moment. Answered by {@link PastAccountNames}. */
public record GetPastAccountNames(Collection<String> accountIds, AsOf asOf) {}
