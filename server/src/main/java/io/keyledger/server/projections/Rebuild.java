package io.keyledger.server.projections;

import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.Tables;
import io.keyledger.server.eventstore.LogReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Builds one projection's tables anew from the log, beside the live ones, and puts them in their place. Every step is a
 * transaction that also records how far it has come, so that another process can go on from there.
 *
 * <p>The new tables never read further than the live ones stand, so that both can be compared exactly: in one snapshot,
 * with the events applied that separate them in it.
 */
final class Rebuild {

    private static final String SHADOW = "shadow";

    /** How many events are read at once while nothing else limits it: few enough that three of these fit in memory. */
    private static final int READ = 2_000;

    /** How many events are applied at once when the unique indexes are there. */
    private static final int BATCH = 20_000;

    /** How often it tells how far it is, and looks whether it is to go on. */
    private static final long TOLD_EVERY = Duration.ofSeconds(1).toNanos();

    /** How many events may separate the new tables from the live ones when these are locked. */
    private static final int LAST_STRETCH = 2_000;

    private static final int SWAP_ATTEMPTS = 5;

    /** In this order. */
    enum Phase {
        PREPARING,
        LOADING,
        INDEXING,
        COMPARING,
        SWAPPING;

        static Phase of(String name) {
            return valueOf(name.toUpperCase(Locale.ROOT));
        }

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Somebody asked for it to end. */
    static final class Cancelled extends RuntimeException {
        Cancelled() {
            super("cancelled", null, false, false);
        }
    }

    private final Projection projection;
    private final LogReader log;
    private final LivePlaces places;
    private final Connection writing;
    private final Connection reading;
    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final TransactionTemplate snapshot;
    private final String[] tables;
    private final int backend;
    private Phase phase = Phase.PREPARING;
    private Place place = Place.START;
    private long startedAt = System.nanoTime();
    private long counted;

    /** @param writing holds the lock of rebuilds */
    Rebuild(Projection projection, LogReader log, LivePlaces places, Connection writing, Connection reading) {
        this.projection = projection;
        this.log = log;
        this.places = places;
        this.writing = writing;
        this.reading = reading;
        var dataSource = new SingleConnectionDataSource(writing, true);
        jdbc = JdbcClient.create(dataSource);
        var manager = new DataSourceTransactionManager(dataSource);
        transactions = new TransactionTemplate(manager);
        snapshot = new TransactionTemplate(manager);
        snapshot.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        tables = projection.tables().toArray(String[]::new);
        backend = jdbc.sql("select pg_backend_pid()").query(Integer.class).single();
    }

    /** @throws Cancelled when somebody wanted that */
    void run() throws InterruptedException, SQLException {
        readState();
        if (phase == Phase.PREPARING) {
            prepare();
        }
        if (phase == Phase.LOADING) {
            load();
        }
        if (phase == Phase.INDEXING) {
            index();
        }
        if (phase == Phase.COMPARING) {
            compare();
        }
        swap();
    }

    /** PostgreSQL's id of the session that does the work, so that a statement that takes long can be ended. */
    int backend() {
        return backend;
    }

    private void readState() {
        jdbc.sql("select phase, place, gaps from state.projection_rebuild where projection = ? and state = 'running'")
                .param(projection.name())
                .query((row, _) -> {
                    phase = Phase.of(row.getString("phase"));
                    place = new Place(row.getLong("place"), List.of((Long[])
                            row.getArray("gaps").getArray()));
                    return phase;
                })
                .single();
    }

    private void enter(Phase next) {
        var rows = jdbc.sql("update state.projection_rebuild set phase = ? where projection = ? and state = 'running'"
                        + " and not cancelled")
                .params(next.text(), projection.name())
                .update();
        if (rows == 0) {
            throw new Cancelled();
        }
        phase = next;
    }

    private void checkCancelled() {
        enter(phase);
    }

    private void prepare() {
        transactions.executeWithoutResult(_ -> {
            call("prepare", (Object) tables);
            projection.loadIndexes().forEach(index -> call("add_index", index));
            jdbc.sql("update state.projection_rebuild set place = 0, gaps = '{}', reached = 0, events = 0 where"
                            + " projection = ?")
                    .param(projection.name())
                    .update();
            enter(Phase.LOADING);
        });
        place = Place.START;
    }

    private void call(String function, Object argument) {
        jdbc.sql("select shadow." + function + "(:argument)")
                .param("argument", argument)
                .query(_ -> {});
    }

    private void load() throws InterruptedException, SQLException {
        Place target;
        do {
            target = settled();
            readUntil(target, READ, false);
        } while (settled().index() - target.index() > BATCH);
        enter(Phase.INDEXING);
    }

