package io.keyledger.query.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * With the published test vectors of RFC 6962's reference implementation (github.com/google/certificate-transparency,
 * cpp/merkletree/merkle_tree_test.cc), whose leaves count from 1, and with bigger trees against the RFC's recursive
 * definitions.
 */
class MerkleTreeTest {

    private static final List<byte[]> INPUTS = Stream.of(
                    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
            .map(HexFormat.of()::parseHex)
            .toList();

    private static final List<Hash> ROOTS = hashes(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    private static final List<Path> PATHS = List.of(
            new Path(1, 1, List.of()),
            new Path(
                    1,
                    8,
                    hashes(
                            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")),
            new Path(
                    6,
                    8,
                    hashes(
                            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")),
            new Path(3, 3, hashes("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")),
            new Path(
                    2,
                    5,
                    hashes(
                            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")));

    private static final List<Path> CONSISTENCIES = List.of(
            new Path(1, 1, List.of()),
            new Path(
                    1,
                    8,
                    hashes(
                            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")),
            new Path(
                    6,
                    8,
                    hashes(
                            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")),
            new Path(
                    2,
                    5,
                    hashes(
                            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")));

    /** @param first a leaf, or the size of the older tree */
    private record Path(int first, int size, List<Hash> hashes) {}

    private static List<Hash> hashes(String... hex) {
        return Stream.of(hex)
                .map(text -> Hash.of(HexFormat.of().parseHex(text)))
                .toList();
    }

    private final List<Hash> leaves = INPUTS.stream().map(MerkleTree::leaf).toList();

    @Test
    void the_published_roots_come_out() {
        assertThat(MerkleTree.EMPTY)
                .isEqualTo(hashes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
                        .getFirst());
        var frontier = new Frontier();
        assertThat(frontier.root()).isEqualTo(MerkleTree.EMPTY);
        for (var i = 0; i < leaves.size(); i++) {
            frontier.append(leaves.get(i));
            assertThat(frontier.root()).isEqualTo(ROOTS.get(i));
            assertThat(MerkleTree.root(i + 1, subtrees(leaves))).isEqualTo(ROOTS.get(i));
        }
    }

    @Test
    void the_published_inclusion_proofs_come_out_and_hold() {
        for (var path : PATHS) {
            assertThat(MerkleTree.inclusionProof(path.first() - 1, path.size(), subtrees(leaves)))
                    .isEqualTo(path.hashes());
            holdsOnlyUnchanged(path.first() - 1, path.size(), path.hashes(), ROOTS.get(path.size() - 1));
        }
    }

    /** What the reference implementation's tests change in a good proof, one at a time. */
    private void holdsOnlyUnchanged(int leaf, int size, List<Hash> proof, Hash root) {
        var hash = leaves.get(leaf);
        assertThat(MerkleTree.isIncluded(hash, leaf, size, proof, root)).isTrue();

        assertThat(MerkleTree.isIncluded(hash, leaf - 1, size, proof, root)).isFalse();
        assertThat(MerkleTree.isIncluded(hash, leaf + 1, size, proof, root)).isFalse();
        assertThat(MerkleTree.isIncluded(hash, leaf ^ 2, size, proof, root)).isFalse();
        assertThat(MerkleTree.isIncluded(hash, leaf, size * 2L, proof, root)).isFalse();
        assertThat(MerkleTree.isIncluded(hash, leaf, size / 2, proof, root)).isFalse();
        assertThat(MerkleTree.isIncluded(MerkleTree.leaf(new byte[] {9}), leaf, size, proof, root))
                .isFalse();
        assertThat(MerkleTree.isIncluded(hash, leaf, size, proof, MerkleTree.EMPTY))
                .isFalse();
        for (var wrong : changed(proof, root)) {
            assertThat(MerkleTree.isIncluded(hash, leaf, size, wrong, root)).isFalse();
        }
    }

    private static List<List<Hash>> changed(List<Hash> proof, Hash another) {
        List<List<Hash>> changed = new ArrayList<>();
        for (var i = 0; i < proof.size(); i++) {
            var altered = new ArrayList<>(proof);
            altered.set(i, MerkleTree.EMPTY);
            changed.add(altered);
        }
        var longer = new ArrayList<>(proof);
        longer.add(another);
        changed.add(longer);
        var shifted = new ArrayList<>(proof);
        shifted.addFirst(another);
        changed.add(shifted);
        if (!proof.isEmpty()) {
            changed.add(proof.subList(0, proof.size() - 1));
        }
        return changed;
    }

    @Test
    void the_published_consistency_proofs_come_out_and_hold() {
        for (var path : CONSISTENCIES) {
            var before = ROOTS.get(path.first() - 1);
            var after = ROOTS.get(path.size() - 1);
            var proof = path.hashes();
            assertThat(MerkleTree.consistencyProof(path.first(), path.size(), subtrees(leaves)))
                    .isEqualTo(proof);
            assertThat(MerkleTree.isConsistent(path.first(), before, path.size(), after, proof))
                    .isTrue();
            if (proof.isEmpty()) {
                continue;
            }
            assertThat(MerkleTree.isConsistent(path.first() - 1, before, path.size(), after, proof))
                    .isFalse();
            assertThat(MerkleTree.isConsistent(path.first() + 1, before, path.size(), after, proof))
                    .isFalse();
            assertThat(MerkleTree.isConsistent(path.first(), before, path.size() * 2L, after, proof))
                    .isFalse();
            assertThat(MerkleTree.isConsistent(path.first(), before, path.size() / 2, after, proof))
                    .isFalse();
            assertThat(MerkleTree.isConsistent(path.first(), before, path.size(), before, proof))
                    .isFalse();
            assertThat(MerkleTree.isConsistent(path.first(), after, path.size(), before, proof))
                    .isFalse();
            assertThat(MerkleTree.isConsistent(path.first(), before, path.size(), after, List.of()))
                    .isFalse();
            for (var wrong : changed(proof, proof.getLast())) {
                assertThat(MerkleTree.isConsistent(path.first(), before, path.size(), after, wrong))
                        .isFalse();
            }
        }
    }

    @Test
    void nothing_is_consistent_with_the_past_only() {
        assertThat(MerkleTree.isConsistent(0, MerkleTree.EMPTY, 0, MerkleTree.EMPTY, List.of()))
                .isTrue();
        assertThat(MerkleTree.isConsistent(0, MerkleTree.EMPTY, 1, ROOTS.getFirst(), List.of()))
                .isTrue();
        assertThat(MerkleTree.isConsistent(0, MerkleTree.EMPTY, 0, ROOTS.getFirst(), List.of()))
                .isFalse();
        assertThat(MerkleTree.isConsistent(1, ROOTS.getFirst(), 0, MerkleTree.EMPTY, List.of()))
                .isFalse();
        assertThat(MerkleTree.isConsistent(1, ROOTS.getFirst(), 2, ROOTS.get(1), List.of()))
                .isFalse();
    }

    @Test
    void trees_of_every_size_are_as_the_rfc_defines_them() {
        List<Hash> many = IntStream.range(0, 70)
                .mapToObj(i -> MerkleTree.leaf(new byte[] {(byte) i}))
                .toList();
        for (var size = 1; size <= many.size(); size++) {
            var tree = many.subList(0, size);
            var root = defined(tree);
            assertThat(MerkleTree.root(size, subtrees(tree))).isEqualTo(root);
            for (var leaf = 0; leaf < size; leaf++) {
                var proof = MerkleTree.inclusionProof(leaf, size, subtrees(tree));
                assertThat(proof).isEqualTo(definedPath(leaf, tree));
                assertThat(MerkleTree.isIncluded(tree.get(leaf), leaf, size, proof, root))
                        .isTrue();
            }
            for (var older = 0; older <= size; older++) {
                var proof = MerkleTree.consistencyProof(older, size, subtrees(tree));
                assertThat(proof).isEqualTo(older == 0 ? List.of() : definedConsistency(older, tree, true));
                assertThat(MerkleTree.isConsistent(older, defined(tree.subList(0, older)), size, root, proof))
                        .isTrue();
            }
        }
    }

    /** MTH of RFC 6962, 2.1. */
    private static Hash defined(List<Hash> leaves) {
        if (leaves.size() < 2) {
            return leaves.isEmpty() ? MerkleTree.EMPTY : leaves.getFirst();
        }
        var half = half(leaves);
        return MerkleTree.node(defined(leaves.subList(0, half)), defined(leaves.subList(half, leaves.size())));
    }

    /** PATH of RFC 6962, 2.1.1. */
    private static List<Hash> definedPath(int leaf, List<Hash> leaves) {
        if (leaves.size() == 1) {
            return List.of();
        }
        var half = half(leaves);
        var left = leaves.subList(0, half);
        var right = leaves.subList(half, leaves.size());
        var path = new ArrayList<>(leaf < half ? definedPath(leaf, left) : definedPath(leaf - half, right));
        path.add(defined(leaf < half ? right : left));
        return path;
    }

    /** SUBPROOF of RFC 6962, 2.1.2. */
    private static List<Hash> definedConsistency(int older, List<Hash> leaves, boolean known) {
        if (older == leaves.size()) {
            return known ? List.of() : List.of(defined(leaves));
        }
        var half = half(leaves);
        var left = leaves.subList(0, half);
        var right = leaves.subList(half, leaves.size());
        var proof = new ArrayList<>(
                older <= half
                        ? definedConsistency(older, left, known)
                        : definedConsistency(older - half, right, false));
        proof.add(defined(older <= half ? right : left));
        return proof;
    }

    private static int half(List<Hash> leaves) {
        return Integer.highestOneBit(leaves.size() - 1);
    }

    @Test
    void a_tree_grows_by_whole_subtrees_too() {
        var frontier = new Frontier();
        frontier.append(2, ROOTS.get(3));
        frontier.append(leaves.get(4));
        frontier.append(leaves.get(5));
        frontier.append(1, MerkleTree.node(leaves.get(6), leaves.get(7)));

        assertThat(frontier.size()).isEqualTo(8);
        assertThat(frontier.root()).isEqualTo(ROOTS.get(7));
    }

    @Test
    void a_subtree_begins_only_where_one_of_its_size_may() {
        var frontier = new Frontier();
        frontier.append(leaves.getFirst());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> frontier.append(1, ROOTS.get(1)))
                .withMessage("no subtree of level 1 begins at leaf 1");
    }

    @Test
    void who_keeps_subtrees_is_told_of_each_when_it_is_complete() {
        List<String> told = new ArrayList<>();
        var frontier = new Frontier((level, index, root) -> {
            told.add(level + "/" + index);
            assertThat(root).isEqualTo(subtrees(leaves).at(level, index));
        });
        leaves.subList(0, 4).forEach(frontier::append);
        frontier.append(1, MerkleTree.node(leaves.get(4), leaves.get(5)));

        assertThat(told).containsExactly("0/0", "0/1", "1/0", "0/2", "0/3", "1/1", "2/0", "1/2");
    }

    @Test
    void a_tree_goes_on_from_subtrees_that_were_kept() {
        for (var size = 0; size < 8; size++) {
            var frontier = Frontier.at(size, subtrees(leaves), (level, index, root) -> {});
            assertThat(frontier.root()).isEqualTo(size == 0 ? MerkleTree.EMPTY : ROOTS.get(size - 1));
            frontier.append(leaves.get(size));
            assertThat(frontier.root()).isEqualTo(ROOTS.get(size));
        }
    }

    @Test
    void there_is_no_proof_for_what_is_not_in_the_tree() {
        assertThatIllegalArgumentException().isThrownBy(() -> MerkleTree.inclusionProof(8, 8, subtrees(leaves)));
        assertThatIllegalArgumentException().isThrownBy(() -> MerkleTree.consistencyProof(9, 8, subtrees(leaves)));
    }

    private static MerkleTree.Subtrees subtrees(List<Hash> leaves) {
        return (level, index) -> defined(leaves.subList((int) index << level, ((int) index + 1) << level));
    }
}
