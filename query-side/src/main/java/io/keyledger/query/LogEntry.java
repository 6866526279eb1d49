package io.keyledger.query;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.account.PersonalText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.serialization.SerializationException;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * An event where it stands in the log.
 *
 * @param position its global index; {@link #NOT_YET} while the transaction that appends it is under way
 */
public record LogEntry(long position, EventMessage<?> message) {

    public static final long NOT_YET = 0;

    static final Keyring NO_TEXTS = new Keyring() {
        @Override
        public PersonalText.Sealed seal(String accountId, String context, String text) {
            throw new IllegalStateException("nothing is sealed here");
        }

        @Override
        public String open(String accountId, String context, PersonalText text) {
            throw new IllegalStateException("there is no personal text in these events");
        }

        @Override
        public boolean isErased(String accountId) {
            throw new IllegalStateException("no key was read for these events");
        }
    };

    /**
     * These events where they stand in the log, by one query. Their tracking tokens will not do: where an event fills a
     * gap, its token has the highest position seen so far, not the event's own.
     *
     * @throws IllegalStateException when one is not in the log
     */
    public static List<LogEntry> find(List<? extends EventMessage<?>> events, JdbcClient jdbc) {
        Map<String, Long> positions = HashMap.newHashMap(events.size());
        jdbc.sql("select event_identifier, global_index from event.domain_event where event_identifier = any (:ids)")
                .param("ids", events.stream().map(EventMessage::getIdentifier).toArray(String[]::new))
                .query((RowCallbackHandler) row -> positions.put(row.getString(1), row.getLong(2)));
        var entries = new ArrayList<LogEntry>(events.size());
        for (var event : events) {
            var position = positions.get(event.getIdentifier());
            if (position == null) {
                throw new IllegalStateException("the event " + event.getIdentifier() + " has no position in the log");
            }
            entries.add(new LogEntry(position, event));
        }
        return entries;
    }

    /** Whether it is one of these; its content is not read for that. */
    public boolean isA(Class<? extends Event> family) {
        return family.isAssignableFrom(message.getPayloadType());
    }

    /** An event cannot be read: it is no JSON, or not that of such an event. Says which and why. */
    public static final class Unreadable extends IllegalStateException {
        private Unreadable(LogEntry entry, SerializationException cause) {
            super(
                    "The event %s cannot be read: %s"
                            .formatted(
                                    entry.describe(),
                                    // Axon's own words about it say only that it is so.
                                    cause.getCause() instanceof SerializationException why
                                            ? why.getMessage()
                                            : cause.getMessage()),
                    cause);
        }
    }

    /** @throws Unreadable when it cannot be read */
    public Event event() {
        try {
            return (Event) message.getPayload();
        } catch (SerializationException e) {
            throw new Unreadable(this, e);
        }
    }

    /** Which one it is, for messages about it: nothing of its content. */
    public String describe() {
        var type = message.getPayloadType().getAnnotation(EventType.class);
        return "%s%s (%s)"
                .formatted(
                        eventId(),
                        position == NOT_YET ? "" : " at position " + position,
                        type == null ? message.getPayloadType().getName() : type.name());
    }

    /** The data keys of the accounts whose personal texts are in these events, by one query. */
    public static Keyring keyring(List<LogEntry> entries, PersonalDataKeys keys) {
        var accounts = entries.stream()
                .map(LogEntry::event)
                .filter(event -> event instanceof PersonalDataEvent)
                .map(Event::accountId)
                .collect(Collectors.toSet());
        return accounts.isEmpty() ? NO_TEXTS : keys.of(accounts);
    }

    /** Personal texts in the event are sealed together with it. */
    public String eventId() {
        return message.getIdentifier();
    }

    /** Counts the events of one account, token or webhook, from 0; those outside its stream have none. */
    public long sequenceNumber() {
        if (message instanceof DomainEventMessage<?> ofAggregate) {
            return ofAggregate.getSequenceNumber();
        }
        throw new IllegalStateException(eventId() + " belongs to no aggregate's stream");
    }

    public Instant occurredAt() {
        return message.getTimestamp();
    }

    /** @param name one of {@code EventMetadata} */
    public @Nullable String metadata(String name) {
        return (String) message.getMetaData().get(name);
    }

    /**
     * Whether this is the next event of an account or token whose row is at this version.
     *
     * @return false: the row has it already
     * @throws IllegalStateException when the row lacks one before it, or is missing
     */
    public boolean follows(String id, @Nullable Long version) {
        if (version == null && sequenceNumber() > 0) {
            throw new IllegalStateException(
                    "there is no row of %s, to which its event %d happened".formatted(id, sequenceNumber()));
        }
        if (version != null && sequenceNumber() > version + 1) {
            throw new IllegalStateException("the row of %s is at its event %d; it cannot apply event %d next"
                    .formatted(id, version, sequenceNumber()));
        }
        return version == null || sequenceNumber() == version + 1;
    }
}
