package io.keyledger.server.projections;

import com.fasterxml.jackson.annotation.JsonValue;
import io.keyledger.api.Refusal;
import io.keyledger.query.Projection;
import io.keyledger.server.eventstore.LogReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.axonframework.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Builds projections anew while they serve: one at a time over all processes, by the process that holds a lock of the
 * database. When that one dies, another carries on from the last step.
 */
public final class Rebuilds implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Rebuilds.class);

    private static final String LOCK = "select pg_try_advisory_lock(hashtext('keyledger.rebuild'))";
    private static final String WAIT_FOR_LOCK = "select pg_advisory_xact_lock(hashtext('keyledger.rebuild'))";
    private static final String UNLOCK = "select pg_advisory_unlock(hashtext('keyledger.rebuild'))";

    /** SQLSTATE disk_full. */
    private static final String DISK_FULL = "53100";

    private final List<Projection> projections;
    private final LogReader log;
    private final LivePlaces places;
    private final Connections connections;
    private final JdbcClient jdbc;
    private @Nullable Thread worker;
    private @Nullable Rebuild working;
    private boolean again;
    private boolean closed;

    /** Opens connections that belong to no pool: a rebuild keeps its own, and its statements may take minutes. */
    @FunctionalInterface
    public interface Connections {
        Connection open() throws SQLException;
    }

    /** @param tokens the serializer of the token store */
    public Rebuilds(
            List<Projection> projections, LogReader log, Serializer tokens, Connections connections, JdbcClient jdbc) {
        this.projections = projections;
        this.log = log;
        this.places = new LivePlaces(tokens);
        this.connections = connections;
        this.jdbc = jdbc;
    }

    /** What became of a rebuild. */
    public enum State {
        RUNNING,
        SUCCEEDED,
        FAILED,
        CANCELLED;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The last rebuild of a projection.
     *
     * @param phase what it does, or did at last: preparing, loading, indexing, comparing, swapping
     * @param startedBy account id; absent: the system
     * @param position up to where it has read the log
     * @param target up to where it has to
     * @param events that it has read
     * @param eventsPerSecond while it loads; absent before
     * @param secondsLeft until everything is loaded, as it looks now; absent where nobody knows
     * @param differences found between the live tables and the events; absent until they were compared
     * @param error why it failed
     */
    public record Status(
            String projection,
            State state,
            String phase,
            @Nullable String startedBy,
            Instant startedAt,
            @Nullable Instant endedAt,
            long position,
            long target,
            long events,
            @Nullable Double eventsPerSecond,
            @Nullable Long secondsLeft,
            @Nullable Long differences,
            @Nullable String error) {

        /** From 0 to 100. */
        public int percent() {
            return state == State.SUCCEEDED || target == 0 ? 100 : (int) Math.min(99, 100 * position / target);
        }
    }

    /**
     * A row that the live table and the events told differently.
     *
     * @param number for the next page
     * @param key the row's primary key, as JSON
     * @param kind missing: the live table lacked it; extra: the events do not tell it; different
     * @param columns those that differed
     */
    public record Difference(long number, String table, String key, String kind, List<String> columns) {}

    public List<String> names() {
        return projections.stream().map(Projection::name).sorted().toList();
    }

    /**
     * Starts to build a projection anew, in the background.
     *
     * @param by account id; absent: the system
     * @throws Refusal.NotFound when there is no such projection
     * @throws Refusal.Conflict while any is being rebuilt
     */
    public Status start(String name, @Nullable String by) {
        projection(name);
        try {
            var rows = jdbc.sql("""
                insert into state.projection_rebuild (projection, rebuild_id, state, phase, started_by, target)
                values (:name, :id, 'running', 'preparing', :by,
                    (select coalesce(max(global_index), 0) from event.domain_event))
                on conflict (projection) do update set (rebuild_id, state, phase, started_by, target, started_at, ended_at,
                    place, gaps, reached, events, events_per_second, differences, error, cancelled)
                    = (excluded.rebuild_id, excluded.state, excluded.phase, excluded.started_by, excluded.target,
                        clock_timestamp(), null, 0, '{}', 0, 0, null, null, null, false)
                where projection_rebuild.state <> 'running'\
                """)
                    .param("name", name)
                    .param("id", UUID.randomUUID())
                    .param("by", by)
                    .update();
            if (rows == 0) {
                throw running();
            }
        } catch (DuplicateKeyException e) {
            throw running();
        }
        work();
        return status(name).orElseThrow();
    }

    private Refusal running() {
        return new Refusal.Conflict(
                "rebuild_running",
                "One projection is rebuilt at a time, and it is %s now. Wait for its end, or cancel it."
                        .formatted(unfinished().orElse("another")));
    }

    /** The projection whose rebuild has not ended: some process is at it, or has left it. */
    public Optional<String> unfinished() {
        return unfinished(jdbc);
    }

    private static Optional<String> unfinished(JdbcClient jdbc) {
        return jdbc.sql("select projection from state.projection_rebuild where state = 'running'")
                .query(String.class)
                .optional();
    }

    /** @throws Refusal.NotFound when there is no such projection */
    public Projection projection(String name) {
        return projections.stream()
                .filter(projection -> projection.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new Refusal.NotFound(
                        "projection_not_found",
                        "There is no such projection. There are: %s."
                                .formatted(names().stream().collect(Collectors.joining(", ")))));
    }

    /**
     * The last rebuild; nothing where there never was one.
     *
     * @throws Refusal.NotFound when there is no such projection
     */
    public Optional<Status> status(String name) {
        projection(name);
        return jdbc.sql("select * from state.projection_rebuild where projection = ?")
                .param(name)
                .query((row, _) -> {
                    var ended = row.getTimestamp("ended_at");
                    var state = State.valueOf(row.getString("state").toUpperCase(Locale.ROOT));
                    var rate = row.getObject("events_per_second", Double.class);
                    var reached = row.getLong("reached");
                    var target = row.getLong("target");
                    return new Status(
                            name,
                            state,
                            row.getString("phase"),
                            row.getString("started_by"),
                            row.getTimestamp("started_at").toInstant(),
                            ended == null ? null : ended.toInstant(),
                            reached,
                            target,
                            row.getLong("events"),
                            rate,
                            state != State.RUNNING || rate == null || rate < 1
                                    ? null
                                    : (long) Math.ceil((target - reached) / rate),
                            row.getObject("differences", Long.class),
                            row.getString("error"));
                })
                .optional();
    }

    /** @param after number of the last one of the page before; 0: from the start */
    public List<Difference> differences(String name, long after, int limit) {
        projection(name);
        return jdbc.sql("""
            select number, table_name, key::text, kind, columns from state.projection_difference
            where projection = ? and number > ? order by number limit ?\
            """)
                .params(name, after, limit)
                .query((row, _) -> new Difference(
                        row.getLong(1), row.getString(2), row.getString(3), row.getString(4), List.of((String[])
                                row.getArray(5).getArray())))
                .list();
    }

    /**
     * Ends a rebuild and leaves the live tables as they are. It may take a moment, and one that is done meanwhile stays
     * done.
     *
     * @throws Refusal.Conflict when none of this projection runs
     */
    public void cancel(String name) {
        projection(name);
        if (jdbc.sql("update state.projection_rebuild set cancelled = true where projection = ? and state = 'running'")
                        .param(name)
                        .update()
                == 0) {
            throw new Refusal.Conflict("rebuild_not_running", "This projection is not being rebuilt.");
        }
        resume();
    }

    /**
     * Ends a rebuild that has not ended, whoever is at it or has left it, and leaves the live tables as they are.
     *
     * @param transaction over the same connections; none is under way
     */
    public static void endUnfinished(JdbcClient jdbc, TransactionTemplate transaction) {
        // Whoever is at it stops at that, within seconds, and lets go of the lock.
        jdbc.sql("update state.projection_rebuild set cancelled = true where state = 'running'")
                .update();
        transaction.executeWithoutResult(_ -> {
            jdbc.sql(WAIT_FOR_LOCK).query(_ -> {});
            unfinished(jdbc).ifPresent(name -> end(name, State.CANCELLED, null, jdbc));
        });
    }

    /** Carries on what a process that is gone has left, and ends what was cancelled; to be called every few seconds. */
    public void resume() {
        var cancelled = jdbc.sql("select cancelled from state.projection_rebuild where state = 'running'")
                .query(Boolean.class)
                .optional();
        if (cancelled.isEmpty()) {
            return;
        }
        if (cancelled.get()) {
            interruptStatement();
        }
        work();
    }

    private synchronized void interruptStatement() {
        if (working != null) {
            jdbc.sql("select pg_cancel_backend(?)")
                    .param(working.backend())
                    .query(Boolean.class)
                    .single();
        }
    }

    private synchronized void work() {
        again = worker != null;
        if (worker == null && !closed) {
            worker = Thread.ofPlatform().name("rebuild").daemon().start(this::workAndLeave);
        }
    }

    private void workAndLeave() {
        do {
            workOnce();
        } while (isWantedAgain());
    }

    /** Whether one was started while this thread was about to end. */
    private synchronized boolean isWantedAgain() {
        var wanted = again && !closed;
        again = false;
        working = null;
        if (!wanted) {
            worker = null;
        }
        return wanted;
    }

    @SuppressWarnings("IllegalCatch") // Whatever goes wrong, it is told, and the next one can be started.
    private void workOnce() {
        try (var writing = connections.open();
                var reading = connections.open()) {
            work(writing, reading);
        } catch (InterruptedException e) {
            // Another process carries on.
            Thread.currentThread().interrupt();
        } catch (SQLException | RuntimeException | Error e) {
            LOG.warn("A rebuild was interrupted, will be carried on: {}", e.toString());
        }
    }

    private void work(Connection writing, Connection reading) throws InterruptedException, SQLException {
        var own = JdbcClient.create(new SingleConnectionDataSource(writing, true));
        if (!own.sql(LOCK).query(Boolean.class).single()) {
            return;
        }
        try {
            workAlone(writing, reading, own);
        } finally {
            unlock(own);
        }
    }

    /** At once: the end of a session takes PostgreSQL a moment, in which nobody could begin. */
    private static void unlock(JdbcClient own) {
        try {
            own.sql(UNLOCK).query(Boolean.class).single();
        } catch (DataAccessException e) {
            LOG.debug("the lock of rebuilds ends with its session: {}", e.toString());
        }
    }

    private void workAlone(Connection writing, Connection reading, JdbcClient own)
            throws InterruptedException, SQLException {
        var name = unfinished(own);
        if (name.isEmpty()) {
            return;
        }
        var rebuild = new Rebuild(projection(name.get()), log, places, writing, reading);
        synchronized (this) {
            working = rebuild;
        }
        try {
            LOG.info("Rebuilding the projection {}", name.get());
            rebuild.run();
            LOG.info("The projection {} was rebuilt", name.get());
        } catch (Rebuild.Cancelled e) {
            end(name.get(), State.CANCELLED, null, own);
        } catch (SQLException | RuntimeException | Error e) {
            if (isClosed() || !writing.isValid(1)) {
                // Another process carries on, or this one when the database is back.
                throw e;
            }
            if (isCancelled(name.get(), own)) {
                end(name.get(), State.CANCELLED, null, own);
            } else {
                LOG.warn("The rebuild of {} failed: {}", name.get(), e.toString());
                end(name.get(), State.FAILED, reason(e), own);
            }
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private static boolean isCancelled(String name, JdbcClient own) {
        return own.sql("select cancelled from state.projection_rebuild where projection = ?")
                .param(name)
                .query(Boolean.class)
                .single();
    }

    private static String reason(Throwable failure) {
        var root = failure instanceof DataAccessException e ? e.getRootCause() : failure;
        return root instanceof SQLException cause && DISK_FULL.equals(cause.getSQLState())
                ? "PostgreSQL has no room for the new tables, which were removed; the live ones are as they were. Make"
                        + " room, and rebuild again. " + FailureReason.of(failure)
                : FailureReason.of(failure);
    }

    private static void end(String name, State state, @Nullable String error, JdbcClient own) {
        // First: on a full disk there may be no room to say anything before.
        own.sql("select shadow.remove()").query(_ -> {});
        own.sql("""
            update state.projection_rebuild set state = :state, error = :error, ended_at = clock_timestamp()
            where projection = :name and state = 'running'\
            """)
                .param("state", state.toString())
                .param("error", error)
                .param("name", name)
                .update();
    }

    /** Leaves what runs to another process. */
    @Override
    public void close() {
        Thread thread;
        synchronized (this) {
            closed = true;
            thread = worker;
        }
        if (thread != null) {
            thread.interrupt();
            try {
                interruptStatement();
            } catch (DataAccessException e) {
                LOG.debug("a rebuild's statement could not be interrupted: {}", e.toString());
            }
            try {
                thread.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
