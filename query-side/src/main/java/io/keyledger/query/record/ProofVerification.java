package io.keyledger.query.record;

import io.keyledger.query.record.ExportVerification.Finding;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Verifies the proof of one event with nothing but the proof: no database, no network, no server. */
public final class ProofVerification {

    private static final String COMPARED = "The checkpoint that it is to be compared with";

    private ProofVerification() {}

    /**
     * What was found.
     *
     * @param event what the proof is about; absent: it is none that can be read
     * @param checkpoint its own; absent: it is none that can be read
     * @param signed whether the key has signed it
     * @param compared how many of the given checkpoints are of the same tree
     * @param finding what is wrong; absent: the event is on record
     */
    public record Result(
            @Nullable Proven event,
            @Nullable Checkpoint checkpoint,
            boolean signed,
            long compared,
            @Nullable Finding finding) {}

    /**
     * The event as the proof holds it.
     *
     * @param leaf where in the tree, from 0
     */
    public record Proven(String eventId, String type, Instant occurredAt, long position, long leaf) {}

    /**
     * Verifies.
     *
     * @param proof a tlog-proof
     * @param key that has to have signed; absent: signatures are not looked at
     * @param outside checkpoints that were kept elsewhere; those of the same size have to be of the same tree
     */
    public static Result verify(String proof, @Nullable VerifierKey key, List<SignedNote> outside) {
        InclusionProof parsed;
        Checkpoint checkpoint;
        try {
            parsed = InclusionProof.parse(proof);
            checkpoint = Checkpoint.parse(parsed.checkpoint().text());
        } catch (IllegalArgumentException e) {
            var kind = InclusionProof.isBegun(proof) ? Finding.Kind.MALFORMED : Finding.Kind.NOT_A_PROOF;
            var text = (kind == Finding.Kind.MALFORMED ? "The proof was cut off or altered. " : "") + e.getMessage();
            return new Result(null, null, false, 0, new Finding(kind, null, text));
        }
        var entry = parsed.entry();
        var event =
                new Proven(entry.eventId(), entry.payloadType(), entry.occurredAt(), entry.position(), parsed.index());
        var finding = check(parsed, checkpoint, key);
        var compared = 0L;
        for (var note : outside) {
            var other = Checkpoint.parse(note.text());
            finding = finding == null ? compare(checkpoint, note, other, key) : finding;
            compared += other.size() == checkpoint.size() ? 1 : 0;
        }
        if (finding == null && compared == 0 && !outside.isEmpty()) {
            finding = new Finding(
                    Finding.Kind.NOT_COMPARABLE,
                    entry.eventId(),
                    "None of the checkpoints to compare with is of %d events, as the proof's is, and of others it says"
                                    .formatted(checkpoint.size())
                            + " nothing.");
        }
        return new Result(event, checkpoint, finding == null && key != null, finding == null ? compared : 0, finding);
    }

    private static @Nullable Finding check(InclusionProof proof, Checkpoint checkpoint, @Nullable VerifierKey key) {
        var signature = key == null
                ? null
                : ExportVerification.checkSignature(proof.checkpoint(), checkpoint, key, "The proof's checkpoint");
        if (signature != null || proof.holds()) {
            return signature;
        }
        return new Finding(
                Finding.Kind.ROOT_DIFFERS,
                proof.entry().eventId(),
                ("Event %s is not on record as leaf %d of %d: the event, its place or a hash of the proof was altered,"
                                + " or the checkpoint is not its own.")
                        .formatted(proof.entry().eventId(), proof.index(), checkpoint.size()));
    }

    private static @Nullable Finding compare(
            Checkpoint checkpoint, SignedNote note, Checkpoint other, @Nullable VerifierKey key) {
        var signature = key == null ? null : ExportVerification.checkSignature(note, other, key, COMPARED);
        if (signature != null) {
            return signature;
        }
        if (!other.origin().equals(checkpoint.origin())) {
            return new Finding(
                    Finding.Kind.FOREIGN_CHECKPOINT,
                    null,
                    "%s is of the log %s, and the proof of %s."
                            .formatted(COMPARED, other.origin(), checkpoint.origin()));
        }
        return other.size() == checkpoint.size() && !other.root().equals(checkpoint.root())
                ? new Finding(
                        Finding.Kind.INCONSISTENT,
                        null,
                        "%s is of %d events, too, and of others: the log was written anew between the two."
                                .formatted(COMPARED, other.size()))
                : null;
    }
}
