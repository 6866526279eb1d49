package io.keyledger.query.audit;

import static java.util.stream.Collectors.toMap;

import io.keyledger.api.Event;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.AuditEvent.AuditOrigin;
import io.keyledger.api.audit.AuditEvent.Target;
import io.keyledger.api.webhook.WebhookEvent;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Makes entries of the trail readable: decrypts them, and names who and what. Somebody who may not read everything sees
 * the origin only where it is the own one or belongs to nobody known: an administrator's address is not for the user
 * whose account was changed.
 */
final class TrailReader {

    private final JdbcClient jdbc;
    private final Serializer serializer;
    private final PersonalDataKeys keys;

    /** @param serializer of events */
    TrailReader(JdbcClient jdbc, Serializer serializer, PersonalDataKeys keys) {
        this.jdbc = jdbc;
        this.serializer = serializer;
        this.keys = keys;
    }

    /** @param readerId absent: the service itself, which reads everything */
    List<ToldEntry> read(@Nullable String readerId, boolean everything, List<TrailEntry> entries) {
        var accountIds = entries.stream()
                .flatMap(entry -> Stream.of(entry.accountId(), entry.actorAccountId()))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        var tokenIds = entries.stream()
                .flatMap(entry -> Stream.of(entry.tokenId(), entry.actorTokenId()))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        var names = new HashMap<>(names(
                "select account_id, display_name from projection.account where account_id = any(:ids)", accountIds));
        names.putAll(names("select token_id, name from projection.token_list where token_id = any(:ids)", tokenIds));
        var keyring = keys.of(accountIds);
        return entries.stream()
                .map(entry -> read(
                        entry,
                        everything
                                || entry.actorAccountId() == null
                                || entry.actorAccountId().equals(readerId),
                        names,
                        keyring))
                .toList();
    }

    private ToldEntry read(
            TrailEntry entry, boolean withOrigin, Map<String, String> names, PersonalDataKeys.Keyring keyring) {
        Event event = serializer.deserialize(
                new SimpleSerializedObject<>(entry.payload(), byte[].class, entry.type(), entry.revision()));
        var details = new AuditDetails(text -> keyring.open(entry.accountId(), entry.eventId(), text));
        var actorName = entry.actorTokenId() != null ? entry.actorTokenId() : entry.actorAccountId();
        var originOwner = entry.actorAccountId() != null ? entry.actorAccountId() : entry.accountId();
        return new ToldEntry(
                new AuditEvent(
                        entry.eventId(),
                        entry.position(),
                        entry.type(),
                        entry.occurredAt(),
                        new Actor(
                                Actor.Type.valueOf(entry.actorType().toUpperCase(Locale.ROOT)),
                                entry.actorAccountId(),
                                entry.actorTokenId(),
                                actorName == null ? null : names.get(actorName)),
                        target(entry, event, names),
                        withOrigin
                                ? new AuditOrigin(
                                        keyring.openNullable(originOwner, entry.eventId(), sealed(entry.ipAddress())),
                                        keyring.openNullable(originOwner, entry.eventId(), sealed(entry.userAgent())))
                                : new AuditOrigin(null, null),
                        entry.correlationId(),
                        details.of(event)),
                event);
    }

    private static Target target(TrailEntry entry, Event event, Map<String, String> names) {
        if (event instanceof WebhookEvent ofWebhook) {
            return new Target("webhook", ofWebhook.webhookId(), null);
        }
        return entry.tokenId() != null
                ? new Target("token", entry.tokenId(), names.get(entry.tokenId()))
                : new Target("account", entry.accountId(), names.get(entry.accountId()));
    }

    private static @Nullable PersonalText sealed(@Nullable String ciphertext) {
        return ciphertext == null ? null : new PersonalText.Sealed(ciphertext);
    }

    private Map<String, String> names(String sql, Collection<String> ids) {
        return jdbc
                .sql(sql)
                .param("ids", ids.toArray(String[]::new))
                .query((row, _) -> Map.entry(row.getString(1), row.getString(2)))
                .list()
                .stream()
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
