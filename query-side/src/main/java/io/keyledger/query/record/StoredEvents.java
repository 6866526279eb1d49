package io.keyledger.query.record;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;

/** Rows of {@code event.domain_event}. */
public final class StoredEvents {

    public static final String COLUMNS = """
        global_index, event_identifier, aggregate_identifier, sequence_number, type, occurred_at, payload_type,
        payload_revision, payload, metadata\
        """;

    private StoredEvents() {}

    /** Of {@link #COLUMNS}. */
    public static LeafEntry entry(ResultSet row) throws SQLException {
        return new LeafEntry(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getLong(4),
                row.getString(5),
                row.getObject(6, OffsetDateTime.class).toInstant(),
                row.getString(7),
                row.getString(8),
                row.getBytes(9),
                row.getBytes(10));
    }
}
