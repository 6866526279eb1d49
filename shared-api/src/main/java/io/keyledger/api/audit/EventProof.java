package io.keyledger.api.audit;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;

/**
 * Proves that the record holds an event, to whoever knows the record's verifier key and trusts nobody else: the entry's
 * hash, hashed together with these up to the root, gives the root that the checkpoint signs (RFC 6962, section 2.1.1).
 *
 * @param index of the event's leaf in the tree, from 0
 * @param size of the checkpoint's tree
 * @param entry what the leaf is the hash of: the event as it is stored
 * @param hashes from the leaf's sibling up to the root's child
 * @param checkpoint the signed note (C2SP tlog-checkpoint)
 */
public record EventProof(
        String eventId,
        long index,
        long size,

        @Schema(description = "Base64 of what the leaf is the hash of; docs/record.md says what it holds")
        String entry,

        @Schema(description = "Base64 each, from the leaf's sibling up to the root's child")
        List<String> hashes,

        @Schema(description = "The signed note over the root, as at /.well-known/keyledger/checkpoint")
        String checkpoint) {

    @Override
    public String toString() {
        return "EventProof[" + eventId + "]";
    }
}
