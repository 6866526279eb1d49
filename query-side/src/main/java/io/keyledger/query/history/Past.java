package io.keyledger.query.history;

import io.keyledger.api.Event;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.history.AsOf;
import io.keyledger.query.LogEntry;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.messaging.MetaData;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Reads the events of accounts and tokens, each by its own index entry. All events of one are read at once, as every
 * change to it does: nobody has so many of them that this would be much.
 */
@Component
class Past {

    private final JdbcClient jdbc;
    private final Serializer serializer;
    private final PersonalDataKeys keys;
    private final Clock clock;

    /** @param serializer of events */
    Past(JdbcClient jdbc, Serializer serializer, PersonalDataKeys keys, Clock clock) {
        this.jdbc = jdbc;
        this.serializer = serializer;
        this.keys = keys;
        this.clock = clock;
    }

    /** @throws Refusal.Malformed when it has not come yet */
    Moment moment(AsOf asOf) {
        return switch (asOf) {
            case AsOf.At(var instant) -> {
                if (instant.isAfter(clock.instant())) {
                    throw future("This instant is in the future. Ask for one that has passed.");
                }
                yield new Moment(instant, null);
            }
            case AsOf.After(var position) -> new Moment(timeOf(position), position);
        };
    }

    private Instant timeOf(long position) {
        record Last(long position, Instant occurredAt) {}
        var head = jdbc.sql("select coalesce(max(global_index), 0) from event.domain_event")
                .query(Long.class)
                .single();
        if (position > head) {
            throw future("There is no event at this position yet. Ask for the position of one that you know.");
        }
        // Positions have holes: a change that failed leaves one.
        return jdbc.sql("""
            select global_index, occurred_at from event.domain_event
            where global_index <= :position order by global_index desc limit 1\
            """)
                .param("position", position)
                .query((row, _) -> new Last(row.getLong(1), instant(row, "occurred_at")))
                .optional()
                .map(Last::occurredAt)
                .orElse(Instant.EPOCH);
    }

    private static Refusal future(String detail) {
        return new Refusal.Malformed("as_of_in_future", detail);
    }

    /** All events of these accounts and tokens; nothing for ids that there never were. */
    Streams read(Collection<String> ids) {
        var byId = new HashMap<String, List<LogEntry>>();
        jdbc.sql("""
            select global_index, event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload
            from event.domain_event where aggregate_identifier = any(:ids)
            order by sequence_number\
            """).param("ids", ids.toArray(String[]::new)).query(row -> {
            byId.computeIfAbsent(row.getString("aggregate_identifier"), _ -> new ArrayList<>())
                    .add(entry(row));
        });
        var accountIds = byId.values().stream()
                .flatMap(List::stream)
                .map(entry -> entry.event().accountId())
                .collect(Collectors.toSet());
        return new Streams(byId, keys.of(accountIds));
    }

    private LogEntry entry(ResultSet row) throws SQLException {
        Event event = serializer.deserialize(new SimpleSerializedObject<>(
                row.getBytes("payload"),
                byte[].class,
                row.getString("payload_type"),
                row.getString("payload_revision")));
        return new LogEntry(
                row.getLong("global_index"),
                new GenericDomainEventMessage<>(
                        row.getString("type"),
                        row.getString("aggregate_identifier"),
                        row.getLong("sequence_number"),
                        event,
                        MetaData.emptyInstance(),
                        row.getString("event_identifier"),
                        instant(row, "occurred_at")));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
