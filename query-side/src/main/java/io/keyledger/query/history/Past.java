package io.keyledger.query.history;

import io.keyledger.api.Event;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.history.AsOf;
import io.keyledger.query.LogEntry;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.messaging.MetaData;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.stereotype.Component;

/**
 * Reads the events of accounts and tokens, each by its own index entry. All events of one up to a moment are read at once,
 * as every change to it does: nobody has so many of them that this would be much.
 */
@Component
class Past {

    private static final Logger LOG = LoggerFactory.getLogger(Past.class);

    /** Until somebody may have mended an event that cannot be read. */
    private static final Duration UNREADABLE = Duration.ofMinutes(1);

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
                // PostgreSQL has no finer times, and would round it to one that may be later.
                yield new Moment(instant.truncatedTo(ChronoUnit.MICROS), null);
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

    /**
     * The events of these accounts and tokens up to the moment; nothing for ids that there were not yet. What happened
     * later is not read, so that an event that cannot be read spoils nothing that was before it.
     *
     * @throws Refusal.Unavailable when one of them cannot be read: it says which and why
     */
    Streams read(Collection<String> ids, Moment moment) {
        var byId = new HashMap<String, List<LogEntry>>();
        events(ids, moment, "where sequence_number <= last order by sequence_number")
                .query(row -> {
                    byId.computeIfAbsent(row.getString("aggregate_identifier"), _ -> new ArrayList<>())
                            .add(entry(row));
                });
        var accountIds = byId.values().stream()
                .flatMap(List::stream)
                .map(entry -> entry.event().accountId())
                .collect(Collectors.toSet());
        return new Streams(byId, keys.of(accountIds));
    }

    /** The stored names of what happened to these accounts and tokens after the moment. */
    Map<String, Set<String>> typesSince(Collection<String> ids, Moment moment) {
        var byId = new HashMap<String, Set<String>>();
        events(ids, moment, "where last is null or sequence_number > last").query(row -> {
            byId.computeIfAbsent(row.getString("aggregate_identifier"), _ -> new HashSet<>())
                    .add(row.getString("payload_type"));
        });
        return byId;
    }

    /** Each with the last event that belongs to the moment: all that this one was built upon does, too. */
    private StatementSpec events(Collection<String> ids, Moment moment, String which) {
        return jdbc.sql("""
            select * from (
                select global_index, event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                    payload_type, payload_revision, payload,
                    max(sequence_number) filter (where %s) over (partition by aggregate_identifier collate "C") as last
                from event.domain_event where aggregate_identifier = any(:ids)) e
            %s\
            """.formatted(moment.includes("global_index", "occurred_at"), which))
                .param("ids", ids.toArray(String[]::new))
                .param("moment", moment.parameter());
    }

    /**
     * @param event which one it is
     * @param why without a word of what is stored
     */
    static Refusal unreadable(String event, RuntimeException why) {
        LOG.warn("The event {} cannot be read: {}", event, why.getMessage());
        return new Refusal.Unavailable(
                "unreadable_event",
                "This cannot be told, because the event %s cannot be read: %s.".formatted(event, why.getMessage()),
                UNREADABLE);
    }

    private LogEntry entry(ResultSet row) throws SQLException {
        var type = row.getString("payload_type");
        var revision = row.getString("payload_revision");
        Event event;
        try {
            event = serializer.deserialize(
                    new SimpleSerializedObject<>(row.getBytes("payload"), byte[].class, type, revision));
        } catch (SerializationException e) {
            throw unreadable(
                    "%s at position %d (%s, revision %s)"
                            .formatted(row.getString("event_identifier"), row.getLong("global_index"), type, revision),
                    e);
        }
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
