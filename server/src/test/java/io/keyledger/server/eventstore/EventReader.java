package io.keyledger.server.eventstore;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.TrackedEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStorageEngine;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Reads events as a streaming processor does: keeps a token, forgets all else when it restarts. */
final class EventReader {

    private static final Serializer TOKENS = TokenSerializer.create();

    private final Supplier<EventStorageEngine> engines;
    private final List<String> read = new ArrayList<>();
    private EventStorageEngine engine;
    private @Nullable GapAwareTrackingToken token;

    EventReader(Supplier<EventStorageEngine> engines) {
        this.engines = engines;
        this.engine = engines.get();
    }

    /** @return the identifiers of the events read now */
    List<String> read(int atMost) {
        List<? extends TrackedEventMessage<?>> events =
                engine.readEvents(token, false).limit(atMost).toList();
        if (!events.isEmpty()) {
            token = (GapAwareTrackingToken) events.getLast().trackingToken();
        }
        List<String> identifiers =
                events.stream().map(TrackedEventMessage::getIdentifier).toList();
        read.addAll(identifiers);
        return identifiers;
    }

    List<String> readAll() {
        return read(Integer.MAX_VALUE);
    }

    /** All identifiers it has ever read, in that order. */
    List<String> everRead() {
        return read;
    }

    GapAwareTrackingToken token() {
        if (token == null) {
            throw new IllegalStateException("Nothing read yet");
        }
        return token;
    }

    void restart() {
        engine = engines.get();
        SerializedObject<byte[]> stored = TOKENS.serialize(token, byte[].class);
        token = TOKENS.deserialize(stored);
    }
}
