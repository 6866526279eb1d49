package io.keyledger.server.eventstore;

import static org.axonframework.common.jdbc.JdbcUtils.executeQuery;

import io.keyledger.command.Commands;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.axonframework.common.jdbc.ConnectionProvider;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.eventhandling.DomainEventData;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.GenericDomainEventEntry;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.TrackedDomainEventData;
import org.axonframework.eventhandling.TrackedEventData;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventsourcing.eventstore.EventStoreException;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jpa.SQLStateResolver;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.upcasting.event.EventUpcaster;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;

/**
 * Axon's JDBC engine, except for how events are read in the order of their global index, where it never loses one, and for
 * what is said of an append that fails.
 *
 * <p>Indexes are given out before commit: a reader that has seen 6 may yet have to see 5. Axon's engine forgets
 * such a gap when 5 is a minute late by the reader's clock, or more than 10,000 indexes behind. This one keeps it
 * until PostgreSQL shows that no transaction which could fill it still runs ({@link SettledIndexes}).
 *
 * <p>Limits: one transaction that writes and stays open for hours holds all gaps that appear meanwhile in the
 * tokens of all readers. Reading starts at the first event only, and there are no snapshots of aggregates.
 */
public final class PostgresEventStorageEngine extends JdbcEventStorageEngine {

    /** PostgreSQL's unique_violation. */
    private static final SQLStateResolver CONFLICT = new SQLStateResolver("23505");

    private static final String COLUMNS = EventTables.EVENTS.trackedEventFields();

    /** One statement, so that the events and the oldest running transaction are of one snapshot. */
    private static final String FETCH = """
        select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest_running, found.*
        from (values (1)) as always
        left join (
            (select %1$s from event.domain_event where global_index = any (?))
            union all
            (select %1$s from event.domain_event where global_index > ? order by global_index limit ?)
            order by global_index limit ?
        ) as found on true
        order by global_index
        """.formatted(COLUMNS);

    /** An id that the transaction had before proves nothing about transactions that have started since. */
    private static final String BOUND = """
        select coalesce((select max(global_index) from event.domain_event), 0),
            case when pg_current_xact_id_if_assigned() is null then pg_current_xact_id()::text::bigint end
        """;

    private static final String INDEX = "global_index";

    private static final String APPEND = "insert into event.domain_event (" + EventTables.EVENTS.domainEventFields()
            + ") values (?,?,?,?,?,?,?,?,?)";

    private final TransactionManager transactions;
    private final SettledIndexes settled = new SettledIndexes();

    /**
     * @param connections gives the connection of the running transaction, if there is one
     * @param transactions at PostgreSQL's default isolation, read committed
     * @param events writes and reads payloads and metadata
     * @param batchSize how many events are read at once
     */
    public PostgresEventStorageEngine(
            ConnectionProvider connections,
            TransactionManager transactions,
            Serializer events,
            EventUpcaster upcasters,
            int batchSize) {
        super(builder()
                .schema(EventTables.EVENTS)
                .connectionProvider(connections)
                .transactionManager(transactions)
                .eventSerializer(events)
                .snapshotSerializer(events)
                .upcasterChain(upcasters)
                .batchSize(batchSize)
                // Aggregates have no gaps, so a batch that is not full is the last one.
                .finalAggregateBatchPredicate(batch -> batch.size() < batchSize)
                .persistenceExceptionResolver(CONFLICT));
        this.transactions = transactions;
    }

    @Override
    protected List<? extends TrackedEventData<?>> fetchTrackedEvents(@Nullable TrackingToken lastToken, int limit) {
        GapAwareTrackingToken token = lastToken == null ? start() : (GapAwareTrackingToken) lastToken;
        if (settled.needsBoundFor(token.getGaps())) {
            // In a transaction of its own, which is over when the snapshot below is taken.
            drawBound().ifPresent(settled::await);
        }
        return transactions.fetchInTransaction(() -> executeQuery(
                getConnection(),
                connection -> fetch(connection, token, limit),
                rows -> read(rows, token, limit),
                e -> new EventStoreException("Cannot read events from " + token, e)));
    }

