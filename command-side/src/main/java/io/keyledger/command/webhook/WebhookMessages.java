package io.keyledger.command.webhook;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Writes what is told: a CloudEvent 1.0 in the JSON event format (structured mode). */
final class WebhookMessages {

    static final String MEDIA_TYPE = "application/cloudevents+json";

    private static final String TYPE_PREFIX = "io.keyledger.";

    private final JsonMapper json;
    private final String source;

    /** @param source of the messages: a URI reference that tells this installation from others */
    WebhookMessages(JsonMapper json, String source) {
        this.json = json;
        this.source = source;
    }

    byte[] message(String eventId, String type, String subject, Instant at, Map<String, Object> data) {
        var message = new LinkedHashMap<String, Object>();
        message.put("specversion", "1.0");
        message.put("id", eventId);
        message.put("source", source);
        message.put("type", TYPE_PREFIX + type);
        message.put("subject", subject);
        message.put("time", at);
        message.put("datacontenttype", "application/json");
        message.put("data", data);
        return json.writeValueAsBytes(message);
    }
}
