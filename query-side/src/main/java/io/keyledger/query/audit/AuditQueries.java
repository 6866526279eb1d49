package io.keyledger.query.audit;

import static java.util.stream.Collectors.toMap;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.AuditEvent.AuditOrigin;
import io.keyledger.api.audit.AuditEvent.Target;
import io.keyledger.api.audit.AuditEventPage;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.api.webhook.WebhookEvent;
import io.keyledger.query.Cursors;
import io.keyledger.query.Page;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.axonframework.queryhandling.QueryHandler;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Answers what happened, from {@code projection.audit_entry}. Somebody who may not read everything sees the events that
 * happened to the own account and those that it did, those that took a token of theirs away among them, and of these the origin only where it is the own one or belongs to
 * nobody known: an administrator's address is not for the user whose account was changed.
 */
@Component
class AuditQueries implements QueryHandlers {

    private static final List<String> TYPES = Event.types().stream()
            .map(type -> type.getAnnotation(EventType.class).name())
            .sorted()
            .toList();

    private final JdbcClient jdbc;
    private final Serializer serializer;
    private final PersonalDataKeys keys;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    /** @param serializer of events */
    AuditQueries(
            JdbcClient jdbc,
            Serializer serializer,
            PersonalDataKeys keys,
            Cursors cursors,
            ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.serializer = serializer;
        this.keys = keys;
        this.cursors = cursors;
        this.positions = positions;
    }

    @QueryHandler
    AuditEventPage handle(FindAuditEvents query) {
        Page.checkLimit(query.limit());
        if (query.type() != null && !TYPES.contains(query.type())) {
            throw new Refusal.Malformed("invalid_type", "type is one of %s.".formatted(String.join(", ", TYPES)));
        }
        List<@Nullable Object> list = Arrays.asList(
                "audit-events",
                query.readerId(),
                query.everything(),
                query.type(),
                query.tokenId(),
                query.accountId(),
                query.actor(),
                query.after(),
                query.before());
        var last = cursors.read(list, query.cursor());
        if (query.position() != null) {
            positions.await("audit", query.position());
            // Names of tokens are read from there.
            positions.await("token", query.position());
        }

        var page = Page.of(entries(query, last == null ? null : Long.valueOf(last.getFirst())), query.limit());
        return new AuditEventPage(
                events(query, page.rows()),
                page.nextCursor(entry -> cursors.write(list, List.of(Long.toString(entry.position())))));
    }

    private List<Entry> entries(FindAuditEvents query, @Nullable Long beforePosition) {
        var filters = new StringBuilder();
        var parameters = new HashMap<String, @Nullable Object>();
        if (query.type() != null) {
            filters.append(" and type = :type");
            parameters.put("type", query.type());
        }
        if (query.tokenId() != null) {
            filters.append(" and token_id = :token");
            parameters.put("token", query.tokenId());
        }
        if (query.accountId() != null) {
            filters.append(" and account_id = :account");
            parameters.put("account", query.accountId());
        }
        if (query.actor() != null) {
            // What the id says of itself, because one index serves one column.
            filters.append(query.actor().startsWith("tok_") ? " and actor_token_id" : " and actor_account_id")
                    .append(" = :actor");
            parameters.put("actor", query.actor());
        }
        if (query.after() != null) {
            filters.append(" and occurred_at > :after");
            parameters.put("after", query.after().atOffset(ZoneOffset.UTC));
        }
        if (query.before() != null) {
            filters.append(" and occurred_at < :before");
            parameters.put("before", query.before().atOffset(ZoneOffset.UTC));
        }
        if (beforePosition != null) {
            filters.append(" and position < :position");
            parameters.put("position", beforePosition);
        }
        parameters.put("limit", query.limit() + 1);

        var newest = " order by position desc limit :limit";
        String sql;
        if (query.everything()) {
            sql = "select * from projection.audit_entry where true" + filters + newest;
        } else {
            // Short walks along an index each; with "or" PostgreSQL gathers and sorts all entries of the account.
            sql = "(select * from projection.audit_entry where account_id = :reader" + filters + newest
                    + ") union all (select * from projection.audit_entry where actor_account_id = :reader"
                    + " and account_id <> :reader" + filters + newest
                    + ") union all (select * from projection.audit_entry where previous_account_id = :reader"
                    + " and account_id <> :reader and actor_account_id is distinct from :reader" + filters + newest
                    + ")" + newest;
            parameters.put("reader", query.readerId());
        }
        return jdbc.sql(sql)
                .params(parameters)
                .query((row, number) -> Entry.of(row))
                .list();
    }

    private List<AuditEvent> events(FindAuditEvents query, List<Entry> entries) {
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
                "select account_id, display_name from projection.account" + " where account_id = any(:ids)",
                accountIds));
        names.putAll(names("select token_id, name from projection.token_list where token_id = any(:ids)", tokenIds));
        var keyring = keys.of(accountIds);
        return entries.stream()
                .map(entry -> event(entry, seesOrigin(query, entry), names, keyring))
                .toList();
    }

    private AuditEvent event(
            Entry entry, boolean withOrigin, Map<String, String> names, PersonalDataKeys.Keyring keyring) {
        Event event = serializer.deserialize(
                new SimpleSerializedObject<>(entry.payload(), byte[].class, entry.type(), entry.revision()));
        var details = new AuditDetails(text -> keyring.open(entry.accountId(), entry.eventId(), text));
        var actorName = entry.actorTokenId() != null ? entry.actorTokenId() : entry.actorAccountId();
        var originOwner = entry.actorAccountId() != null ? entry.actorAccountId() : entry.accountId();
        return new AuditEvent(
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
                details.of(event));
    }

    private static Target target(Entry entry, Event event, Map<String, String> names) {
        if (event instanceof WebhookEvent ofWebhook) {
            return new Target("webhook", ofWebhook.webhookId(), null);
        }
        return entry.tokenId() != null
                ? new Target("token", entry.tokenId(), names.get(entry.tokenId()))
                : new Target("account", entry.accountId(), names.get(entry.accountId()));
    }

    private static boolean seesOrigin(FindAuditEvents query, Entry entry) {
        return query.everything()
                || entry.actorAccountId() == null
                || entry.actorAccountId().equals(query.readerId());
    }

    private static @Nullable PersonalText sealed(@Nullable String ciphertext) {
        return ciphertext == null ? null : new PersonalText.Sealed(ciphertext);
    }

    private Map<String, String> names(String sql, Collection<String> ids) {
        return jdbc
                .sql(sql)
                .param("ids", ids.toArray(String[]::new))
                .query((row, number) -> Map.entry(row.getString(1), row.getString(2)))
                .list()
                .stream()
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @SuppressWarnings("ArrayRecordComponent") // Entries are never compared.
    private record Entry(
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

        static Entry of(ResultSet row) throws SQLException {
            return new Entry(
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
    }
}
