package io.keyledger.query.audit;

import io.keyledger.api.audit.EventMetadata;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.query.Columns;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.Tables;
import java.time.Instant;
import java.util.List;
import org.axonframework.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Keeps {@code projection.audit_entry}: every event with who did it, from where, and its content, still encrypted.
 * Events never change, so one that has been applied before is left as it is.
 */
@Component
class AuditTrailProjection implements Projection {

    private final Serializer serializer;

    /** @param serializer of events */
    AuditTrailProjection(Serializer serializer) {
        this.serializer = serializer;
    }

    @Override
    public String name() {
        return "audit";
    }

    @Override
    public List<String> tables() {
        return List.of("audit_entry");
    }

    @SuppressWarnings("ArrayRecordComponent") // Rows are never compared.
    private record Row(
            long position,
            String eventId,
            String type,
            String revision,
            Instant occurredAt,
            @Nullable String actorType,
            @Nullable String actorAccountId,
            @Nullable String actorTokenId,
            String accountId,
            @Nullable String previousAccountId,
            @Nullable String tokenId,
            @Nullable String ipAddress,
            @Nullable String userAgent,
            @Nullable String correlationId,
            byte[] payload) {}

    @Override
    public void apply(List<LogEntry> entries, Tables tables) {
        var rows = entries.stream().map(this::row).toList();
        tables.sql("""
            insert into projection.audit_entry (position, event_id, type, revision, occurred_at,
                actor_type, actor_account_id, actor_token_id, account_id, previous_account_id, token_id,
                ip_address, user_agent, correlation_id, payload)
            select position, event_id, type, revision, occurred_at::timestamptz,
                actor_type, actor_account_id, actor_token_id, account_id, previous_account_id, token_id,
                ip_address, user_agent, correlation_id, payload
            from unnest(:position::bigint[], :eventId::text[], :type::text[], :revision::text[], :occurredAt::text[],
                :actorType::text[], :actorAccount::text[], :actorToken::text[], :account::text[],
                :previousAccount::text[], :token::text[], :ipAddress::text[], :userAgent::text[],
                :correlation::text[], :payload::bytea[])
                as n (position, event_id, type, revision, occurred_at, actor_type, actor_account_id, actor_token_id,
                    account_id, previous_account_id, token_id, ip_address, user_agent, correlation_id, payload)
            on conflict (position) do nothing\
            """)
                .param("position", Columns.longs(rows, Row::position))
                .param("eventId", Columns.texts(rows, Row::eventId))
                .param("type", Columns.texts(rows, Row::type))
                .param("revision", Columns.texts(rows, Row::revision))
                .param("occurredAt", Columns.instants(rows, Row::occurredAt))
                .param("actorType", Columns.texts(rows, Row::actorType))
                .param("actorAccount", Columns.texts(rows, Row::actorAccountId))
                .param("actorToken", Columns.texts(rows, Row::actorTokenId))
                .param("account", Columns.texts(rows, Row::accountId))
                .param("previousAccount", Columns.texts(rows, Row::previousAccountId))
                .param("token", Columns.texts(rows, Row::tokenId))
                .param("ipAddress", Columns.texts(rows, Row::ipAddress))
                .param("userAgent", Columns.texts(rows, Row::userAgent))
                .param("correlation", Columns.texts(rows, Row::correlationId))
                .param("payload", Columns.bytes(rows, Row::payload))
                .update();
    }

    private Row row(LogEntry entry) {
        var event = entry.event();
        var payload = entry.message().serializePayload(serializer, byte[].class);
        return new Row(
                entry.position(),
                entry.eventId(),
                payload.getType().getName(),
                payload.getType().getRevision(),
                entry.occurredAt(),
                entry.metadata(EventMetadata.ACTOR_TYPE),
                entry.metadata(EventMetadata.ACTOR_ACCOUNT_ID),
                entry.metadata(EventMetadata.ACTOR_TOKEN_ID),
                event.accountId(),
                event instanceof TokenTransferred transferred ? transferred.previousAccountId() : null,
                event instanceof TokenEvent ofToken ? ofToken.tokenId() : null,
                entry.metadata(EventMetadata.IP_ADDRESS),
                entry.metadata(EventMetadata.USER_AGENT),
                entry.metadata(EventMetadata.CORRELATION_ID),
                payload.getData());
    }
}
