package io.keyledger.server.eventstore;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.UUID;
import javax.sql.DataSource;

/** A transaction that adds events, each to an aggregate of its own, and takes its time. */
final class EventWriter implements AutoCloseable {

    private final Connection connection;

    EventWriter(DataSource database) throws SQLException {
        connection = database.getConnection();
        connection.setAutoCommit(false);
    }

    /** Makes PostgreSQL give the transaction its id now. */
    long takeTransactionId() throws SQLException {
        return query("select pg_current_xact_id()::text::bigint");
    }

    /** @return the event's global index */
    long append() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                occurred_at, payload_type, payload_revision, payload, metadata)
            values (?, ?, 0, 'Sample', now(), 'sample.happened', '1', convert_to('{}', 'UTF8'),
                convert_to('{}', 'UTF8'))
            """)) {
            insert.setString(1, UUID.randomUUID().toString());
            insert.setString(2, UUID.randomUUID().toString());
            insert.executeUpdate();
        }
        return query("select currval('event.domain_event_global_index_seq')");
    }

    /** Each with a payload of its own. */
    void append(int events) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                occurred_at, payload_type, payload_revision, payload, metadata)
            select gen_random_uuid(), gen_random_uuid(), 0, 'Sample', now(), 'sample.happened', '1',
                convert_to('{"number":' || number || '}', 'UTF8'), convert_to('{}', 'UTF8')
            from generate_series(1, ?) as number
            """)) {
            insert.setInt(1, events);
            insert.executeUpdate();
        }
    }

    void appendAndTakeBack() throws SQLException {
        Savepoint before = connection.setSavepoint();
        append();
        connection.rollback(before);
    }

    void appendInSubtransaction() throws SQLException {
        Savepoint before = connection.setSavepoint();
        append();
        connection.releaseSavepoint(before);
    }

    void commit() throws SQLException {
        connection.commit();
    }

    void rollback() throws SQLException {
        connection.rollback();
    }

    private long query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.rollback();
        connection.setAutoCommit(true);
        connection.close();
    }
}
