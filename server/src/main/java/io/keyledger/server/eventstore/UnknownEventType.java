package io.keyledger.server.eventstore;

import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.SerializedType;

/**
 * A stored event has a name or revision that this program does not know: a newer version wrote it, or a record or
 * its upcaster was removed. Whoever reads it must stop, as what would follow were built on a history with a hole.
 */
public final class UnknownEventType extends SerializationException {

    UnknownEventType(SerializedType type) {
        super("No event record is known as " + type.getName() + ", revision " + type.getRevision());
    }
}
