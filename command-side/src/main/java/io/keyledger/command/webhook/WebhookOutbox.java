package io.keyledger.command.webhook;

import io.keyledger.api.Event;
import java.time.Clock;
import java.time.Instant;
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
 */
public final class WebhookOutbox {

    private final JdbcClient jdbc;
    private final WebhookMessages messages;
    private final Clock clock;

    /** @param source of the messages: a URI reference that tells this installation from others */
    public WebhookOutbox(JdbcClient jdbc, JsonMapper json, String source, Clock clock) {
        this.jdbc = jdbc;
        this.messages = new WebhookMessages(json, source);
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
        var body = messages.message(eventId, type, subject, at, WebhookTypes.data(event, position));
        webhooks.forEach(webhookId -> add(webhookId, eventId, position, subject, body));
    }

    /** Sends a message that means nothing, to see that it arrives: {@code io.keyledger.webhook.test}. */
    void test(String webhookId) {
        var eventId = UUID.randomUUID().toString();
        var data = Map.<String, Object>of("webhookId", webhookId);
        add(
                webhookId,
                eventId,
                0,
                webhookId,
                messages.message(eventId, "webhook.test", webhookId, clock.instant(), data));
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
