package io.keyledger.query.record;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * The tree of RFC 6962, section 2.1: its hashes, and the proofs that an entry is in it and that a bigger tree holds a
 * smaller one unchanged. Functions only: the hashes are wherever {@link Subtrees} gets them from.
 */
public final class MerkleTree {

    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    /** The root of the tree without leaves: the hash of nothing. */
    public static final Hash EMPTY = empty();

    private MerkleTree() {}

    /** The roots of complete subtrees. */
    @FunctionalInterface
    public interface Subtrees {

        /** The root over the leaves from {@code index << level} on, {@code 1 << level} of them; level 0 are leaves. */
        Hash at(int level, long index);
    }

    public static Hash leaf(byte[] entry) {
        return Hash.sha256(LEAF, entry);
    }

    public static Hash node(Hash left, Hash right) {
        return Hash.sha256(NODE, left.shared(), right.shared());
    }

    private static Hash empty() {
        try {
            return Hash.of(MessageDigest.getInstance("SHA-256").digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The root of the tree of the first {@code size} leaves. */
    public static Hash root(long size, Subtrees subtrees) {
        return size == 0 ? EMPTY : range(0, size, subtrees);
    }

    /**
     * The audit path of a leaf (RFC 6962, 2.1.1), from its sibling up to the root's child.
     *
     * @throws IllegalArgumentException when the tree has no such leaf
     */
    public static List<Hash> inclusionProof(long index, long size, Subtrees subtrees) {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("a tree of " + size + " leaves has no leaf " + index);
        }
        List<Hash> proof = new ArrayList<>();
        long from = 0;
        long to = size;
        while (to - from > 1) {
            var middle = from + Long.highestOneBit(to - from - 1);
            if (index < middle) {
                proof.add(range(middle, to, subtrees));
                to = middle;
            } else {
                proof.add(range(from, middle, subtrees));
                from = middle;
            }
        }
        return List.copyOf(proof.reversed());
    }

    /**
     * The proof that the tree of {@code size} leaves begins with the one of {@code older} leaves (RFC 6962, 2.1.2).
     * Empty when the older tree is empty or the same.
     *
     * @throws IllegalArgumentException when the older tree is the bigger one
     */
    public static List<Hash> consistencyProof(long older, long size, Subtrees subtrees) {
        if (older < 0 || older > size) {
            throw new IllegalArgumentException("a tree of " + size + " leaves holds none of " + older);
        }
        if (older == 0 || older == size) {
            return List.of();
        }
        List<Hash> proof = new ArrayList<>();
        long from = 0;
        long to = size;
        while (to != older) {
            var middle = from + Long.highestOneBit(to - from - 1);
            if (older <= middle) {
                proof.add(range(middle, to, subtrees));
                to = middle;
            } else {
                proof.add(range(from, middle, subtrees));
                from = middle;
            }
        }
        if (from > 0) {
            // A subtree of the older tree, but not all of it, which who verifies knows already.
            proof.add(range(from, to, subtrees));
        }
        return List.copyOf(proof.reversed());
    }

    /** Leaves of which {@code from} is where a subtree of at least that size begins. */
    private static Hash range(long from, long to, Subtrees subtrees) {
        var frontier = new Frontier();
        while (from < to) {
            var level = 63 - Long.numberOfLeadingZeros(to - from);
            frontier.append(level, subtrees.at(level, from >> level));
            from += 1L << level;
        }
        return frontier.root();
    }

    /** Whether the leaf is the one at this place of the tree with this root (RFC 9162, 2.1.3.2). */
    public static boolean isIncluded(Hash leaf, long index, long size, List<Hash> proof, Hash root) {
        if (index < 0 || index >= size) {
            return false;
        }
        var node = index;
        var last = size - 1;
        var hash = leaf;
        for (var sibling : proof) {
            if (last == 0) {
                return false;
            }
            if ((node & 1) == 1 || node == last) {
                hash = node(sibling, hash);
                while ((node & 1) == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash.equals(root);
    }

    /** Whether the tree with this root begins with the older one, leaf for leaf (RFC 9162, 2.1.4.2). */
    public static boolean isConsistent(long older, Hash olderRoot, long size, Hash root, List<Hash> proof) {
        if (older < 0 || older > size) {
            return false;
        }
        if (older == 0) {
            return proof.isEmpty() && olderRoot.equals(EMPTY) && (size > 0 || root.equals(EMPTY));
        }
        if (older == size) {
            return proof.isEmpty() && olderRoot.equals(root);
        }
        var hashes = new ArrayList<Hash>(proof);
        if (Long.bitCount(older) == 1) {
            hashes.addFirst(olderRoot);
        }
        if (hashes.isEmpty()) {
            return false;
        }
        var node = older - 1;
        var last = size - 1;
        while ((node & 1) == 1) {
            node >>= 1;
            last >>= 1;
        }
        var before = hashes.getFirst();
        var after = hashes.getFirst();
        for (var sibling : hashes.subList(1, hashes.size())) {
            if (last == 0) {
                return false;
            }
            if ((node & 1) == 1 || node == last) {
                before = node(sibling, before);
                after = node(sibling, after);
                while ((node & 1) == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                after = node(after, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && before.equals(olderRoot) && after.equals(root);
    }
}
