package io.keyledger.query.record;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The record's signed heads, in {@code event.checkpoint}. A new one is only signed when the tree still begins with the one
 * before: whoever has altered hashes gets no signature for it.
 */
public final class Checkpoints {

    /** So that, looked at each second, no minute with new events goes without a checkpoint. */
    private static final String DUE = """
        select coalesce((select index + 1 from event.leaf order by index desc limit 1), 0) > coalesce(newest.size, 0)
            and coalesce(newest.created_at < now() - interval '55 seconds', true)
        from (select 1) as always
        left join (select size, created_at from event.checkpoint order by size desc limit 1) as newest on true
        """;

    private final JdbcTemplate jdbc;
    private final RecordKeys keys;
    private final RecordSequencer sequencer;

    public Checkpoints(DataSource dataSource, RecordKeys keys, RecordSequencer sequencer) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.keys = keys;
        this.sequencer = sequencer;
    }

    /** Signs one if there are new events and the newest one is about a minute old. */
    public void signDue() {
        if (Boolean.TRUE.equals(jdbc.queryForObject(DUE, Boolean.class))) {
            sign();
        }
    }

    /**
     * A checkpoint over every event that is committed now; without those after one whose transaction stays open.
     *
     * @throws RecordAltered when the tree no longer begins with the newest checkpoint's
     */
    public SignedNote signNow() throws InterruptedException {
        sequencer.catchUp();
        return sign();
    }

    private SignedNote sign() {
        // In this order: meanwhile another node may append and sign.
        var before = newest();
        var size = size();
        var tree = new StoredTree(jdbc);
        var key = keys.signing();
        if (before.isPresent()) {
            if (before.get().check(key.verifier()) != SignedNote.Check.SIGNED) {
                throw new RecordAltered("The record's newest checkpoint is not signed by its key, " + key.verifier()
                        + ": somebody altered one or the other. Verify it: keyledger audit verify");
            }
            var old = Checkpoint.parse(before.get().text());
            if (old.size() > size || !MerkleTree.root(old.size(), tree).equals(old.root())) {
                throw new RecordAltered("The record's tree no longer begins with its checkpoint of size " + old.size()
                        + ": somebody altered it. Verify it: keyledger audit verify");
            }
            if (old.size() == size) {
                return before.get();
            }
        }
        var note =
                SignedNote.sign(new Checkpoint(key.verifier().name(), size, MerkleTree.root(size, tree)).text(), key);
        // Another node's is the same: so is what is signed, and Ed25519 draws nothing at random.
        jdbc.update(
                "insert into event.checkpoint (size, note) values (?, ?) on conflict do nothing",
                size,
                note.toString());
        return note;
    }

    /**
     * Whether the log's tree begins with what this checkpoint is of. Absent: the log's key has not signed it, and so it says
     * nothing about this log.
     */
    Optional<Boolean> beginsWith(SignedNote kept) {
        return keys.verifier()
                .filter(key -> kept.check(key) == SignedNote.Check.SIGNED)
                .map(_ -> beginsWith(Checkpoint.parse(kept.text())));
    }

    private boolean beginsWith(Checkpoint checkpoint) {
        try {
            return checkpoint.size() <= size()
                    && MerkleTree.root(checkpoint.size(), new StoredTree(jdbc)).equals(checkpoint.root());
        } catch (RecordAltered lacksHashes) {
            return false;
        }
    }

    private long size() {
        return Objects.requireNonNull(
                jdbc.queryForObject("select coalesce(max(index) + 1, 0) from event.leaf", Long.class));
    }

    public Optional<SignedNote> newest() {
        return notes("select note from event.checkpoint order by size desc limit 1").stream()
                .findFirst();
    }

    /** Those of trees bigger than this, the smallest first. */
    public List<SignedNote> after(long size, int limit) {
        return notes("select note from event.checkpoint where size > ? order by size limit ?", size, limit);
    }

    private List<SignedNote> notes(String sql, Object... parameters) {
        return jdbc.query(sql, (row, _) -> SignedNote.parse(row.getString(1)), parameters);
    }
}
