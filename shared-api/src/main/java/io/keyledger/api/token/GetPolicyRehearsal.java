package io.keyledger.api.token;

import org.jspecify.annotations.Nullable;

/**
 * What a policy would do, were it turned on now.
 *
 * @param limit 1 to 100
 * @param cursor from the page before; absent: the first page
 * @param position the answer has seen at least the event at this position; absent: whatever is there
 */
public record GetPolicyRehearsal(
        TokenPolicy policy,
        int limit,
        @Nullable String cursor,
        @Nullable Long position) {}
