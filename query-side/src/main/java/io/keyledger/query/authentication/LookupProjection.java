package io.keyledger.query.authentication;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountOwnerRemoved;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ResetLinkIssued;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import java.sql.Timestamp;
import java.sql.Types;
import java.text.Normalizer;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.SequenceNumber;
import org.axonframework.messaging.annotation.MessageIdentifier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Keeps the tables that authenticate requests, in the transaction that appends the event: when a revocation is
 * answered, it holds on every node. Its indexes are also the rules that hold over all aggregates; what it refuses is
 * never appended.
 */
public final class LookupProjection {

    private final JdbcClient jdbc;
    private final PersonalDataKeys keys;

    public LookupProjection(JdbcClient jdbc, PersonalDataKeys keys) {
        this.jdbc = jdbc;
        this.keys = keys;
    }

    @EventHandler
    void on(
            AccountRegistered event,
            @MessageIdentifier String eventId,
            @SequenceNumber long version,
            @org.axonframework.eventhandling.Timestamp Instant at) {
        var keyring = keys.of(List.of(event.accountId()));
        var email = keyring.open(event.accountId(), eventId, event.email());
        unlessTaken(
                emailTaken(),
                () -> jdbc.sql("""
                    insert into projection.account (account_id, email, email_key, display_name, administrator,
                        enabled, session_epoch, version, created_at)
                    values (?, ?, ?, ?, ?, true, ?, ?, ?)\
                    """)
                        .params(
                                event.accountId(),
                                email,
                                key(email),
                                keyring.open(event.accountId(), eventId, event.displayName()),
                                event.administrator(),
                                version,
                                version,
                                Timestamp.from(at))
                        .update());
    }

    @EventHandler
    void on(EmailChanged event, @MessageIdentifier String eventId, @SequenceNumber long version) {
        var email = open(event.accountId(), eventId, event.email());
        unlessTaken(
                emailTaken(),
                () -> jdbc.sql("update projection.account set email = ?, email_key = ?, version = ? where account_id"
                                + " = ?")
                        .params(email, key(email), version, event.accountId())
                        .update());
    }

    @EventHandler
    void on(DisplayNameChanged event, @MessageIdentifier String eventId, @SequenceNumber long version) {
        one(jdbc.sql("update projection.account set display_name = ?, version = ? where account_id = ?")
                .params(open(event.accountId(), eventId, event.displayName()), version, event.accountId())
                .update());
    }

    @EventHandler
    void on(
            PasswordChanged event,
            @SequenceNumber long version,
            @org.axonframework.eventhandling.Timestamp Instant at) {
        passwordSet(event.accountId(), event.otherSessionsEnded(), version, at);
    }

    @EventHandler
    void on(PasswordReset event, @SequenceNumber long version, @org.axonframework.eventhandling.Timestamp Instant at) {
        passwordSet(event.accountId(), true, version, at);
    }

    private void passwordSet(String accountId, boolean sessionsEnded, long version, Instant at) {
        one(jdbc.sql("""
            update projection.account
            set password_changed_at = ?, version = ?,
                session_epoch = case when ? then ? else session_epoch end
            where account_id = ?\
            """)
                .params(Timestamp.from(at), version, sessionsEnded, version, accountId)
                .update());
    }

    @EventHandler
    void on(ResetLinkIssued event, @SequenceNumber long version) {
        versionOnly(event.accountId(), version);
    }

    private void versionOnly(String accountId, long version) {
        one(jdbc.sql("update projection.account set version = ? where account_id = ?")
                .params(version, accountId)
                .update());
    }

    @EventHandler
    void on(AccountDisabled event, @SequenceNumber long version) {
        lockAdministrators();
        one(jdbc.sql("""
            update projection.account set enabled = false, session_epoch = ?, version = ?
            where account_id = ?\
            """).params(version, version, event.accountId()).update());
        requireAdministrator();
    }

    @EventHandler
    void on(AccountEnabled event, @SequenceNumber long version) {
        one(jdbc.sql("update projection.account set enabled = true, version = ? where account_id = ?")
                .params(version, event.accountId())
                .update());
    }

    @EventHandler
    void on(AdministratorGranted event, @SequenceNumber long version) {
        one(jdbc.sql("update projection.account set administrator = true, version = ? where account_id = ?")
                .params(version, event.accountId())
                .update());
    }

    @EventHandler
    void on(AdministratorRevoked event, @SequenceNumber long version) {
        lockAdministrators();
        one(jdbc.sql("update projection.account set administrator = false, version = ? where account_id = ?")
                .params(version, event.accountId())
                .update());
        requireAdministrator();
    }

