package io.keyledger.query.record;

import io.keyledger.api.Refusal;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Reads the record for those who hand it out, a part at a time. */
@Component
public final class RecordReader {

    /** A tree keeps what it has read: after so many subtrees it begins anew. */
    private static final int REMEMBERED = 64;

    private final JdbcTemplate jdbc;
    private final Checkpoints checkpoints;

    public RecordReader(JdbcTemplate jdbc, Checkpoints checkpoints) {
        this.jdbc = jdbc;
        this.checkpoints = checkpoints;
    }

    /**
     * An event and its place.
     *
     * @param index of the leaf, from 0
     */
    public record Leaf(long index, LeafEntry entry) {}

    /**
     * A checkpoint over every event that is committed now, but for those behind a transaction that stays open.
     *
     * @throws Refusal when there can be none
     */
    public SignedNote checkpoint() {
        return RecordQueries.signNow(checkpoints);
    }

    /** The position of the last event of a checkpoint; 0: it is of none. */
    public long lastPosition(Checkpoint checkpoint) {
        return jdbc
                .query(
                        "select global_index from event.leaf where index = ?",
                        (row, _) -> row.getLong(1),
                        checkpoint.size() - 1)
                .stream()
                .findFirst()
                .orElse(0L);
    }

    /** The record's tree, in a few megabytes of memory however much of it is asked for. */
    public MerkleTree.Subtrees tree() {
        return new MerkleTree.Subtrees() {
            private StoredTree tree = new StoredTree(jdbc);
            private int asked;

            @Override
            public Hash at(int level, long index) {
                if (++asked % REMEMBERED == 0) {
                    tree = new StoredTree(jdbc);
                }
                return tree.at(level, index);
            }
        };
    }

    /** The next leaves, from an index on. */
    public List<Leaf> leaves(long from, int limit) {
        return jdbc.query(
                "select " + StoredEvents.COLUMNS
                        + ", index from event.domain_event join event.leaf using (global_index)"
                        + " where index >= ? order by index limit ?",
                (row, _) -> new Leaf(row.getLong("index"), StoredEvents.entry(row)),
                from,
                limit);
    }

    /** The events at these positions that are on record. */
    public Map<Long, Leaf> leaves(Collection<Long> positions) {
        var leaves = new HashMap<Long, Leaf>();
        jdbc.query(
                "select " + StoredEvents.COLUMNS
                        + ", index from event.domain_event join event.leaf using (global_index)"
                        + " where global_index = any (?)",
                row -> {
                    leaves.put(row.getLong(1), new Leaf(row.getLong("index"), StoredEvents.entry(row)));
                },
                (Object) positions.toArray(Long[]::new));
        return leaves;
    }
}
