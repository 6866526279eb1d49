package io.keyledger.query.audit;

import io.keyledger.api.Event;
import io.keyledger.api.audit.EventMetadata;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.query.StreamingProjection;
import java.time.ZoneOffset;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.ResetHandler;
import org.axonframework.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Keeps {@code projection.audit_entry}: every event with who did it, from where, and its content, still encrypted.
 * Events never change, so one that has been applied before is left as it is.
 */
@Component
class AuditTrailProjection implements StreamingProjection {

    private final JdbcClient jdbc;
    private final Serializer serializer;

    /** @param serializer of events */
    AuditTrailProjection(JdbcClient jdbc, Serializer serializer) {
        this.jdbc = jdbc;
        this.serializer = serializer;
    }

    @Override
    public String name() {
        return "audit";
    }

    /**
     * The position is read from the log. The tracking token's will not do: where the event fills a gap, that is the
     * highest one seen so far, not the event's own.
     */
    @EventHandler
    void on(Event event, EventMessage<?> message) {
        var payload = message.serializePayload(serializer, byte[].class);
        jdbc.sql("""
            insert into projection.audit_entry (position, event_id, type, revision, occurred_at,
                actor_type, actor_account_id, actor_token_id, account_id, previous_account_id, token_id,
                ip_address, user_agent, correlation_id, payload)
            values ((select global_index from event.domain_event where event_identifier = :eventId),
                :eventId, :type, :revision, :occurredAt,
                :actorType, :actorAccount, :actorToken, :account, :previousAccount, :token,
                :ipAddress, :userAgent, :correlation, :payload)
            on conflict (position) do nothing\
            """)
                .param("eventId", message.getIdentifier())
                .param("type", payload.getType().getName())
                .param("revision", payload.getType().getRevision())
                .param("occurredAt", message.getTimestamp().atOffset(ZoneOffset.UTC))
                .param("actorType", text(message, EventMetadata.ACTOR_TYPE))
                .param("actorAccount", text(message, EventMetadata.ACTOR_ACCOUNT_ID))
                .param("actorToken", text(message, EventMetadata.ACTOR_TOKEN_ID))
                .param("account", event.accountId())
                .param(
                        "previousAccount",
                        event instanceof TokenTransferred transferred ? transferred.previousAccountId() : null)
                .param("token", event instanceof TokenEvent ofToken ? ofToken.tokenId() : null)
                .param("ipAddress", text(message, EventMetadata.IP_ADDRESS))
                .param("userAgent", text(message, EventMetadata.USER_AGENT))
                .param("correlation", text(message, EventMetadata.CORRELATION_ID))
                .param("payload", payload.getData())
                .update();
    }

    /** Deletes rather than truncates: that asks for no right beyond writing, and never blocks a reader. */
    @ResetHandler
    void reset() {
        jdbc.sql("delete from projection.audit_entry").update();
    }

    private static @Nullable String text(EventMessage<?> message, String name) {
        return (String) message.getMetaData().get(name);
    }
}
