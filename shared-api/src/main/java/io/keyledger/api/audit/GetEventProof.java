package io.keyledger.api.audit;

import org.jspecify.annotations.Nullable;

/**
 * The proof that the record holds an event, over the newest checkpoint or one made for it.
 *
 * @param readerId the account that reads
 * @param everything whether the reader sees the whole trail; otherwise only what concerns the reader's account
 * @param position the answer knows whose the event at this position is; absent: what is known already
 */
public record GetEventProof(
        String readerId,
        boolean everything,
        String eventId,
        @Nullable Long position) {}
