package io.keyledger.server.eventstore;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keyledger.api.EventType;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.axonframework.messaging.MetaData;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.SerializedType;
import org.axonframework.serialization.SimpleSerializedType;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes events and their metadata as JSON, under the names that {@link EventType} gives them, and reads nothing
 * else: Axon would take stored names for class names, skip unknown ones and ignore revisions.
 *
 * <p>The bytes are the same for the same event: fields stand in the order of the record's components, metadata in
 * that of its keys, instants are ISO-8601, and what is null is left out. A field that the record does not have is
 * refused. Metadata values should be strings: other types do not survive JSON in all cases.
 */
public final class EventSerializer extends Jackson3Serializer {

    private final Map<Class<?>, SerializedType> typesByClass = new HashMap<>();
    private final Map<SerializedType, Class<?>> classesByType = new HashMap<>();

    /** @param events every event record there is, each with an {@link EventType} of its own */
    public EventSerializer(Collection<? extends Class<?>> events) {
        super(builder().jsonMapperBuilderCustomizer(EventSerializer::configure));
        // Axon's entries do not store a type for metadata: they take it for granted when reading.
        add(MetaData.class, new SimpleSerializedType(MetaData.class.getName(), null));
        for (Class<?> event : events) {
            EventType type = event.getAnnotation(EventType.class);
            if (type == null) {
                throw new IllegalArgumentException(event.getName() + " has no @EventType");
            }
            add(event, new SimpleSerializedType(type.name(), Integer.toString(type.revision())));
            for (var earlier : type.reads()) {
                read(event, new SimpleSerializedType(type.name(), Integer.toString(earlier)));
            }
        }
    }

    private static void configure(JsonMapper.Builder json) {
        json.addModule(new PersonalTexts())
                .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .changeDefaultPropertyInclusion(value -> value.withValueInclusion(JsonInclude.Include.NON_NULL));
    }

    private void add(Class<?> event, SerializedType type) {
        typesByClass.put(event, type);
        read(event, type);
    }

    private void read(Class<?> event, SerializedType type) {
        Class<?> other = classesByType.put(type, event);
        if (other != null) {
            throw new IllegalArgumentException(other.getName() + " and " + event.getName() + " are both stored as "
                    + type.getName() + ", revision " + type.getRevision());
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public SerializedType typeForClass(Class type) {
        SerializedType stored = typesByClass.get(type);
        if (stored == null) {
            throw new SerializationException(type + " is not among the known event records");
        }
        return stored;
    }

    /** @throws UnknownEventType if no event record is stored under this name and revision */
    @Override
    public Class<?> classForType(SerializedType type) {
        Class<?> known = classesByType.get(new SimpleSerializedType(type.getName(), type.getRevision()));
        if (known == null) {
            throw new UnknownEventType(type);
        }
        return known;
    }
}
