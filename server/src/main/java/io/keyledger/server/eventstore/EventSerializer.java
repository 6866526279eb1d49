package io.keyledger.server.eventstore;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keyledger.api.EventType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.axonframework.messaging.MetaData;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.SerializedType;
import org.axonframework.serialization.SimpleSerializedType;
import org.axonframework.serialization.jackson3.Jackson3Serializer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes events and their metadata as JSON, under the names that {@link EventType} gives them, and reads nothing
 * else: Axon would take stored names for class names, skip unknown ones and ignore revisions.
 *
 * <p>The bytes are the same for the same event: fields stand in the order of the record's components, metadata in
 * that of its keys, instants are ISO-8601, and what is null is left out. A field that the record does not have is
 * refused, and so is an event that lacks one which is not {@link Nullable}. Metadata values should be strings: other
 * types do not survive JSON in all cases.
 */
public final class EventSerializer extends Jackson3Serializer {

    private static final String NOT_OF_THE_FORM = "it is not of the form of such an event";

    private final Map<Class<?>, SerializedType> typesByClass = new HashMap<>();
    private final Map<SerializedType, Class<?>> classesByType = new HashMap<>();
    private final Map<Class<?>, List<RecordComponent>> required = new HashMap<>();

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
            required.put(
                    event,
                    Arrays.stream(event.getRecordComponents())
                            .filter(field -> !field.getAnnotatedType().isAnnotationPresent(Nullable.class))
                            .toList());
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

    /** @throws SerializationException that says in words, without quoting what is stored, why it is no such event */
    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Axon's signature.
    public <S, T> T deserialize(SerializedObject<S> stored) {
        T event;
        try {
            event = super.deserialize(stored);
        } catch (SerializationException e) {
            throw e.getCause() instanceof JacksonException cause
                    ? new SerializationException(problem(cause), cause)
                    : e;
        }
        if (event == null) {
            throw new SerializationException(NOT_OF_THE_FORM);
        }
        for (var field : required.getOrDefault(event.getClass(), List.of())) {
            if (isMissing(field, event)) {
                throw new SerializationException("its field %s is missing".formatted(field.getName()));
            }
        }
        return event;
    }

    private static boolean isMissing(RecordComponent field, Object event) {
        try {
            return field.getAccessor().invoke(event) == null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String problem(JacksonException cause) {
        if (cause instanceof StreamReadException) {
            return "it is no JSON";
        }
        var field =
                cause.getPath().isEmpty() ? null : cause.getPath().getFirst().getPropertyName();
        if (field == null) {
            return NOT_OF_THE_FORM;
        }
        return cause instanceof UnrecognizedPropertyException
                ? "it has a field %s, which such an event does not have".formatted(field)
                : "its field %s is missing or holds no such value".formatted(field);
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
