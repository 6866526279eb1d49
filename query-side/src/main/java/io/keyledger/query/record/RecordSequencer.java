package io.keyledger.query.record;

import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Gives every event its place in the record, once and for all: appends to the tree, in the order of their global indexes,
 * the events of the closed prefix.
 *
 * <p>A prefix of the log is closed when no event can appear in it any more. Indexes are drawn in rising order, each by a
 * transaction that has an id already; so a transaction id that is drawn after index n was seen is higher than those of all
 * transactions that drew n or a lower index. Once a snapshot's oldest running transaction is not older than that id, all
 * of those have ended: what they have committed is there, and an index without an event stays without one. No clock is
 * asked, and a slow transaction is waited for, however long it takes.
 *
 * <p>One node at a time appends, in one transaction for each batch, by a lock in the database. Whoever has it reads how far
 * the tree has come, so it may be another node each time, and a killed one leaves nothing behind.
 */
public final class RecordSequencer {

    private static final long LOCK = 7_266_013L;

    /** Read, hashed and written in well under a second, and in some megabytes of memory. */
    private static final int BATCH = 10_000;

    /** The first start on an old log has a million events to hash; others have housekeeping to do, too. */
    private static final int BATCHES_AT_ONCE = 5;

    private static final int FETCHED_AT_ONCE = 1_000;

    /** How long who asks for all events waits for transactions that are still open. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Duration PAUSE = Duration.ofMillis(20);

    /** Draws nothing when nothing is new, so that a server that rests does not use up transaction ids. */
    private static final String BOUND = """
        select newest.position, pg_current_xact_id()::text::bigint
        from (select max(global_index) as position from event.domain_event) as newest
        where newest.position > coalesce((select global_index from event.leaf order by index desc limit 1), 0)
        """;

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;
    private final int batch;
    private @Nullable Bound awaited;

    public RecordSequencer(DataSource dataSource, PlatformTransactionManager transactionManager) {
        this(dataSource, transactionManager, BATCH);
    }

    /** @param batch how many events are appended in one transaction */
    public RecordSequencer(DataSource dataSource, PlatformTransactionManager transactionManager, int batch) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.transactions = new TransactionTemplate(transactionManager);
        // Its own: an id that a transaction had before proves nothing, and a batch is there for all when it is done.
        this.transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        this.batch = batch;
    }

    /** Every index up to {@code position} was drawn by a transaction with an id below {@code transactionId}. */
    private record Bound(long position, long transactionId) {}

    private record Tail(long index, long position) {}

    private enum Step {
        /** The tree holds everything up to the bound. */
        DONE,
        /** It does not yet, and may at once. */
        MORE,
        /** Another node is at it, or a transaction is open that could add an event. */
        WAIT
    }

    /** Appends what is closed, some of it if there is much. For one thread, again and again. */
    public void sequence() {
        for (var i = 0; i < BATCHES_AT_ONCE; i++) {
            if (awaited == null) {
                awaited = draw();
            }
            if (awaited == null) {
                return;
            }
            switch (append(awaited, false)) {
                case DONE -> {
                    awaited = null;
                    return;
                }
                case MORE -> {}
                case WAIT -> {
                    return;
                }
            }
        }
    }

    /**
     * Appends everything that is committed now, if no transaction is open that could add an event before it. Such a one is
     * waited for, but not for long.
     *
     * @return whether everything is in the tree
     */
    public boolean catchUp() throws InterruptedException {
        var bound = draw();
        if (bound == null) {
            return true;
        }
        var started = System.nanoTime();
        while (true) {
            switch (append(bound, true)) {
                case DONE -> {
                    return true;
                }
                case MORE -> {}
                case WAIT -> {
                    if (System.nanoTime() - started > PATIENCE.toNanos()) {
                        return false;
                    }
                    TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
                }
            }
        }
    }

    private @Nullable Bound draw() {
        return transactions.execute(_ ->
                jdbc.query(BOUND, row -> row.next() ? new Bound(row.getLong(1), row.getLong(2)) : null));
    }

    private Step append(Bound bound, boolean waitForOthers) {
        return Objects.requireNonNull(transactions.execute(_ -> {
            if (!lock(waitForOthers)) {
                return Step.WAIT;
            }
            var oldestRunning = Objects.requireNonNull(
                    jdbc.queryForObject("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint", Long.class));
            if (oldestRunning < bound.transactionId()) {
                return Step.WAIT;
            }
            return appendUpTo(bound.position()) < batch ? Step.DONE : Step.MORE;
        }));
    }

    private boolean lock(boolean waitForOthers) {
        if (waitForOthers) {
            jdbc.query("select pg_advisory_xact_lock(?)", _ -> {}, LOCK);
            return true;
        }
        return Boolean.TRUE.equals(jdbc.queryForObject("select pg_try_advisory_xact_lock(?)", Boolean.class, LOCK));
    }

    /** @return how many events were appended, a batch at most */
    private int appendUpTo(long position) {
        var tail = jdbc.query(
                "select index, global_index from event.leaf order by index desc limit 1",
                row -> row.next() ? new Tail(row.getLong(1), row.getLong(2)) : new Tail(-1, 0));
        List<Long> positions = new ArrayList<>();
        List<byte[]> hashes = new ArrayList<>();
        List<Integer> levels = new ArrayList<>();
        List<Long> indexes = new ArrayList<>();
        List<byte[]> roots = new ArrayList<>();
        var size = tail.index() + 1;
        var tree = Frontier.at(size, new StoredTree(jdbc), (level, index, root) -> {
            if (level > 0 && level % StoredTree.HEIGHT == 0) {
                levels.add(level);
                indexes.add(index);
                roots.add(root.bytes());
            }
        });
        jdbc.query(
                connection -> {
                    var select = connection.prepareStatement("select " + StoredEvents.COLUMNS
                            + " from event.domain_event where global_index > ? and global_index <= ?"
                            + " order by global_index limit ?");
                    select.setLong(1, tail.position());
                    select.setLong(2, position);
                    select.setInt(3, batch);
                    select.setFetchSize(FETCHED_AT_ONCE);
                    return select;
                },
                row -> {
                    var entry = StoredEvents.entry(row);
                    var hash = entry.hash();
                    positions.add(entry.position());
                    hashes.add(hash.bytes());
                    tree.append(hash);
                });
        jdbc.update(connection -> {
            PreparedStatement insert = connection.prepareStatement("""
                insert into event.leaf (index, global_index, hash)
                select ? + ordinality - 1, position, hash
                from unnest(?::bigint[], ?::bytea[]) with ordinality as appended (position, hash, ordinality)
                """);
            insert.setLong(1, size);
            insert.setArray(2, connection.createArrayOf("bigint", positions.toArray()));
            insert.setArray(3, connection.createArrayOf("bytea", hashes.toArray(byte[][]::new)));
            return insert;
        });
        if (!levels.isEmpty()) {
            jdbc.update(connection -> {
                PreparedStatement insert = connection.prepareStatement("""
                    insert into event.subtree (level, index, hash)
                    select * from unnest(?::smallint[], ?::bigint[], ?::bytea[])
                    """);
                insert.setArray(1, connection.createArrayOf("smallint", levels.toArray()));
                insert.setArray(2, connection.createArrayOf("bigint", indexes.toArray()));
                insert.setArray(3, connection.createArrayOf("bytea", roots.toArray(byte[][]::new)));
                return insert;
            });
        }
        return positions.size();
    }
}
