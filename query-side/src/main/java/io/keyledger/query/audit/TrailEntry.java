package io.keyledger.query.audit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** A row of {@code projection.audit_entry}. */
@SuppressWarnings("ArrayRecordComponent") // Entries are never compared.
record TrailEntry(
        long position,
        String eventId,
        String type,
        String revision,
        Instant occurredAt,
        String actorType,
        @Nullable String actorAccountId,
        @Nullable String actorTokenId,
        String accountId,
        @Nullable String tokenId,
        @Nullable String ipAddress,
        @Nullable String userAgent,
        String correlationId,
        byte[] payload) {

    static TrailEntry of(ResultSet row) throws SQLException {
        return new TrailEntry(
                row.getLong("position"),
                row.getString("event_id"),
                row.getString("type"),
                row.getString("revision"),
                row.getObject("occurred_at", OffsetDateTime.class).toInstant(),
                row.getString("actor_type"),
                row.getString("actor_account_id"),
                row.getString("actor_token_id"),
                row.getString("account_id"),
                row.getString("token_id"),
                row.getString("ip_address"),
                row.getString("user_agent"),
                row.getString("correlation_id"),
                row.getBytes("payload"));
    }

    @Override
    public String toString() {
        return "TrailEntry[" + position + "]";
    }
}
