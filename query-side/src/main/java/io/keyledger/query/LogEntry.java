package io.keyledger.query;

import io.keyledger.api.Event;
import java.time.Instant;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.jspecify.annotations.Nullable;

/**
 * An event where it stands in the log.
 *
 * @param position its global index; 0 while the transaction that appends it is under way
 */
public record LogEntry(long position, EventMessage<?> message) {

    public Event event() {
        return (Event) message.getPayload();
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
