package io.keyledger.server;

import io.keyledger.query.ProjectionPositions;
import io.keyledger.server.eventstore.EventTables;
import io.keyledger.server.eventstore.TokenSerializer;
import java.util.List;
import javax.sql.DataSource;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.tokenstore.jdbc.JdbcTokenStore;
import org.axonframework.serialization.Serializer;
import org.axonframework.spring.jdbc.SpringDataSourceConnectionProvider;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The log of events in a test database, and how far projections have read it. */
public final class TestLog {

    private final DataSource database;
    private final JdbcClient jdbc;
    private final Serializer tokens = TokenSerializer.create();

    public TestLog(DataSource database) {
        this.database = database;
        this.jdbc = JdbcClient.create(database);
    }

    /**
     * Appends an event whose content does not matter, the first one of some aggregate.
     *
     * @return its position
     */
    public long append(String eventId) {
        return jdbc.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                occurred_at, payload_type, payload_revision, payload, metadata)
            values (:id, :id, 0, 'any', now(), 'any.happened', '1', '{}', '{}')
            returning global_index\
            """).param("id", eventId).query(Long.class).single();
    }

    /** What a streaming processor does when it has read everything up to a position. */
    public void cover(String processorName, long position) {
        var store = JdbcTokenStore.builder()
                .connectionProvider(new SpringDataSourceConnectionProvider(database))
                .schema(EventTables.TOKENS)
                .serializer(tokens)
                .build();
        store.initializeTokenSegments(processorName, 1, GapAwareTrackingToken.newInstance(position, List.of()));
    }

    public ProjectionPositions positions() {
        return new ProjectionPositions(jdbc, tokens);
    }
}
