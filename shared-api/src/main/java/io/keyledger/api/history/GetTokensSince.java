package io.keyledger.api.history;

import java.util.List;

/** What became of tokens since a moment. Answered by {@link TokensSince}. */
public record GetTokensSince(List<String> tokenIds, AsOf asOf) {}
