package io.keyledger.api.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Entries of the trail, newest first. Absent filters let everything through.
 *
 * @param readerId the account that reads
 * @param everything whether the reader sees the whole trail; otherwise only what concerns the reader's account
 * @param type for example {@code token.created}
 * @param accountId the account that the event is about
 * @param actor id of the account or token that did it
 * @param after this instant, exclusive
 * @param before this instant, exclusive
 * @param limit 1 to 100
 * @param cursor from the page before; absent: the first page
 * @param position the answer has seen at least the event at this position; absent: whatever is there
 */
public record FindAuditEvents(
        String readerId,
        boolean everything,
        @Nullable String type,
        @Nullable String tokenId,
        @Nullable String accountId,
        @Nullable String actor,
        @Nullable Instant after,
        @Nullable Instant before,
        int limit,
        @Nullable String cursor,
        @Nullable Long position) {}
