package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.query.record.ExportVerification.Finding;
import io.keyledger.query.record.ExportVerification.Finding.Kind;
import io.keyledger.query.record.ProofVerification.Proven;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProofVerificationTest {

    private static final String LOG = "keyledger/test";

    private final SigningKey key = SigningKey.generate(LOG);
    private final List<LeafEntry> entries =
            LongStream.rangeClosed(1, 3).mapToObj(ProofVerificationTest::entry).toList();
    private final SignedNote checkpoint = checkpoint(3);
    private final String proof = proof(1).toString();

    private static LeafEntry entry(long position) {
        return new LeafEntry(
                position,
                "event-" + position,
                "tok_1",
                position,
                "Token",
                Instant.EPOCH,
                "token.created",
                "1",
                "{}".getBytes(UTF_8),
                "{}".getBytes(UTF_8));
    }

    private SignedNote checkpoint(int size) {
        var tree = new Frontier();
        entries.subList(0, size).forEach(entry -> tree.append(entry.hash()));
        return SignedNote.sign(new Checkpoint(LOG, size, tree.root()).text(), key);
    }

    private InclusionProof proof(int index) {
        var hashes = entries.stream().map(LeafEntry::hash).toList();
        var left = MerkleTree.node(hashes.get(0), hashes.get(1));
        return new InclusionProof(
                entries.get(index),
                index,
                MerkleTree.inclusionProof(index, 3, (level, at) -> level == 1 ? left : hashes.get((int) at)),
                checkpoint);
    }

    private ProofVerification.Result verify(String text, SignedNote... outside) {
        return ProofVerification.verify(text, key.verifier(), List.of(outside));
    }

    private Finding found(String text, SignedNote... outside) {
        var result = verify(text, outside);
        assertThat(result.signed()).isFalse();
        return Objects.requireNonNull(result.finding());
    }

    @Test
    void an_event_that_is_on_record_is_proven_to_who_has_the_key() {
        IntStream.range(0, 3).forEach(index -> {
            var result = verify(proof(index).toString());

            assertThat(result.finding()).isNull();
            assertThat(result.signed()).isTrue();
            assertThat(result.event())
                    .isEqualTo(new Proven("event-" + (index + 1), "token.created", Instant.EPOCH, index + 1L, index));
        });
        var unsigned = ProofVerification.verify(proof, null, List.of());
        assertThat(unsigned.finding()).isNull();
        assertThat(unsigned.signed()).isFalse();
    }

    @Test
    void an_event_that_was_altered_or_moved_is_not_on_record() {
        var other = entries.get(1);
        var altered = new LeafEntry(
                other.position(),
                other.eventId(),
                other.aggregateId(),
                other.sequenceNumber(),
                other.type(),
                other.occurredAt(),
                "token.revoked",
                other.payloadRevision(),
                other.payload(),
                other.metadata());
        var genuine = proof(1);

        for (var forged : List.of(
                new InclusionProof(altered, 1, genuine.hashes(), checkpoint),
                new InclusionProof(other, 0, genuine.hashes(), checkpoint),
                new InclusionProof(other, 1, genuine.hashes().reversed(), checkpoint),
                new InclusionProof(other, 1, genuine.hashes(), checkpoint(2)))) {
            var finding = found(forged.toString());
            assertThat(finding.kind()).isEqualTo(Kind.ROOT_DIFFERS);
            assertThat(finding.eventId()).isEqualTo("event-2");
            assertThat(finding.text()).startsWith("Event event-2 is not on record as leaf ");
        }
    }

    @Test
    void who_signed_it_is_told_apart() {
        var foreign = SigningKey.generate("keyledger/other").verifier();
        var namesake = SigningKey.generate(LOG).verifier();
        assertThat(ProofVerification.verify(proof, foreign, List.of()).finding())
                .isEqualTo(new Finding(
                        Kind.FOREIGN_CHECKPOINT,
                        null,
                        "The proof's checkpoint is of the log keyledger/test, and the key of keyledger/other."));
        assertThat(Objects.requireNonNull(ProofVerification.verify(proof, namesake, List.of())
                                .finding())
                        .kind())
                .isEqualTo(Kind.NOT_SIGNED);

        // Somebody who has made a tree of their own, and signed nothing.
        var own = new Checkpoint(LOG, 1, entries.get(1).hash());
        var forged =
                new InclusionProof(entries.get(1), 0, List.of(), new SignedNote(own.text(), checkpoint.signatures()));
        assertThat(found(forged.toString()).kind()).isEqualTo(Kind.FORGED);
    }

    @Test
    void checkpoints_of_the_same_size_have_to_be_of_the_same_tree() {
        var compared = verify(proof, checkpoint(2), checkpoint);
        assertThat(compared.finding()).isNull();
        assertThat(compared.compared()).isEqualTo(1);

        var rewritten = SignedNote.sign(new Checkpoint(LOG, 3, MerkleTree.EMPTY).text(), key);
        assertThat(found(proof, rewritten).kind()).isEqualTo(Kind.INCONSISTENT);
        assertThat(found(proof, checkpoint(2)).kind()).isEqualTo(Kind.NOT_COMPARABLE);
        var forged = new SignedNote(new Checkpoint(LOG, 3, MerkleTree.EMPTY).text(), checkpoint.signatures());
        assertThat(found(proof, forged).text()).startsWith("The checkpoint that it is to be compared with is forged");
        var foreign = SignedNote.sign(
                new Checkpoint("keyledger/other", 3, MerkleTree.EMPTY).text(), SigningKey.generate("keyledger/other"));
        assertThat(found(proof, foreign).kind()).isEqualTo(Kind.FOREIGN_CHECKPOINT);
        assertThat(Objects.requireNonNull(ProofVerification.verify(proof, null, List.of(foreign))
                                .finding())
                        .text())
                .isEqualTo(
                        "The checkpoint that it is to be compared with is of the log keyledger/other, and the proof of"
                                + " keyledger/test.");
    }

    @Test
    void a_proof_that_was_cut_off_anywhere_is_said_to_be() {
        var begun = "c2sp.org/tlog-proof@v1\n".length();
        IntStream.range(begun, proof.length())
                .forEach(length -> assertThat(found(proof.substring(0, length)).text())
                        .as("after %d characters", length)
                        .startsWith("The proof was cut off or altered. "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "c2sp.org/tlog-proof@v1", "{\"eventId\":\"1\"}", "keyledger/test\n3\n\nnote\n"})
    void what_is_no_proof_is_said_to_be_none(String text) {
        assertThat(found(text).kind()).isEqualTo(Kind.NOT_A_PROOF);
    }
}
