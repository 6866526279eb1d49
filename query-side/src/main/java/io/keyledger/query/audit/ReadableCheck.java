package io.keyledger.query.audit;

import io.keyledger.api.Event;
import io.keyledger.api.audit.EventMetadata;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.webhook.WebhookEvent;
import io.keyledger.query.record.LeafEntry;
import io.keyledger.query.record.ReadableEvents;
import java.util.HashSet;
import java.util.Set;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Compares an event as people read it with the one in the record, without keys: what is encrypted there may be any text, or
 * "erased"; the names of who did it and of what it was done to are those of the day of the export, and may be anything.
 */
public final class ReadableCheck implements ReadableEvents {

    /** Stands for what cannot be decrypted; no text that anybody could have given. */
    private static final String SEALED = "\u0000sealed";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Serializer serializer;

    /** @param serializer of events */
    public ReadableCheck(Serializer serializer) {
        this.serializer = serializer;
    }

    @Override
    public Comparison compare(LeafEntry entry, JsonNode readable) {
        if (readable.isNull()) {
            // Nobody reads it wrongly.
            return new Comparison.Unknown();
        }
        Event event;
        JsonNode metadata;
        try {
            event = serializer.deserialize(new SimpleSerializedObject<>(
                    entry.payload(), byte[].class, entry.payloadType(), entry.payloadRevision()));
            metadata = JSON.readTree(entry.metadata());
        } catch (SerializationException | JacksonException e) {
            return new Comparison.Unknown();
        }
        var field = difference("", expected(entry, event, metadata), readable);
        return field == null ? new Comparison.Same() : new Comparison.Different(field);
    }

    private static ObjectNode expected(LeafEntry entry, Event event, JsonNode metadata) {
        var told = JSON.createObjectNode();
        told.put("id", entry.eventId());
        told.put("position", entry.position());
        told.put("type", entry.payloadType());
        told.put("occurredAt", entry.occurredAt().toString());
        told.putObject("actor")
                .put("type", text(metadata, EventMetadata.ACTOR_TYPE))
                .put("accountId", text(metadata, EventMetadata.ACTOR_ACCOUNT_ID))
                .put("tokenId", text(metadata, EventMetadata.ACTOR_TOKEN_ID))
                .put("name", SEALED);
        told.putObject("target")
                .put(
                        "type",
                        switch (event) {
                            case TokenEvent _ -> "token";
                            case WebhookEvent _ -> "webhook";
                            default -> "account";
                        })
                .put(
                        "id",
                        switch (event) {
                            case TokenEvent ofToken -> ofToken.tokenId();
                            case WebhookEvent ofWebhook -> ofWebhook.webhookId();
                            default -> event.accountId();
                        })
                .put("name", SEALED);
        told.putObject("origin")
                .put("ipAddress", text(metadata, EventMetadata.IP_ADDRESS) == null ? null : SEALED)
                .put("userAgent", text(metadata, EventMetadata.USER_AGENT) == null ? null : SEALED);
        told.put("correlationId", text(metadata, EventMetadata.CORRELATION_ID));
        told.set("details", JSON.valueToTree(new AuditDetails(_ -> SEALED).of(event)));
        return told;
    }

    private static @Nullable String text(JsonNode metadata, String name) {
        var value = metadata.path(name);
        return value.isString() ? value.asString() : null;
    }

    /** The first field that is not as it has to be; absent: none. */
    private static @Nullable String difference(String path, JsonNode expected, JsonNode told) {
        if (expected.isObject() && told.isObject()) {
            Set<String> names = new HashSet<>(expected.propertyNames());
            names.addAll(told.propertyNames());
            for (var name : names) {
                var none = JsonNodeFactory.instance.nullNode();
                var field = difference(
                        path.isEmpty() ? name : path + "." + name,
                        expected.has(name) ? expected.get(name) : none,
                        told.has(name) ? told.get(name) : none);
                if (field != null) {
                    return field;
                }
            }
            return null;
        }
        if (expected.isString() && expected.asString().equals(SEALED)) {
            return told.isString() || (path.matches("(actor|target)\\.name") && told.isNull()) ? null : path;
        }
        if (expected.isArray()
                && expected.size() == 1
                && expected.get(0).asString("").equals(SEALED)) {
            return told.isArray() && told.valueStream().allMatch(JsonNode::isString) ? null : path;
        }
        return expected.equals(told) || bothAreNumber(expected, told) ? null : path;
    }

    /** Of which one was written, and the other never was. */
    private static boolean bothAreNumber(JsonNode one, JsonNode other) {
        return one.isIntegralNumber() && other.isIntegralNumber() && one.asLong() == other.asLong();
    }
}
