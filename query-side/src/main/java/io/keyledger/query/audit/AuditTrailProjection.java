package io.keyledger.query.audit;

import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.audit.EventMetadata;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.RowWriter;
import io.keyledger.query.Tables;
import java.time.Instant;
import java.util.ArrayList;
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

    private static final int FULL = 10_000;

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

    private static final RowWriter<Row> ROWS = new RowWriter<Row>("projection.audit_entry", "position")
            .number("position", Row::position)
            .text("event_id", Row::eventId)
            .text("type", Row::type)
            .text("revision", Row::revision)
            .instant("occurred_at", Row::occurredAt)
            .text("actor_type", Row::actorType)
            .text("actor_account_id", Row::actorAccountId)
            .text("actor_token_id", Row::actorTokenId)
            .text("account_id", Row::accountId)
            .text("previous_account_id", Row::previousAccountId)
            .text("token_id", Row::tokenId)
            .text("ip_address", Row::ipAddress)
            .text("user_agent", Row::userAgent)
            .text("correlation_id", Row::correlationId)
            .bytes("payload", Row::payload);

    @Override
    public Fold fold(Tables tables) {
        return new Rows(tables);
    }

    private final class Rows implements Fold {

        private final Tables tables;
        private final List<Row> rows = new ArrayList<>();

        Rows(Tables tables) {
            this.tables = tables;
        }

        @Override
        public void add(List<LogEntry> entries, Keyring keyring) {
            entries.forEach(entry -> rows.add(row(entry)));
        }

        @Override
        public boolean isFull() {
            return rows.size() >= FULL;
        }

        @Override
        public void write() {
            ROWS.write(rows, _ -> false, tables);
            rows.clear();
        }
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