    /** Axon's asks once more after every batch; here one that is not full is the last of its snapshot. */
    @Override
    protected Stream<? extends TrackedEventData<?>> readEventData(@Nullable TrackingToken lastToken, boolean mayBlock) {
        return Stream.<List<? extends TrackedEventData<?>>>iterate(
                        fetchTrackedEvents(lastToken, batchSize()),
                        batch -> !batch.isEmpty(),
                        batch -> batch.size() < batchSize()
                                ? List.of()
                                : fetchTrackedEvents(batch.getLast().trackingToken(), batchSize()))
                .flatMap(List::stream);
    }

    /** As Axon's; and the insert itself tells whoever sent the command where in the log it stands. */
    @Override
    protected void appendEvents(List<? extends EventMessage<?>> events, Serializer serializer) {
        if (events.isEmpty()) {
            return;
        }
        transactions.executeInTransaction(() -> {
            try (var connection = getConnection();
                    var append = connection.prepareStatement(APPEND, new String[] {INDEX})) {
                for (var event : events) {
                    set(append, event, serializer);
                    append.addBatch();
                }
                append.executeBatch();
                try (var indexes = append.getGeneratedKeys()) {
                    while (indexes.next()) {
                        Commands.appended(indexes.getLong(1));
                    }
                }
            } catch (SQLException e) {
                handlePersistenceException(e, events.getFirst());
            }
        });
    }

    private static void set(PreparedStatement append, EventMessage<?> message, Serializer serializer)
            throws SQLException {
        // Axon's entries know by it that an event belongs to no aggregate.
        DomainEventMessage<?> event = message instanceof DomainEventMessage<?> ofAggregate
                ? ofAggregate
                : new GenericDomainEventMessage<>(null, message.getIdentifier(), 0, message, message::getTimestamp);
        var payload = event.serializePayload(serializer, byte[].class);
        append.setString(1, event.getIdentifier());
        append.setString(2, event.getAggregateIdentifier());
        append.setLong(3, event.getSequenceNumber());
        append.setString(4, event.getType());
        append.setObject(5, event.getTimestamp().atOffset(ZoneOffset.UTC));
        append.setString(6, payload.getType().getName());
        append.setString(7, payload.getType().getRevision());
        append.setBytes(8, payload.getData());
        append.setBytes(9, event.serializeMetaData(serializer, byte[].class).getData());
    }

    /** With the time as it is, see {@link Entry}. */
    @Override
    protected DomainEventData<?> getDomainEventData(ResultSet row) throws SQLException {
        return new Entry(row);
    }

    /** Axon's own says of a full disk, too, that somebody else was first; and the driver quotes the whole statement. */
    @Override
    protected void handlePersistenceException(Exception failure, EventMessage<?> event) {
        if (!CONFLICT.isDuplicateKeyViolation(failure)) {
            throw new EventStoreException(
                    "Events could not be appended: "
                            + NestedExceptionUtils.getMostSpecificCause(failure).getMessage(),
                    failure);
        }
        super.handlePersistenceException(failure, event);
    }

    /** Names the event that follows, which need not be readable. */
    String describeNext(@Nullable TrackingToken lastToken) {
        return fetchTrackedEvents(lastToken, 1).stream()
                .findFirst()
                .map(next -> "The event %s at position %d (%s, revision %s)"
                        .formatted(
                                next.getEventIdentifier(),
                                position(next.getEventIdentifier()),
                                next.getPayload().getType().getName(),
                                next.getPayload().getType().getRevision()))
                .orElse("An event");
    }

    /** An event that fills a gap has the highest position seen so far in its token, not its own. */
    private long position(String eventId) {
        return transactions.fetchInTransaction(() -> executeQuery(
                getConnection(),
                connection -> {
                    var select = connection.prepareStatement(
                            "select global_index from event.domain_event where event_identifier = ?");
                    select.setString(1, eventId);
                    return select;
                },
                row -> {
                    row.next();
                    return row.getLong(1);
                },
                e -> new EventStoreException("Cannot read the position of the event " + eventId, e)));
    }

    private Optional<SettledIndexes.Bound> drawBound() {
        return transactions.fetchInTransaction(() -> executeQuery(
                getConnection(),
                connection -> connection.prepareStatement(BOUND),
                row -> {
                    row.next();
                    long index = row.getLong(1);
                    long transactionId = row.getLong(2);
                    return row.wasNull()
                            ? Optional.empty()
                            : Optional.of(new SettledIndexes.Bound(index, transactionId));
                },
                e -> new EventStoreException("Cannot draw a transaction id", e)));
    }