    @EventHandler
    void on(
            ServiceAccountRegistered event,
            @MessageIdentifier String eventId,
            @SequenceNumber long version,
            @org.axonframework.eventhandling.Timestamp Instant at) {
        one(jdbc.sql("""
            insert into projection.account (account_id, display_name, administrator, enabled, service, session_epoch,
                version, created_at)
            values (?, ?, false, true, true, ?, ?, ?)\
            """)
                .params(
                        event.accountId(),
                        open(event.accountId(), eventId, event.displayName()),
                        version,
                        version,
                        Timestamp.from(at))
                .update());
    }

    @EventHandler
    void on(AccountOwnerAdded event, @SequenceNumber long version) {
        one(jdbc.sql("insert into projection.account_owner (account_id, owner_id) values (?, ?)")
                .params(event.accountId(), event.ownerId())
                .update());
        versionOnly(event.accountId(), version);
    }

    @EventHandler
    void on(AccountOwnerRemoved event, @SequenceNumber long version) {
        one(jdbc.sql("delete from projection.account_owner where account_id = ? and owner_id = ?")
                .params(event.accountId(), event.ownerId())
                .update());
        versionOnly(event.accountId(), version);
    }

    /** Who remains under the name {@link PersonalDataKeys#ERASED}; the email address is free for a new account. */
    @EventHandler
    void on(PersonalDataErased event, @SequenceNumber long version) {
        lockAdministrators();
        one(jdbc.sql("""
            update projection.account set email = null, email_key = null, display_name = :erased, administrator = false,
                enabled = false, erased = true, session_epoch = :version, version = :version
            where account_id = :account\
            """)
                .param("erased", PersonalDataKeys.ERASED)
                .param("version", version)
                .param("account", event.accountId())
                .update());
        requireAdministrator();
        jdbc.sql("delete from projection.account_owner where account_id = ?")
                .param(event.accountId())
                .update();
        // As their own events tell it without the data key, so that a rebuild makes the same. All of them are revoked.
        jdbc.sql("update projection.token set allowed_addresses = array[?] where account_id = ?"
                        + " and allowed_addresses is not null")
                .params(PersonalDataKeys.ERASED, event.accountId())
                .update();
    }

    /** Of two administrators who disable each other at once, the second waits here and then sees the first's change. */
    private void lockAdministrators() {
        jdbc.sql("""
            select account_id from projection.account where administrator and enabled and not service
            order by account_id for update\
            """).query(String.class).list();
    }

    private void requireAdministrator() {
        var remains = jdbc.sql("select exists (select from projection.account where administrator and enabled"
                        + " and not service)")
                .query(Boolean.class)
                .single();
        if (!remains) {
            throw new Refusal.Conflict(
                    "last_administrator", "This is the last enabled administrator. Make somebody else one first.");
        }
    }

    @EventHandler
    void on(
            TokenCreated event,
            @MessageIdentifier String eventId,
            @org.axonframework.eventhandling.Timestamp Instant at) {
        var name = key(open(event.accountId(), eventId, event.name()));
        unlessTaken(
                tokenNameTaken(),
                () -> jdbc.sql("""
                    insert into projection.token (token_id, account_id, name_key, permissions, expires_at, expired,
                        revoked)
                    values (:token, :account, :name, :permissions, :expiresAt, false, false)\
                    """)
                        .param("token", event.tokenId())
                        .param("account", event.accountId())
                        .param("name", name)
                        .param("permissions", event.permissions().toArray(String[]::new))
                        .param("expiresAt", timestamp(event.expiresAt()), Types.TIMESTAMP)
                        .update());
        insertValue(event.tokenId(), event.digest(), event.hint(), at);
    }

    private void insertValue(String tokenId, String digest, String hint, Instant issuedAt) {
        one(jdbc.sql("""
            insert into projection.token_value (digest, token_id, hint, state, issued_at)
            values (?, ?, ?, 'current', ?)\
            """)
                .params(Base64.getDecoder().decode(digest), tokenId, hint, Timestamp.from(issuedAt))
                .update());
    }

    /** What is not accepted any more was retired before, by an event of its own. */
    @EventHandler
    void on(TokenRotated event, @org.axonframework.eventhandling.Timestamp Instant at) {
        jdbc.sql("update projection.token_value set state = 'previous' where token_id = ? and state = 'current'")
                .param(event.tokenId())
                .update();
        insertValue(event.tokenId(), event.digest(), event.hint(), at);
        overlapUntil(event.tokenId(), event.overlapEndsAt());
    }

    @EventHandler
    void on(TokenValueRetired event) {
        one(jdbc.sql("update projection.token_value set state = 'retired' where digest = ?")
                .param(Base64.getDecoder().decode(event.digest()))
                .update());
        var overlaps = jdbc.sql("select exists (select from projection.token_value where token_id = ? and state ="
                        + " 'previous')")
                .param(event.tokenId())
                .query(Boolean.class)
                .single();
        if (!overlaps) {
            overlapUntil(event.tokenId(), null);
        }
    }

