package io.keyledger.query.token;

import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.token.RetiredTokenValueUsed;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.query.StreamingProjection;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.ResetHandler;
import org.axonframework.eventhandling.SequenceNumber;
import org.axonframework.eventhandling.Timestamp;
import org.axonframework.messaging.annotation.MessageIdentifier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Keeps {@code projection.token_list}: each account's tokens, with their names in clear. Applies each event of a token
 * once, in order; one that it has applied before changes nothing, and a hole before one stops the processor.
 */
@Component
class TokenListProjection implements StreamingProjection {

    private final JdbcClient jdbc;
    private final PersonalDataKeys keys;

    TokenListProjection(JdbcClient jdbc, PersonalDataKeys keys) {
        this.jdbc = jdbc;
        this.keys = keys;
    }

    @Override
    public String name() {
        return "token";
    }

    /** What is of no concern here still moves the projection's place in the log, on which reads wait. */
    @EventHandler
    void on(Object other) {}

    @EventHandler
    void on(
            TokenCreated event,
            @MessageIdentifier String eventId,
            @SequenceNumber long version,
            @Timestamp Instant createdAt) {
        var name = open(event, eventId, event.name());
        var description = open(event, eventId, event.description());
        jdbc.sql("""
            insert into projection.token_list (token_id, account_id, name, name_key, description, description_key,
                permissions, hint, created_at, expires_at, version)
            values (:token, :account, :name, :nameKey, :description, :descriptionKey,
                :permissions, :hint, :createdAt, :expiresAt, :version)
            on conflict (token_id) do nothing\
            """)
                .param("token", event.tokenId())
                .param("account", event.accountId())
                .param("name", name)
                .param("nameKey", key(name))
                .param("description", description)
                .param("descriptionKey", key(description))
                .param("permissions", array(event.permissions()))
                .param("hint", event.hint())
                .param("createdAt", utc(createdAt))
                .param("expiresAt", utc(event.expiresAt()))
                .param("version", version)
                .update();
    }

    @EventHandler
    void on(TokenRenamed event, @MessageIdentifier String eventId, @SequenceNumber long version) {
        var name = open(event, eventId, event.name());
        applied(
                event,
                version,
                change(event, version, "name = :name, name_key = :nameKey")
                        .param("name", name)
                        .param("nameKey", key(name))
                        .update());
    }

    @EventHandler
    void on(TokenDescriptionChanged event, @MessageIdentifier String eventId, @SequenceNumber long version) {
        var description = open(event, eventId, event.description());
        applied(
                event,
                version,
                change(event, version, "description = :description, description_key = :descriptionKey")
                        .param("description", description)
                        .param("descriptionKey", key(description))
                        .update());
    }

    @EventHandler
    void on(TokenPermissionsChanged event, @SequenceNumber long version) {
        applied(
                event,
                version,
                change(event, version, "permissions = :permissions")
                        .param("permissions", array(event.permissions()))
                        .update());
    }

    @EventHandler
    void on(TokenExpiryChanged event, @SequenceNumber long version) {
        applied(
                event,
                version,
                change(event, version, "expires_at = :expiresAt")
                        .param("expiresAt", utc(event.expiresAt()))
                        .update());
    }

    @EventHandler
    void on(TokenRevoked event, @SequenceNumber long version, @Timestamp Instant revokedAt) {
        applied(
                event,
                version,
                change(event, version, "revoked_at = :revokedAt")
                        .param("revokedAt", utc(revokedAt))
                        .update());
    }

    @EventHandler
    void on(TokenRotated event, @SequenceNumber long version, @Timestamp Instant rotatedAt) {
        applied(
                event,
                version,
                change(event, version, "hint = :hint, rotated_at = :rotatedAt, overlap_ends_at = :overlapEndsAt")
                        .param("hint", event.hint())
                        .param("rotatedAt", utc(rotatedAt))
                        .param("overlapEndsAt", utc(event.overlapEndsAt()))
                        .update());
    }

    /** The value that was lost on its way leaves the one before it accepted; the rotation that follows says until when. */
    @EventHandler
    void on(TokenValueRetired event, @SequenceNumber long version) {
        applied(event, version, change(event, version, "overlap_ends_at = null").update());
    }