    private static PreparedStatement fetch(Connection connection, GapAwareTrackingToken token, int limit)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(FETCH);
        statement.setArray(1, connection.createArrayOf("bigint", token.getGaps().toArray()));
        statement.setLong(2, token.getIndex());
        statement.setInt(3, limit);
        statement.setInt(4, limit);
        return statement;
    }

    private List<TrackedEventData<?>> read(ResultSet rows, GapAwareTrackingToken token, int limit) throws SQLException {
        List<Row> found = new ArrayList<>();
        long oldestRunning = 0;
        while (rows.next()) {
            oldestRunning = rows.getLong("oldest_running");
            long index = rows.getLong("global_index");
            if (!rows.wasNull()) {
                found.add(new Row(index, new Entry(rows)));
            }
        }
        long settledUpTo = settled.settledUpTo(oldestRunning);
        if (found.isEmpty()) {
            return List.of();
        }
        Set<Long> visible = found.stream().map(Row::index).collect(Collectors.toSet());
        // A full batch may end before a gap that is filled by now.
        long searchedUpTo =
                found.size() < limit ? Long.MAX_VALUE : found.getLast().index();
        NavigableSet<Long> gaps = new TreeSet<>(token.getGaps());
        gaps.removeIf(gap -> gap <= settledUpTo && gap <= searchedUpTo && !visible.contains(gap));

        List<TrackedEventData<?>> events = new ArrayList<>(found.size());
        long position = token.getIndex();
        for (Row row : found) {
            if (row.index() > position) {
                LongStream.range(Math.max(position, settledUpTo) + 1, row.index())
                        .forEach(gaps::add);
                position = row.index();
            } else {
                gaps.remove(row.index());
            }
            events.add(new TrackedDomainEventData<>(GapAwareTrackingToken.newInstance(position, gaps), row.event()));
        }
        return events;
    }

    /** An event with its time; Axon's own keeps that as text, to milliseconds, and parses it whenever it is asked. */
    static final class Entry extends GenericDomainEventEntry<byte[]> {

        private final Instant occurredAt;

        /** @param row of {@link EventTables#EVENTS} */
        Entry(ResultSet row) throws SQLException {
            this(row, row.getString("event_identifier"), row.getString("aggregate_identifier"));
        }

        private Entry(ResultSet row, String eventIdentifier, String aggregateIdentifier) throws SQLException {
            super(
                    row.getString("type"),
                    // So Axon marks an event that belongs to no aggregate.
                    eventIdentifier.equals(aggregateIdentifier) ? null : aggregateIdentifier,
                    row.getLong("sequence_number"),
                    eventIdentifier,
                    "",
                    row.getString("payload_type"),
                    row.getString("payload_revision"),
                    row.getBytes("payload"),
                    row.getBytes("metadata"));
            occurredAt = row.getObject("occurred_at", OffsetDateTime.class)
                    .toInstant()
                    .truncatedTo(ChronoUnit.MILLIS);
        }

        @Override
        public Instant getTimestamp() {
            return occurredAt;
        }
    }

    private record Row(long index, Entry event) {}

    /** Before the first index. Axon starts before the first <em>visible</em> event, and misses what commits later. */
    @Override
    public TrackingToken createTailToken() {
        return start();
    }

    private static GapAwareTrackingToken start() {
        return GapAwareTrackingToken.newInstance(0, List.of());
    }

    /** Refused: an event below the head that is not committed yet would never be read. */
    @Override
    public TrackingToken createHeadToken() {
        throw new UnsupportedOperationException("Reading starts at the first event");
    }

    /** Refused: so would an event of a slow transaction. */
    @Override
    public TrackingToken createTokenAt(Instant dateTime) {
        throw new UnsupportedOperationException("Reading starts at the first event");
    }

    /** No query: there are no snapshots, an aggregate is always read from its first event. */
    @Override
    protected Stream<? extends DomainEventData<?>> readSnapshotData(String aggregateIdentifier) {
        return Stream.empty();
    }

    @Override
    protected void storeSnapshot(DomainEventMessage<?> snapshot, Serializer serializer) {
        throw new UnsupportedOperationException("There are no snapshots");
    }
}
