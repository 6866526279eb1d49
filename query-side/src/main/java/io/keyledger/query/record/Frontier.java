package io.keyledger.query.record;

import org.jspecify.annotations.Nullable;

/**
 * A Merkle tree that grows, of which no more is kept than what its root needs: the roots of the biggest complete subtrees,
 * one for each bit of its size. Grows by leaves or by whole subtrees, whose leaves need not be known.
 */
public final class Frontier {

    private final @Nullable Hash[] complete = new @Nullable Hash[64];
    private final Completed completed;
    private long size;

    /** Is told of each subtree when its last leaf is there: of the leaf itself, then of bigger ones. */
    @FunctionalInterface
    public interface Completed {
        /** As in {@link MerkleTree.Subtrees#at}. */
        void subtree(int level, long index, Hash root);
    }

    public Frontier() {
        this((level, index, root) -> {});
    }

    public Frontier(Completed completed) {
        this.completed = completed;
    }

    /** The tree of this size, from roots that are known already. {@code completed} is told of what comes after. */
    public static Frontier at(long size, MerkleTree.Subtrees subtrees, Completed completed) {
        var frontier = new Frontier(completed);
        for (var level = 62; level >= 0; level--) {
            if ((size >> level & 1) == 1) {
                frontier.complete[level] = subtrees.at(level, (size >> level) - 1);
            }
        }
        frontier.size = size;
        return frontier;
    }

    /** How many leaves there are. */
    public long size() {
        return size;
    }

    public void append(Hash leaf) {
        append(0, leaf);
    }

    /**
     * Appends a complete subtree of {@code 1 << level} leaves.
     *
     * @throws IllegalArgumentException when the tree has no such subtree here: its size is no multiple of that one's
     */
    public void append(int level, Hash root) {
        if (level < 0 || level > 62 || (size & ((1L << level) - 1)) != 0) {
            throw new IllegalArgumentException("no subtree of level " + level + " begins at leaf " + size);
        }
        size += 1L << level;
        var at = level;
        var hash = root;
        completed.subtree(at, (size >> at) - 1, hash);
        for (var left = complete[at]; left != null; left = complete[at]) {
            complete[at] = null;
            hash = MerkleTree.node(left, hash);
            at++;
            completed.subtree(at, (size >> at) - 1, hash);
        }
        complete[at] = hash;
    }

    public Hash root() {
        Hash root = null;
        for (var hash : complete) {
            if (hash != null) {
                root = root == null ? hash : MerkleTree.node(hash, root);
            }
        }
        return root == null ? MerkleTree.EMPTY : root;
    }
}
