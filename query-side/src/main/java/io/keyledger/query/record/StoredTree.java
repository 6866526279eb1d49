package io.keyledger.query.record;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The tree as it is stored, for the length of one task: {@code event.leaf}, and {@code event.subtree} above each 256th of
 * them. Read in tiles of up to 256 hashes that stand beside each other, each once.
 */
final class StoredTree implements MerkleTree.Subtrees {

    /** A tile is this high, and subtrees are stored at each multiple of it. */
    static final int HEIGHT = 8;

    private final JdbcTemplate jdbc;
    private final Map<Tile, List<Hash>> read = new HashMap<>();

    StoredTree(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    private record Tile(int level, long index) {}

    @Override
    public Hash at(int level, long index) {
        var stored = level - level % HEIGHT;
        var within = level - stored;
        var first = index << within;
        var tile = read.computeIfAbsent(new Tile(stored, first >> HEIGHT), this::read);
        var from = (int) (first & 255);
        var to = from + (1 << within);
        if (to > tile.size()) {
            throw new RecordAltered("The record lacks hashes of its tree, at level " + stored + " after "
                    + ((first & ~255L) + tile.size()));
        }
        var subtree = new Frontier();
        tile.subList(from, to).forEach(subtree::append);
        return subtree.root();
    }

    /** The hashes of one tile, up to the first that is missing. */
    List<Hash> tile(int level, long index) {
        return read.computeIfAbsent(new Tile(level * HEIGHT, index), this::read);
    }

    private List<Hash> read(Tile tile) {
        List<Hash> hashes = new ArrayList<>();
        var first = tile.index() << HEIGHT;
        jdbc.query(
                tile.level() == 0
                        ? "select index, hash from event.leaf where index between ? and ? order by index"
                        : "select index, hash from event.subtree where index between ? and ? and level = "
                                + tile.level() + " order by index",
                row -> {
                    if (row.getLong(1) == first + hashes.size()) {
                        hashes.add(Hash.of(row.getBytes(2)));
                    }
                },
                first,
                first + 255);
        return List.copyOf(hashes);
    }
}