    private void overlapUntil(String tokenId, @Nullable Instant end) {
        one(jdbc.sql("update projection.token set overlap_ends_at = :end where token_id = :token")
                .param("end", timestamp(end), Types.TIMESTAMP)
                .param("token", tokenId)
                .update());
    }

    /** Of two that record it at once, the second waits here and is then told that it is not the first. */
    @EventHandler
    void on(TokenFirstUsed event) {
        if (jdbc.sql("update projection.token set used = true where token_id = ? and not used")
                        .param(event.tokenId())
                        .update()
                == 0) {
            throw alreadyRecorded();
        }
    }

    @EventHandler
    void on(TokenExpiryAnnounced event) {
        if (jdbc.sql("""
            update projection.token set announced_days_left = :days
            where token_id = :token and expires_at = :expiresAt
              and (announced_days_left is null or announced_days_left > :days)\
            """)
                        .param("days", event.daysLeft())
                        .param("token", event.tokenId())
                        .param("expiresAt", timestamp(event.expiresAt()), Types.TIMESTAMP)
                        .update()
                == 0) {
            throw alreadyRecorded();
        }
    }

    private static Refusal alreadyRecorded() {
        return new Refusal.Conflict("already_recorded", "This was recorded before.");
    }

    @EventHandler
    void on(TokenDisabled event) {
        disabled(event.tokenId(), true);
    }

    @EventHandler
    void on(TokenEnabled event) {
        disabled(event.tokenId(), false);
    }

    private void disabled(String tokenId, boolean disabled) {
        one(jdbc.sql("update projection.token set disabled = ? where token_id = ?")
                .params(disabled, tokenId)
                .update());
    }

    @EventHandler
    void on(TokenAllowedAddressesChanged event, @MessageIdentifier String eventId) {
        var ranges =
                event.allowedAddresses() == null ? null : open(event.accountId(), eventId, event.allowedAddresses());
        one(jdbc.sql("update projection.token set allowed_addresses = string_to_array(:ranges, ' ') where token_id ="
                        + " :token")
                .param("ranges", ranges, Types.VARCHAR)
                .param("token", event.tokenId())
                .update());
    }

    @EventHandler
    void on(TokenTransferred event, @MessageIdentifier String eventId) {
        var name = key(open(event.accountId(), eventId, event.name()));
        unlessTaken(
                tokenNameTaken(),
                () -> jdbc.sql("update projection.token set account_id = ?, name_key = ? where token_id = ?")
                        .params(event.accountId(), name, event.tokenId())
                        .update());
    }

    @EventHandler
    void on(TokenRenamed event, @MessageIdentifier String eventId) {
        var name = key(open(event.accountId(), eventId, event.name()));
        unlessTaken(
                tokenNameTaken(),
                () -> jdbc.sql("update projection.token set name_key = ? where token_id = ?")
                        .params(name, event.tokenId())
                        .update());
    }

    @EventHandler
    void on(TokenPermissionsChanged event) {
        one(jdbc.sql("update projection.token set permissions = ? where token_id = ?")
                .params(event.permissions().toArray(String[]::new), event.tokenId())
                .update());
    }

    @EventHandler
    void on(TokenExpiryChanged event) {
        one(jdbc.sql("update projection.token set expires_at = :expiresAt, expired = false,"
                        + " announced_days_left = null where token_id = :token")
                .param("expiresAt", timestamp(event.expiresAt()), Types.TIMESTAMP)
                .param("token", event.tokenId())
                .update());
    }

    @EventHandler
    void on(TokenExpired event) {
        one(jdbc.sql("update projection.token set expired = true where token_id = ?")
                .param(event.tokenId())
                .update());
    }

    @EventHandler
    void on(TokenRevoked event) {
        one(jdbc.sql("update projection.token set revoked = true, name_key = null where token_id = ?")
                .param(event.tokenId())
                .update());
    }

    private String open(String accountId, String eventId, PersonalText text) {
        return keys.of(List.of(accountId)).open(accountId, eventId, text);
    }

    /** By what names are compared: none differ in case alone. */
    private static String key(String name) {
        return Normalizer.normalize(name.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    }

    private static @Nullable Timestamp timestamp(@Nullable Instant instant) {
        return instant == null ? null : Timestamp.from(instant);
    }

    private interface Write {
        int rows();
    }

    private static void unlessTaken(Refusal taken, Write write) {
        try {
            one(write.rows());
        } catch (DuplicateKeyException e) {
            throw taken;
        }
    }

    private static void one(int rows) {
        if (rows != 1) {
            throw new IllegalStateException("the lookup table has no row for this event");
        }
    }

    private static Refusal emailTaken() {
        return new Refusal.Conflict("email_taken", "Another account has this email address.");
    }

    private static Refusal tokenNameTaken() {
        return new Refusal.Conflict(
                "token_name_taken", "Another of the account's tokens has this name. Choose another one.");
    }
}
