package io.keyledger.server.eventstore;

import io.keyledger.query.LogEntry;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.axonframework.eventhandling.EventUtils;
import org.axonframework.eventhandling.GlobalSequenceTrackingToken;
import org.axonframework.eventhandling.TrackedDomainEventData;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.upcasting.event.EventUpcaster;

/** Reads stretches of the log, each event with its own position. Which of them may be missing still is the caller's. */
public final class LogReader {

    /** Two searches, so that each uses the index; what is at the gaps comes first. */
    private static final String FETCH = """
        (select %1$s from event.domain_event where global_index = any (?))
        union all
        (select %1$s from event.domain_event where global_index > ? and global_index <= ? and global_index <> all (?)
            order by global_index limit ?)
        order by global_index limit ?
        """.formatted(EventTables.EVENTS.trackedEventFields());

    private final Serializer serializer;
    private final EventUpcaster upcasters;

    /** @param serializer of events */
    public LogReader(Serializer serializer, EventUpcaster upcasters) {
        this.serializer = serializer;
        this.upcasters = upcasters;
    }

    /**
     * The next events in the order of their positions.
     *
     * @param gaps positions that are looked at again
     * @param after those up to it, but for the gaps, are left out
     * @param until those after it are left out
     * @param hidden positions that are left out
     * @throws IllegalStateException when one of them cannot be read: it says which and why
     */
    public List<LogEntry> read(
            Connection connection, Collection<Long> gaps, long after, long until, Collection<Long> hidden, int limit)
            throws SQLException {
        try (var statement = connection.prepareStatement(FETCH)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "bigint",
                            gaps.stream().filter(gap -> !hidden.contains(gap)).toArray()));
            statement.setLong(2, after);
            statement.setLong(3, until);
            statement.setArray(4, connection.createArrayOf("bigint", hidden.toArray()));
            statement.setInt(5, limit);
            statement.setInt(6, limit);
            var entries = new ArrayList<LogEntry>();
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    entries.add(entry(rows));
                }
            }
            return entries;
        }
    }

    private LogEntry entry(ResultSet row) throws SQLException {
        var position = row.getLong("global_index");
        var data = new PostgresEventStorageEngine.Entry(row);
        try {
            var message = EventUtils.upcastAndDeserializeTrackedEvents(
                            Stream.of(new TrackedDomainEventData<>(new GlobalSequenceTrackingToken(position), data)),
                            serializer,
                            upcasters)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no event is left of it by an upcaster"));
            // Read here and now, so that it is known which one cannot be.
            var entry = new LogEntry(position, message);
            var _ = entry.event();
            return entry;
        } catch (LogEntry.Unreadable e) {
            throw e;
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "The event %s at position %d (%s, revision %s) cannot be read: %s"
                            .formatted(
                                    data.getEventIdentifier(),
                                    position,
                                    row.getString("payload_type"),
                                    row.getString("payload_revision"),
                                    e.getMessage()),
                    e);
        }
    }
}
