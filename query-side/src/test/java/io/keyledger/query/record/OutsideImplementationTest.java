package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.query.record.SignedNote.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Agrees with Go's implementation of signed notes and transparency logs, on data that each made and the other verified;
 * the README beside the data says how.
 */
class OutsideImplementationTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static String resource(String name) throws IOException {
        try (var file = Objects.requireNonNull(OutsideImplementationTest.class.getResourceAsStream(name))) {
            return new String(file.readAllBytes(), UTF_8);
        }
    }

    @Test
    void what_go_signed_we_verify() throws IOException {
        var go = JSON.readTree(resource("go.json"));
        var key = VerifierKey.parse(go.path("VerifierKey").asString());

        assertThat(key).hasToString(go.path("VerifierKey").asString());
        assertThat(go.path("Notes").size()).isEqualTo(6);
        for (var text : go.path("Notes")) {
            var note = SignedNote.parse(text.asString());
            assertThat(note.check(key)).isEqualTo(Check.SIGNED);
            assertThat(note).hasToString(text.asString());
        }
        var checkpoint = SignedNote.parse(go.path("Checkpoint").asString());
        assertThat(checkpoint.check(key)).isEqualTo(Check.SIGNED);
        assertThat(Checkpoint.parse(checkpoint.text()))
                .isEqualTo(new Checkpoint("go.example/log", 17, tree(leaves(go)).getLast()));
    }

    @Test
    void goes_roots_and_proofs_are_ours() throws IOException {
        var go = JSON.readTree(resource("go.json")).path("Tree");
        var leaves = leaves(JSON.readTree(resource("go.json")));
        var roots = tree(leaves);

        for (var size = 1; size <= 17; size++) {
            assertThat(roots.get(size).base64())
                    .isEqualTo(go.path("Roots").path(size).asString());
        }
        assertThat(go.path("Inclusions").size()).isEqualTo(17 * 18 / 2);
        for (var inclusion : go.path("Inclusions")) {
            var size = inclusion.path("Size").asInt();
            var leaf = inclusion.path("Leaf").asInt();
            var proof = hashes(inclusion);
            assertThat(MerkleTree.isIncluded(leaves.get(leaf), leaf, size, proof, roots.get(size)))
                    .isTrue();
            assertThat(MerkleTree.inclusionProof(leaf, size, subtrees(leaves))).isEqualTo(proof);
        }
        assertThat(go.path("Consistencies").size()).isEqualTo(17 * 18 / 2);
        for (var consistency : go.path("Consistencies")) {
            var size = consistency.path("Size").asInt();
            var older = consistency.path("Older").asInt();
            var proof = hashes(consistency);
            assertThat(MerkleTree.isConsistent(older, roots.get(older), size, roots.get(size), proof))
                    .isTrue();
            assertThat(MerkleTree.consistencyProof(older, size, subtrees(leaves)))
                    .isEqualTo(proof);
        }
    }

    @Test
    void what_we_make_is_what_go_verified() throws IOException {
        var ours = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(ours()) + "\n";
        Files.writeString(Path.of("target", "ours.json"), ours);

        assertThat(ours).isEqualTo(resource("ours.json"));
    }

    private static ObjectNode ours() {
        // Of RFC 8032, test 1 of section 7.1.
        var key = new SigningKey(
                new VerifierKey(
                        "keyledger/0123456789abcdef",
                        HexFormat.of().parseHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")),
                HexFormat.of().parseHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        var entries = IntStream.range(0, 17)
                .mapToObj(OutsideImplementationTest::entry)
                .toList();
        var leaves = entries.stream().map(LeafEntry::hash).toList();
        var roots = tree(leaves);

        var ours = JSON.createObjectNode();
        ours.put("VerifierKey", key.verifier().toString());
        var notes = ours.putArray("Notes");
        for (var text : List.of("a text\n", "über zwei\n\nAbsätze — mit Strich\n", "\n")) {
            notes.add(SignedNote.sign(text, key).toString());
        }
        for (var size : List.of(0, 1, 16)) {
            notes.add(checkpoint(key, size, roots).toString());
        }
        var checkpoint = checkpoint(key, 17, roots);
        ours.put("Checkpoint", checkpoint.toString());
        var tree = ours.putObject("Tree");
        var hex = tree.putArray("Leaves");
        entries.forEach(entry -> hex.add(HexFormat.of().formatHex(entry.bytes())));
        var all = tree.putArray("Roots");
        roots.forEach(root -> all.add(root.base64()));
        var inclusions = tree.putArray("Inclusions");
        var consistencies = tree.putArray("Consistencies");
        for (var size = 1; size <= 17; size++) {
            for (var leaf = 0; leaf < size; leaf++) {
                var inclusion = inclusions.addObject().put("Leaf", leaf).put("Size", size);
                add(MerkleTree.inclusionProof(leaf, size, subtrees(leaves)), inclusion.putArray("Hashes"));
            }
            for (var older = 1; older <= size; older++) {
                var consistency = consistencies.addObject().put("Older", older).put("Size", size);
                add(MerkleTree.consistencyProof(older, size, subtrees(leaves)), consistency.putArray("Hashes"));
            }
        }
        ours.put(
                "Proof",
                new InclusionProof(entries.get(11), 11, MerkleTree.inclusionProof(11, 17, subtrees(leaves)), checkpoint)
                        .toString());
        return ours;
    }

    private static SignedNote checkpoint(SigningKey key, int size, List<Hash> roots) {
        return SignedNote.sign(new Checkpoint(key.verifier().name(), size, roots.get(size)).text(), key);
    }

    private static LeafEntry entry(int number) {
        return new LeafEntry(
                number * 2L + 1,
                "event-" + number,
                "tok_" + number,
                number,
                number % 2 == 0 ? "Token" : null,
                Instant.parse("2026-03-03T10:12:44.123456Z").plusMillis(number),
                "token.created",
                "1",
                "{\"number\":%d}".formatted(number).getBytes(UTF_8),
                "{}".getBytes(UTF_8));
    }

    private static void add(List<Hash> hashes, ArrayNode to) {
        hashes.forEach(hash -> to.add(hash.base64()));
    }

    private static List<Hash> leaves(JsonNode data) {
        var leaves = new ArrayList<Hash>();
        for (var leaf : data.path("Tree").path("Leaves")) {
            leaves.add(MerkleTree.leaf(HexFormat.of().parseHex(leaf.asString())));
        }
        return leaves;
    }

    private static List<Hash> hashes(JsonNode proof) {
        var hashes = new ArrayList<Hash>();
        for (var hash : proof.path("Hashes")) {
            hashes.add(Hash.ofBase64(hash.asString()));
        }
        return hashes;
    }

    /** Its roots, by size. */
    private static List<Hash> tree(List<Hash> leaves) {
        var tree = new Frontier();
        var roots = new ArrayList<>(List.of(tree.root()));
        leaves.forEach(leaf -> {
            tree.append(leaf);
            roots.add(tree.root());
        });
        return roots;
    }

    private static MerkleTree.Subtrees subtrees(List<Hash> leaves) {
        return (level, index) -> {
            var subtree = new Frontier();
            leaves.subList((int) index << level, ((int) index + 1) << level).forEach(subtree::append);
            return subtree.root();
        };
    }
}
