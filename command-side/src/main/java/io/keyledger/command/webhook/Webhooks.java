package io.keyledger.command.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.crypto.tink.Aead;
import io.keyledger.api.Refusal;
import io.keyledger.api.webhook.WebhookDetails;
import io.keyledger.api.webhook.WebhookDetails.Cause;
import io.keyledger.api.webhook.WebhookDetails.Failure;
import io.keyledger.api.webhook.WebhookDisabled.Reason;
import java.security.GeneralSecurityException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The webhooks there are, in {@code state.webhook}: URL and secret encrypted, which no event holds. */
public final class Webhooks {

    /** Each is asked for what it waits for every second, and takes a few threads. */
    private static final int MAX = 20;

    private static final String SELECT = """
        select w.*, (select count(*) from state.webhook_delivery d where d.webhook_id = w.webhook_id) as waiting
        from state.webhook w\
        """;

    private final JdbcClient jdbc;
    private final Aead aead;

    /** @param aead under a key that is for nothing else */
    public Webhooks(JdbcClient jdbc, Aead aead) {
        this.jdbc = jdbc;
        this.aead = aead;
    }

    void add(String webhookId, String accountId, String url, String secret, Instant now) {
        var added = jdbc.sql("""
            insert into state.webhook (webhook_id, account_id, url, secret, types, enabled, version, created_at)
            select :webhook, :account, :url, :secret, '{}', true, 0, :now
            where (select count(*) from state.webhook) < :max\
            """)
                .param("webhook", webhookId)
                .param("account", accountId)
                .param("url", seal(webhookId, "url", url))
                .param("secret", seal(webhookId, "secret", secret))
                .param("now", utc(now))
                .param("max", MAX)
                .update();
        if (added == 0) {
            throw new Refusal.Conflict(
                    "too_many_webhooks", "There are %d webhooks, and no more can be. Delete one first.".formatted(MAX));
        }
    }

    String url(String webhookId) {
        return jdbc.sql("select url from state.webhook where webhook_id = ?")
                .param(webhookId)
                .query((row, _) -> openUrl(webhookId, row))
                .optional()
                .orElseThrow(WebhookState::notFound);
    }

    void setUrl(String webhookId, String url) {
        jdbc.sql("update state.webhook set url = ? where webhook_id = ?")
                .params(seal(webhookId, "url", url), webhookId)
                .update();
    }

    public void setTypes(String webhookId, List<String> types) {
        jdbc.sql("update state.webhook set types = ? where webhook_id = ?")
                .params(types.toArray(String[]::new), webhookId)
                .update();
    }

    public void setVersion(String webhookId, long version) {
        jdbc.sql("update state.webhook set version = ? where webhook_id = ?")
                .params(version, webhookId)
                .update();
    }

    public void disable(String webhookId, Reason reason) {
        dropWaiting(webhookId);
        jdbc.sql("update state.webhook set enabled = false, disabled_reason = ? where webhook_id = ?")
                .params(reason.name(), webhookId)
                .update();
    }

    /** Changes nothing where it is enabled. */
    public void enable(String webhookId) {
        var enabled = jdbc.sql("""
            update state.webhook set enabled = true, disabled_reason = null,
                last_failure_at = null, last_failure = null, last_failure_status = null
            where webhook_id = ? and not enabled\
            """).param(webhookId).update();
        if (enabled > 0) {
            // What an event left behind that was appended while it was being disabled.
            dropWaiting(webhookId);
        }
    }

    public void remove(String webhookId) {
        dropWaiting(webhookId);
        jdbc.sql("delete from state.webhook where webhook_id = ?")
                .param(webhookId)
                .update();
    }

    private void dropWaiting(String webhookId) {
        jdbc.sql("delete from state.webhook_delivery where webhook_id = ?")
                .param(webhookId)
                .update();
    }

    /** The oldest first. */
    List<WebhookDetails> all() {
        return jdbc.sql(SELECT + " order by w.created_at, w.webhook_id")
                .query((row, _) -> details(row))
                .list();
    }

    WebhookDetails get(String webhookId) {
        return jdbc.sql(SELECT + " where w.webhook_id = ?")
                .param(webhookId)
                .query((row, _) -> details(row))
                .optional()
                .orElseThrow(WebhookState::notFound);
    }

    private WebhookDetails details(ResultSet row) throws SQLException {
        var id = row.getString("webhook_id");
        var reason = row.getString("disabled_reason");
        return new WebhookDetails(
                id,
                openUrl(id, row),
                List.of((String[]) row.getArray("types").getArray()),
                row.getBoolean("enabled"),
                reason == null ? null : Reason.valueOf(reason),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(row, "last_success_at"),
                failure(row),
                row.getLong("waiting"),
                row.getLong("version"));
    }

    private static @Nullable Failure failure(ResultSet row) throws SQLException {
        var at = instant(row, "last_failure_at");
        return at == null
                ? null
                : new Failure(
                        at,
                        Cause.valueOf(row.getString("last_failure")),
                        row.getObject("last_failure_status", Integer.class));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    String openUrl(String webhookId, ResultSet row) throws SQLException {
        return open(webhookId, "url", row.getBytes("url"));
    }

    WebhookSecret openSecret(String webhookId, ResultSet row) throws SQLException {
        return WebhookSecret.of(open(webhookId, "secret", row.getBytes("secret")));
    }

    private byte[] seal(String webhookId, String field, String text) {
        try {
            return aead.encrypt(text.getBytes(UTF_8), (webhookId + " " + field).getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the " + field + " of " + webhookId + " cannot be sealed", e);
        }
    }

    private String open(String webhookId, String field, byte[] sealed) {
        try {
            return new String(aead.decrypt(sealed, (webhookId + " " + field).getBytes(UTF_8)), UTF_8);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the " + field + " of " + webhookId + " does not open: it was altered", e);
        }
    }

    static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
