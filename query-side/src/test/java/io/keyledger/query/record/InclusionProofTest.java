package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InclusionProofTest {

    private final SigningKey key = SigningKey.generate("keyledger/test");
    private final List<LeafEntry> entries = List.of(entry(1), entry(2), entry(4));
    private final InclusionProof proof = proof(1);

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

    private InclusionProof proof(int index) {
        var hashes = entries.stream().map(LeafEntry::hash).toList();
        var tree = new Frontier();
        hashes.forEach(tree::append);
        var left = MerkleTree.node(hashes.get(0), hashes.get(1));
        var note = SignedNote.sign(new Checkpoint("keyledger/test", 3, tree.root()).text(), key);
        return new InclusionProof(
                entries.get(index),
                index,
                MerkleTree.inclusionProof(index, 3, (level, at) -> level == 1 ? left : hashes.get((int) at)),
                note);
    }

    @Test
    void a_proof_is_written_as_a_transparency_log_proof_and_read_again() {
        var text = proof.toString();

        assertThat(text)
                .isEqualTo("c2sp.org/tlog-proof@v1\nextra "
                        + Base64.getEncoder().encodeToString(entries.get(1).bytes()) + "\nindex 1\n"
                        + entries.get(0).hash() + "\n" + entries.get(2).hash() + "\n\n" + proof.checkpoint());
        var read = InclusionProof.parse(text);
        assertThat(read).hasToString(text);
        assertThat(read.holds()).isTrue();
        assertThat(read.entry().eventId()).isEqualTo("event-2");
    }

    @Test
    void a_proof_about_another_entry_does_not_hold() {
        assertThat(proof(0).holds()).isTrue();
        assertThat(new InclusionProof(entries.get(0), 1, proof.hashes(), proof.checkpoint()).holds())
                .isFalse();
        assertThat(new InclusionProof(entries.get(1), 0, proof.hashes(), proof.checkpoint()).holds())
                .isFalse();
    }

    @Test
    void a_tree_of_one_leaf_needs_no_hashes() {
        var only = entries.getFirst();
        var note = SignedNote.sign(new Checkpoint("keyledger/test", 1, only.hash()).text(), key);

        assertThat(InclusionProof.parse(new InclusionProof(only, 0, List.of(), note).toString())
                        .holds())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "c2sp.org/tlog-proof@v1\n",
                "c2sp.org/tlog-proof@v2\nextra AA==\nindex 0\n\nnote",
                "c2sp.org/tlog-proof@v1\nindex 0\n\nnote",
                "c2sp.org/tlog-proof@v1\nextra AA==\nindex -1\n\nnote",
                "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nnote",
                "c2sp.org/tlog-proof@v1\nextra AA==\nindex 0\nAA==\n\nnote",
                "c2sp.org/tlog-proof@v1\nextra AA==\nindex 0\n\nnote"
            })
    void what_is_no_proof_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> InclusionProof.parse(text));
    }
}