    @EventHandler
    void on(TokenDisabled event, @SequenceNumber long version) {
        applied(event, version, change(event, version, "enabled = false").update());
    }

    @EventHandler
    void on(TokenEnabled event, @SequenceNumber long version) {
        applied(event, version, change(event, version, "enabled = true").update());
    }

    @EventHandler
    void on(TokenAllowedAddressesChanged event, @MessageIdentifier String eventId, @SequenceNumber long version) {
        applied(
                event,
                version,
                change(event, version, "allowed_addresses = :ranges")
                        .param("ranges", ranges(open(event, eventId, event.allowedAddresses())))
                        .update());
    }

    @EventHandler
    void on(TokenTransferred event, @MessageIdentifier String eventId, @SequenceNumber long version) {
        var name = open(event, eventId, event.name());
        var description = open(event, eventId, event.description());
        applied(
                event,
                version,
                change(
                                event,
                                version,
                                "account_id = :account, name = :name, name_key = :nameKey, description = :description,"
                                        + " description_key = :descriptionKey, allowed_addresses = :ranges")
                        .param("account", event.accountId())
                        .param("name", name)
                        .param("nameKey", key(name))
                        .param("description", description)
                        .param("descriptionKey", key(description))
                        .param("ranges", ranges(open(event, eventId, event.allowedAddresses())))
                        .update());
    }

    /** Only counts: what was done about it is told by the revocation that may follow. */
    @EventHandler
    void on(TokenLeaked event, @SequenceNumber long version) {
        applied(event, version, change(event, version, "hint = hint").update());
    }

    /** These are no part of the token's own stream, so they do not count. */
    @EventHandler
    void on(TokenFirstUsed event) {}

    @EventHandler
    void on(RetiredTokenValueUsed event) {}

    @EventHandler
    void on(TokenExpiryAnnounced event) {}

    /**
     * All of its tokens, those that were revoked long ago too. They become what their own events tell now that the data
     * key is destroyed, so that a rebuild makes the same.
     */
    @EventHandler
    void on(PersonalDataErased event) {
        jdbc.sql("""
            update projection.token_list set name = :erased, name_key = :erased,
                description = case when description is null then null else :erased end,
                description_key = case when description_key is null then null else :erased end,
                allowed_addresses = case when allowed_addresses = '{}' then '{}' else array[:erased] end
            where account_id = :account\
            """)
                .param("erased", PersonalDataKeys.ERASED)
                .param("account", event.accountId())
                .update();
    }

    /** Only counts: that it has expired is seen from its time. */
    @EventHandler
    void on(TokenExpired event, @SequenceNumber long version) {
        applied(
                event,
                version,
                change(event, version, "expires_at = expires_at").update());
    }

    /** Deletes rather than truncates: that asks for no right beyond writing, and never blocks a reader. */
    @ResetHandler
    void reset() {
        jdbc.sql("delete from projection.token_list").update();
    }

    private JdbcClient.StatementSpec change(TokenEvent event, long version, String assignments) {
        return jdbc.sql("""
            update projection.token_list set %s, version = :version
            where token_id = :token and version = :version - 1\
            """.formatted(assignments))
                .param("token", event.tokenId())
                .param("version", version);
    }

    private void applied(TokenEvent event, long version, int rows) {
        if (rows == 1) {
            return;
        }
        var present = jdbc.sql("select version from projection.token_list where token_id = :token")
                .param("token", event.tokenId())
                .query(Long.class)
                .optional()
                .orElseThrow(() -> new IllegalStateException(
                        "the token list lacks %s, to which its event %d happened".formatted(event.tokenId(), version)));
        if (present < version) {
            throw new IllegalStateException("the token list has %s at its event %d; it cannot apply event %d next"
                    .formatted(event.tokenId(), present, version));
        }
    }

    private @Nullable String open(TokenEvent event, String eventId, @Nullable PersonalText text) {
        return keys.of(List.of(event.accountId())).openNullable(event.accountId(), eventId, text);
    }

    private static @Nullable String key(@Nullable String text) {
        return text == null ? null : text.toLowerCase(Locale.ROOT);
    }

    private static String[] ranges(@Nullable String text) {
        return text == null ? new String[0] : text.split(" ");
    }

    private static String[] array(List<String> permissions) {
        return permissions.toArray(String[]::new);
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }
}
