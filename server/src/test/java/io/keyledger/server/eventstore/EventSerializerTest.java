package io.keyledger.server.eventstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.EventType;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.axonframework.eventhandling.GenericDomainEventEntry;
import org.axonframework.eventsourcing.EventStreamUtils;
import org.axonframework.messaging.MetaData;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.SerializedMetaData;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.SimpleSerializedObject;
import org.axonframework.serialization.upcasting.event.NoOpEventUpcaster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventSerializerTest {

    enum Colour {
        RED
    }

    @SuppressWarnings("ArrayRecordComponent") // Compared recursively.
    @EventType(name = "sample.painted", revision = 2)
    record SamplePainted(
            UUID sampleId,
            Instant paintedAt,
            Colour colour,
            @Nullable String by,
            List<String> aliases,
            byte[] digest,
            long amount) {

        boolean isRed() {
            return colour == Colour.RED;
        }

        String getShade() {
            return "dark";
        }
    }

    @EventType(name = "sample.happened", revision = 1)
    record SampleHappenedAgain() {}

    record Unnamed() {}

    private static final SamplePainted PAINTED = new SamplePainted(
            UUID.fromString("5f3f2f0e-6c0b-4b8e-8a53-0d4c1a2b3c4d"),
            Instant.parse("2026-11-05T10:15:30.123456Z"),
            Colour.RED,
            null,
            List.of("z", "a"),
            new byte[] {1, 2},
            7);
    private static final String JSON = """
        {"sampleId":"5f3f2f0e-6c0b-4b8e-8a53-0d4c1a2b3c4d","paintedAt":"2026-11-05T10:15:30.123456Z",\
        "colour":"RED","aliases":["z","a"],"digest":"AQI=","amount":7}\
        """;

    private final EventSerializer serializer = new EventSerializer(List.of(SampleHappened.class, SamplePainted.class));

    @Test
    void an_event_is_stored_under_its_name_with_its_fields_in_order() {
        SerializedObject<byte[]> stored = serializer.serialize(PAINTED, byte[].class);

        assertThat(stored.getType().getName()).isEqualTo("sample.painted");
        assertThat(stored.getType().getRevision()).isEqualTo("2");
        assertThat(new String(stored.getData(), UTF_8)).isEqualTo(JSON);
    }

    @Test
    void a_stored_event_is_read_into_its_record() {
        SamplePainted read = serializer.deserialize(stored("sample.painted", "2", JSON));

        assertThat(read).usingRecursiveComparison().isEqualTo(PAINTED);
    }

    @ParameterizedTest
    @CsvSource({
        "sample.repainted, 2",
        "sample.painted, 1",
        "sample.painted, 99",
        "sample.painted,",
        "io.keyledger.server.eventstore.SampleHappened, 1",
        "java.lang.String,"
    })
    void an_unknown_name_or_revision_stops_the_reader(String name, String revision) {
        assertThatThrownBy(() -> serializer.deserialize(stored(name, revision, "{}")))
                .isInstanceOf(UnknownEventType.class)
                .hasMessageContaining(name);
        assertThatThrownBy(() -> EventStreamUtils.upcastAndDeserializeDomainEvents(
                                Stream.of(new GenericDomainEventEntry<>(
                                        "Sample",
                                        "a",
                                        0,
                                        "e",
                                        "2026-11-05T10:15:30Z",
                                        name,
                                        revision,
                                        "{}".getBytes(UTF_8),
                                        "{}".getBytes(UTF_8))),
                                serializer,
                                NoOpEventUpcaster.INSTANCE)
                        .next())
                .isInstanceOf(UnknownEventType.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"what\":\"this\",\"more\":1}", "{\"what\":\"this\"} {}", "[\"this\"]"})
    void a_form_that_the_record_does_not_have_is_refused(String json) {
        assertThatThrownBy(() -> serializer.deserialize(stored("sample.happened", "1", json)))
                .isInstanceOf(SerializationException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"amount\":7}; its field sampleId is missing",
                "{\"sampleId\":null,\"amount\":7}; its field sampleId is missing",
                "{\"sampleId\":\"Jane Doe\"}; its field sampleId is missing or holds no such value",
                "{}; its field amount is missing",
                "{\"name\":\"Jane Doe\",\"amount\":7}; it has a field name, which such an event does not have",
                "Jane Doe; it is no JSON",
                "[]; it is not of the form of such an event",
                "null; it is not of the form of such an event"
            })
    void an_event_that_lacks_a_field_is_refused_and_nothing_of_it_is_quoted(String json, String message) {
        assertThatThrownBy(() -> serializer.deserialize(stored("sample.painted", "2", json)))
                .isInstanceOf(SerializationException.class)
                .message()
                .startsWith(message)
                .doesNotContain("Jane");
    }

    @Test
    void what_is_not_a_known_event_cannot_be_written() {
        assertThatThrownBy(() -> serializer.serialize(new Unnamed(), byte[].class))
                .isInstanceOf(SerializationException.class);
        assertThatThrownBy(() -> new EventSerializer(List.of(Unnamed.class)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new EventSerializer(List.of(SampleHappened.class, SampleHappenedAgain.class)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void metadata_comes_back_and_is_stored_in_the_order_of_its_keys() {
        Map<String, String> entries = new LinkedHashMap<>();
        for (String key : List.of("userAgent", "actor", "correlationId", "ipAddress")) {
            entries.put(key, "some " + key);
        }
        byte[] stored =
                serializer.serialize(MetaData.from(entries), byte[].class).getData();

        assertThat(new String(stored, UTF_8)).isEqualTo("""
            {"actor":"some actor","correlationId":"some correlationId","ipAddress":"some ipAddress",\
            "userAgent":"some userAgent"}\
            """);
        MetaData read = serializer.deserialize(new SerializedMetaData<>(stored, byte[].class));
        assertThat(read).isEqualTo(entries);
    }

    private static SerializedObject<byte[]> stored(String name, @Nullable String revision, String json) {
        return new SimpleSerializedObject<>(json.getBytes(UTF_8), byte[].class, name, revision);
    }
}