    private void index() {
        var names = jdbc.sql("""
            select c.relname from pg_index i
                join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
            where t.relnamespace = 'projection'::regnamespace and t.relname = any (:tables) and not i.indisprimary
            order by c.oid\
            """).param("tables", tables).query(String.class).list();
        for (var name : names) {
            checkCancelled();
            call("add_index", Objects.requireNonNull(name));
        }
        call("analyze", (Object) tables);
        enter(Phase.COMPARING);
    }

    // Reading

    /** Up to where every event that will ever be there is there, and in the live tables. */
    private Place settled() throws InterruptedException {
        if (projection.isStreaming()) {
            return places.stored(projection.name(), jdbc);
        }
        // An id that is drawn after an index was seen is higher than those of all that could fill a gap before it.
        var bound = jdbc.sql("""
            select coalesce((select max(global_index) from event.domain_event), 0) as index,
                pg_current_xact_id()::text::bigint as id\
            """)
                .query((row, _) -> new long[] {row.getLong("index"), row.getLong("id")})
                .single();
        while (jdbc.sql("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
                        .query(Long.class)
                        .single()
                < bound[1]) {
            checkCancelled();
            Thread.sleep(Duration.ofMillis(20));
        }
        return bound[0] >= place.index()
                ? new Place(bound[0], List.of())
                : new Place(place.index(), List.copyOf(place.gaps().tailSet(bound[0] + 1)));
    }

    private record Stretch(
            List<LogEntry> entries,
            Keyring keyring,
            Place next,
            @Nullable Throwable failure) {}

    /**
     * One thread reads ahead while this one folds and writes.
     *
     * @param each whether to write after each stretch, and not only when there is much to write
     */
    private void readUntil(Place target, int limit, boolean each) throws InterruptedException {
        if (place.covers(target)) {
            return;
        }
        var start = place;
        var read = new ArrayBlockingQueue<Stretch>(1);
        var reader =
                Thread.ofPlatform().name("rebuild-reader").daemon().start(() -> readAhead(start, target, limit, read));
        try {
            var fold = projection.fold(Tables.beside(jdbc, SHADOW));
            var folded = 0;
            var told = System.nanoTime();
            while (!place.covers(target)) {
                var stretch = read.take();
                if (stretch.failure() != null) {
                    throw stretch.failure() instanceof RuntimeException e
                            ? e
                            : new IllegalStateException(stretch.failure());
                }
                fold.add(stretch.entries(), stretch.keyring());
                folded += stretch.entries().size();
                if (each || fold.isFull() || stretch.next().covers(target)) {
                    var events = folded;
                    transactions.executeWithoutResult(_ -> {
                        fold.write();
                        record(stretch.next(), events);
                    });
                    place = stretch.next();
                    folded = 0;
                } else if (System.nanoTime() - told > TOLD_EVERY) {
                    tell(stretch.next().index(), counted + folded);
                    told = System.nanoTime();
                }
            }
        } finally {
            reader.interrupt();
            reader.join();
        }
    }

    @SuppressWarnings("IllegalCatch") // Whatever it is, the thread that waits has to know.
    private void readAhead(Place start, Place target, int limit, ArrayBlockingQueue<Stretch> read) {
        try {
            var at = start;
            while (!at.covers(target)) {
                var entries = log.read(reading, at.gaps(), at.index(), target.index(), target.gaps(), limit);
                at = entries.size() < limit
                        ? target
                        : at.readOn(entries.getLast().position(), target);
                read.put(new Stretch(entries, projection.keyring(entries), at, null));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException | RuntimeException | Error e) {
            try {
                read.put(new Stretch(List.of(), projection.keyring(List.of()), start, e));
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Everything up to there is in the new tables. */
    private void record(Place next, int events) {
        counted += events;
        jdbc.sql("""
            update state.projection_rebuild set place = :place, gaps = :gaps, events = events + :events
            where projection = :projection and state = 'running'\
            """)
                .param("place", next.index())
                .param("gaps", next.gaps().toArray(Long[]::new))
                .param("events", events)
                .param("projection", projection.name())
                .update();
        tell(next.index(), counted);
    }

    /** @param events that this process has read */
    private void tell(long reached, long events) {
        var seconds = (System.nanoTime() - startedAt) / 1e9;
        var rows = jdbc.sql("""
            update state.projection_rebuild set reached = :reached, target = greatest(target, :reached),
                events_per_second = case when phase = 'loading' then :rate else events_per_second end
            where projection = :projection and state = 'running' and not cancelled\
            """)
                .param("reached", reached)
                .param("rate", events / Math.max(seconds, 0.001))
                .param("projection", projection.name())
                .update();
        if (rows == 0) {
            throw new Cancelled();
        }
    }

    /**
     * Reads what is settled by now. A stretch may end where two have one name for a moment: an event's index is drawn
     * before the unique index of the names has let it pass. Then a longer one ends elsewhere.
     */
    private void catchUp() throws InterruptedException {
        for (var limit = BATCH; ; limit *= 2) {
            var target = settled();
            try {
                readUntil(target, limit, true);
                return;
            } catch (DuplicateKeyException e) {
                if (target.index() - place.index() < limit) {
                    // What is missing to end it was not settled; it is visible by now.
                    return;
                }
            }
        }
    }

    /** Applies what separates the new tables from the live ones, as the transaction under way sees them. */
    private boolean closeUp() {
        var live = places.visible(projection, place, jdbc);
        try {
            var entries = log.read(writing, place.gaps(), place.index(), live.index(), live.gaps(), LAST_STRETCH + 1);
            if (entries.size() > LAST_STRETCH) {
                return false;
            }
            if (!entries.isEmpty()) {
                projection.apply(entries, Tables.beside(jdbc, SHADOW));
            }
            record(live, entries.size());
            closedUpTo = live;
            return true;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Place closedUpTo = Place.START;

    // Comparing

    private void compare() throws InterruptedException {
        var done = false;
        while (!done) {
            checkCancelled();
            catchUp();
            done = Boolean.TRUE.equals(snapshot.execute(this::compareInSnapshot));
        }
        place = closedUpTo;
        phase = Phase.SWAPPING;
    }

    private boolean compareInSnapshot(TransactionStatus transaction) {
        if (!closeUp()) {
            transaction.setRollbackOnly();
            return false;
        }
        jdbc.sql("delete from state.projection_difference where projection = ?")
                .param(projection.name())
                .update();
        for (var table : tables) {
            Differences.record(projection.name(), table, jdbc);
        }
        jdbc.sql("""
            update state.projection_rebuild set differences =
                (select count(*) from state.projection_difference where projection = :projection)
            where projection = :projection\
            """).param("projection", projection.name()).update();
        enter(Phase.SWAPPING);
        return true;
    }

    // Swapping

    private void swap() throws InterruptedException {
        while (true) {
            checkCancelled();
            catchUp();
            try {
                if (Boolean.TRUE.equals(transactions.execute(this::swapNow))) {
                    return;
                }
            } catch (DataAccessException e) {
                // Somebody works with the tables for longer than others should have to wait behind this.
                if (!isLocked(e)) {
                    throw e;
                }
            }
            Thread.sleep(ThreadLocalRandom.current().nextLong(50, 250));
        }
    }

    /** Writers wait from here on, for as long as it takes to apply a few events; readers only at the very end. */
    private boolean swapNow(TransactionStatus transaction) {
        lockLive("exclusive", Duration.ofMillis(100));
        if (!closeUp() || !lockOutReaders(transaction)) {
            transaction.setRollbackOnly();
            return false;
        }
        call("swap", (Object) tables);
        jdbc.sql("""
            update state.projection_rebuild set state = 'succeeded', ended_at = clock_timestamp()
            where projection = ?\
            """).param(projection.name()).update();
        return true;
    }

    private boolean lockOutReaders(TransactionStatus transaction) {
        for (var attempt = 0; attempt < SWAP_ATTEMPTS; attempt++) {
            var savepoint = transaction.createSavepoint();
            try {
                // Look-ups wait behind this for at most as many of these as there are tables; they have half a second.
                lockLive("access exclusive", Duration.ofMillis(50));
                return true;
            } catch (DataAccessException e) {
                if (!isLocked(e)) {
                    throw e;
                }
                transaction.rollbackToSavepoint(savepoint);
            }
        }
        return false;
    }

    /** PostgreSQL's lock_not_available and deadlock_detected. */
    private static boolean isLocked(DataAccessException e) {
        return e.getRootCause() instanceof SQLException cause
                && ("55P03".equals(cause.getSQLState()) || "40P01".equals(cause.getSQLState()));
    }

    private void lockLive(String mode, Duration patience) {
        jdbc.sql("select set_config('lock_timeout', :millis, true)")
                .param("millis", Long.toString(patience.toMillis()))
                .query(String.class)
                .single();
        jdbc.sql("lock table projection." + String.join(", projection.", tables) + " in " + mode + " mode")
                .update();
    }
}
