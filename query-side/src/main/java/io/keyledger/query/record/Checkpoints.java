package io.keyledger.query.record;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The record's signed heads, in {@code event.checkpoint}. A new one is only signed when the tree still begins with the one
 * before: whoever has altered hashes gets no signature for it, nor does it help to remove the one before.
 */
public final class Checkpoints {

    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    /**
     * So that, looked at each second, no minute with new events goes without a checkpoint. One of a bigger tree than there
     * is, is due too: for being refused.
     */
    private static final String DUE = """
        select coalesce((select index + 1 from event.leaf order by index desc limit 1), 0) <> coalesce(newest.size, 0)
            and coalesce(newest.created_at < now() - interval '55 seconds', true)
        from (select 1) as always
        left join (select size, created_at from event.checkpoint order by size desc limit 1) as newest on true
        """;

    private static final String UNSIGNED_AGE = """
        select greatest(0, extract(epoch from clock_timestamp() - occurred_at) * 1000)::bigint
        from event.domain_event
        where global_index > coalesce((
            select global_index from event.leaf where index = (select max(size) - 1 from event.checkpoint)), 0)
        order by global_index limit 1
        """;

    private final JdbcTemplate jdbc;
    private final RecordKeys keys;
    private final RecordSequencer sequencer;
    private final TransactionTemplate transactions;

    /** @param keys over the same connections */
    public Checkpoints(
            DataSource dataSource,
            RecordKeys keys,
            RecordSequencer sequencer,
            PlatformTransactionManager transactionManager) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.keys = keys;
        this.sequencer = sequencer;
        this.transactions = new TransactionTemplate(transactionManager);
        // Its own: others wait to sign until its end.
        this.transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
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
     * @throws RecordAltered when the tree no longer begins with what was signed last
     */
    public SignedNote signNow() throws InterruptedException {
        sequencer.catchUp();
        return sign();
    }

    /** How long ago the oldest event happened that no checkpoint covers, for whatever reason; zero: each is covered. */
    public Duration unsignedAge() {
        return jdbc.query(UNSIGNED_AGE, (row, _) -> Duration.ofMillis(row.getLong(1))).stream()
                .findFirst()
                .orElse(Duration.ZERO);
    }

    private SignedNote sign() {
        return Objects.requireNonNull(transactions.execute(_ -> signAlone()));
    }

    /** While no other node does, by the lock on the key: what it remembers as the last one must stay that. */
    private SignedNote signAlone() {
        var kept = keys.lock();
        var key = kept.key();
        var last = kept.last();
        var before = newest(key.verifier());
        var size = size();
        var tree = new StoredTree(jdbc);
        if (before != null) {
            requireBeginning(size, tree, before);
        }
        if (last != null && !last.equals(before)) {
            requireBeginning(size, tree, last);
            if (before == null || before.size() < last.size()) {
                LOG.error("The record's checkpoint of size {} was deleted; the tree still begins with it", last.size());
            }
        }
        var checkpoint = new Checkpoint(key.verifier().name(), size, MerkleTree.root(size, tree));
        // Of the same tree it is the same, byte for byte: Ed25519 draws nothing at random.
        var note = SignedNote.sign(checkpoint.text(), key);
        if (!checkpoint.equals(before)) {
            jdbc.update(
                    "insert into event.checkpoint (size, note) values (?, ?) on conflict do nothing",
                    size,
                    note.toString());
        }
        if (!checkpoint.equals(last)) {
            keys.keep(key, checkpoint);
        }
        return note;
    }

    /** The newest one that is stored; null: there is none. */
    private @Nullable Checkpoint newest(VerifierKey key) {
        try {
            var note = newest().orElse(null);
            if (note == null) {
                return null;
            }
            if (note.check(key) == SignedNote.Check.SIGNED) {
                return Checkpoint.parse(note.text());
            }
        } catch (IllegalArgumentException malformed) {
            // Said below.
        }
        throw new RecordAltered("The record's newest checkpoint is not signed by its key, " + key
                + ": somebody altered one or the other. Verify it: keyledger audit verify");
    }

    private static void requireBeginning(long size, StoredTree tree, Checkpoint checkpoint) {
        if (checkpoint.size() > size
                || !MerkleTree.root(checkpoint.size(), tree).equals(checkpoint.root())) {
            throw new RecordAltered("The record's tree no longer begins with its checkpoint of size "
                    + checkpoint.size() + ": somebody altered it. Verify it: keyledger audit verify");
        }
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
