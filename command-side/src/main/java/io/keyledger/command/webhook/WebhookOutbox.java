package io.keyledger.command.webhook;

import io.keyledger.api.Event;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.Timestamp;
import org.axonframework.messaging.annotation.MessageIdentifier;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes down what webhooks are to be told, in the transaction that appends the event (a transactional outbox): nothing
 * is missed, nothing is told that did not happen, and rebuilding a projection tells nothing again. A webhook is told of
 * what happens while it is there and enabled.
 *
 * <p>The message is a CloudEvent 1.0 in the JSON event format (structured mode).
 */
public final class WebhookOutbox {

    static final String MEDIA_TYPE = "application/cloudevents+json";

    private static final String TYPE_PREFIX = "io.keyledger.";

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final String source;
    private final Clock clock;

    /** @param source of the messages: a URI reference that tells this installation from others */
    public WebhookOutbox(JdbcClient jdbc, JsonMapper json, String source, Clock clock) {
        this.jdbc = jdbc;
        this.json = json;
        this.source = source;
        this.clock = clock;
    }

    @EventHandler
    void on(Event event, @MessageIdentifier String eventId, @Timestamp Instant at) {
        var type = WebhookTypes.of(event);
        if (type == null) {
            return;
        }
        var webhooks = jdbc.sql("""
            select webhook_id from state.webhook where enabled and (types = '{}' or ? = any (types))\
            """).param(type).query(String.class).list();
        if (webhooks.isEmpty()) {
            return;
        }
        var position = jdbc.sql("select global_index from event.domain_event where event_identifier = ?")
                .param(eventId)
                .query(Long.class)
                .single();
        var subject = WebhookTypes.subject(event);
        var body = message(eventId, type, subject, at, WebhookTypes.data(event, position));
        webhooks.forEach(webhookId -> add(webhookId, eventId, position, subject, body));
    }

    /** Sends a message that means nothing, to see that it arrives: {@code io.keyledger.webhook.test}. */
    void test(String webhookId) {
        var eventId = UUID.randomUUID().toString();
        var data = Map.<String, Object>of("webhookId", webhookId);
        add(webhookId, eventId, 0, webhookId, message(eventId, "webhook.test", webhookId, clock.instant(), data));
    }

    private byte[] message(String eventId, String type, String subject, Instant at, Map<String, Object> data) {
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

    private void add(String webhookId, String eventId, long position, String subject, byte[] body) {
        var now = Webhooks.utc(clock.instant());
        jdbc.sql("""
            insert into state.webhook_delivery (webhook_id, event_id, position, subject, body, created_at, due_at)
            values (:webhook, :event, :position, :subject, :body, :now, :now)\
            """)
                .param("webhook", webhookId)
                .param("event", eventId)
                .param("position", position)
                .param("subject", subject)
                .param("body", body)
                .param("now", now)
                .update();
    }
}
