package io.keyledger.server.backup;

import io.keyledger.query.record.LeafEntry;
import io.keyledger.query.record.StoredEvents;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.BatchPreparedStatementSetter;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Appends to the log what it lacks of another copy of itself, at the positions and in the very bytes that it had there, so
 * that the record of both is the same.
 */
final class MissingEvents {

    private static final int EVENTS_AT_ONCE = 1_000;

    private final JdbcTemplate jdbc;
    private final List<LeafEntry> batch = new ArrayList<>(EVENTS_AT_ONCE);
    private final Appended appended;
    private @Nullable LeafEntry last;
    private long count;

    /** Is told of each event that the log lacked. */
    interface Appended {
        void event(LeafEntry entry);
    }

    MissingEvents(DataSource dataSource, Appended appended) {
        jdbc = new JdbcTemplate(dataSource);
        this.appended = appended;
    }

    /**
     * The next event of the other copy.
     *
     * @throws ArchiveProblem when the log has another event in its place: it went on by itself since the two parted
     */
    void add(LeafEntry entry) {
        if (last != null && entry.position() <= last.position()) {
            throw new ArchiveProblem(
                    "The event at position %d comes after the one at position %d: this is no archive of a log."
                            .formatted(entry.position(), last.position()));
        }
        last = entry;
        batch.add(entry);
        if (batch.size() == EVENTS_AT_ONCE) {
            append();
        }
    }

    /** @return how many events the log lacked */
    long finish() {
        append();
        // Drawn here, so that nobody else draws what is taken: a position is given out once.
        jdbc.queryForObject("""
            select setval('event.domain_event_global_index_seq',
                greatest((select last_value from event.domain_event_global_index_seq),
                    (select coalesce(max(global_index), 1) from event.domain_event)))\
            """, Long.class);
        return count;
    }

    private void append() {
        if (batch.isEmpty()) {
            return;
        }
        var present = jdbc
                .query(
                        "select " + StoredEvents.COLUMNS
                                + " from event.domain_event where global_index between ? and ?",
                        (row, _) -> StoredEvents.entry(row),
                        batch.getFirst().position(),
                        batch.getLast().position())
                .stream()
                .collect(Collectors.toMap(LeafEntry::position, Function.identity()));
        var missing = new ArrayList<LeafEntry>();
        for (var entry : batch) {
            var known = present.remove(entry.position());
            if (known == null) {
                missing.add(entry);
            } else if (!known.hash().equals(entry.hash())) {
                throw parted(entry.position());
            }
        }
        insert(missing);
        missing.forEach(appended::event);
        count += missing.size();
        batch.clear();
    }

    static ArchiveProblem parted(long position) {
        return new ArchiveProblem(
                ("The log and the archive have different events at position %d: the log went on by itself, or one of"
                                + " them was altered. Restore the backup again, and run this before any server.")
                        .formatted(position));
    }

    private void insert(List<LeafEntry> missing) {
        jdbc.batchUpdate("""
            insert into event.domain_event (global_index, event_identifier, aggregate_identifier, sequence_number, type,
                occurred_at, payload_type, payload_revision, payload, metadata)
            overriding system value values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)\
            """, new BatchPreparedStatementSetter() {
            @Override
            public void setValues(PreparedStatement row, int index) throws SQLException {
                var entry = missing.get(index);
                row.setLong(1, entry.position());
                row.setString(2, entry.eventId());
                row.setString(3, entry.aggregateId());
                row.setLong(4, entry.sequenceNumber());
                row.setObject(5, entry.type(), Types.VARCHAR);
                row.setObject(6, entry.occurredAt().atOffset(ZoneOffset.UTC));
                row.setString(7, entry.payloadType());
                row.setString(8, entry.payloadRevision());
                row.setBytes(9, entry.payload());
                row.setBytes(10, entry.metadata());
            }

            @Override
            public int getBatchSize() {
                return missing.size();
            }
        });
    }
}
