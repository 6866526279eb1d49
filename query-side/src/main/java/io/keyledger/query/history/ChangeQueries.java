package io.keyledger.query.history;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import io.keyledger.api.history.ChangePage;
import io.keyledger.api.history.ChangePage.Changed;
import io.keyledger.api.history.ChangePage.EventBetween;
import io.keyledger.api.history.ChangePage.FieldChange;
import io.keyledger.api.history.ChangePage.Kind;
import io.keyledger.api.history.FindChanges;
import io.keyledger.api.token.RetiredTokenValueUsed;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.query.Cursors;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Page;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import io.keyledger.query.account.AccountRow;
import io.keyledger.query.token.TokenRow;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.axonframework.queryhandling.QueryHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Answers what changed between two moments. Walks the audit trail from the first to the second, a bounded number of
 * entries for each page, and tells each account and token where the first event happened to it.
 */
@Component
class ChangeQueries implements QueryHandlers {

    /** So many entries of the trail are read at once. */
    private static final int BATCH = 500;

    /** So many entries of the trail are looked at for one page. */
    private static final int MOST = 10_000;

    /** What happened to an account or a token, and is part of its own stream. The rest changes neither. */
    private static final Set<String> TYPES = Event.types().stream()
            .filter(type -> AccountEvent.class.isAssignableFrom(type) || TokenEvent.class.isAssignableFrom(type))
            .filter(type -> !Set.of(
                            SignedIn.class,
                            SignInFailed.class,
                            SignedOut.class,
                            TokenFirstUsed.class,
                            RetiredTokenValueUsed.class,
                            TokenExpiryAnnounced.class)
                    .contains(type))
            .map(type -> type.getAnnotation(EventType.class).name())
            .collect(toUnmodifiableSet());

    private final JdbcClient jdbc;
    private final Past past;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    ChangeQueries(JdbcClient jdbc, Past past, Cursors cursors, ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.past = past;
        this.cursors = cursors;
        this.positions = positions;
    }

    @QueryHandler
    ChangePage handle(FindChanges query) {
        Page.checkLimit(query.limit());
        List<@Nullable Object> list =
                Arrays.asList("changes", query.from().toString(), query.to().toString(), query.accountId());
        var cursor = cursors.read(list, query.cursor());
        if (query.position() != null) {
            positions.check(query.position());
        }
        var range = new Range(past.moment(query.from()), past.moment(query.to()));
        if (range.isReversed()) {
            throw new Refusal.Malformed("invalid_range", "from must not be after to.");
        }
        positions.await("audit", lastOf(range.to()));

        var found = new ArrayList<Changed>();
        var seen = new HashSet<String>();
        var last = cursor == null
                ? null
                : new Entry(Long.parseLong(cursor.getFirst()), Instant.parse(cursor.getLast()), "", "", null);
        var more = true;
        for (var looked = 0; more && looked < MOST; looked += BATCH) {
            var batch = walk(range, query.accountId(), last);
            more = batch.size() == BATCH;
            var entries = batch.stream()
                    .filter(entry -> TYPES.contains(entry.type()))
                    .filter(entry -> seen.add(entry.subject()))
                    .toList();
            var streams = past.read(entries.stream().map(Entry::subject).toList(), range.to());
            for (var entry : entries) {
                var changed = changed(entry, streams, range, query.accountId());
                if (changed == null) {
                    continue;
                }
                if (found.size() == query.limit()) {
                    return new ChangePage(range.from().time(), range.to().time(), found, write(list, last));
                }
                found.add(changed);
                last = entry;
            }
            if (!batch.isEmpty()) {
                last = batch.getLast();
            }
        }
        return new ChangePage(range.from().time(), range.to().time(), found, more ? write(list, last) : null);
    }

    /**
     * The position of the last event of a moment, as far as the trail may lack it. An instant's is searched only among the
     * events that the trail has not read: nothing leads from a time to them.
     */
    private long lastOf(Moment moment) {
        if (moment.position() != null) {
            return moment.position();
        }
        return jdbc.sql("select coalesce(max(global_index), 0) from event.domain_event"
                        + " where global_index > :reached and " + moment.includes("global_index", "occurred_at"))
                .param("reached", positions.reached("audit"))
                .param("moment", moment.parameter())
                .query(Long.class)
                .single();
    }

    private String write(List<@Nullable Object> list, @Nullable Entry last) {
        var behind = Objects.requireNonNull(last);
        return cursors.write(
                list,
                List.of(Long.toString(behind.position()), behind.occurredAt().toString()));
    }

    /**
     * The next entries of the trail: by position, or, from an instant on, by time, because the two orders differ a
     * little, and only one of them has an index entry to begin at. An account's are few, and always by position.
     */
    private List<Entry> walk(Range range, @Nullable String accountId, @Nullable Entry last) {
        var byTime = isByTime(range, accountId);
        var sql = new StringBuilder("select position, occurred_at, type, account_id, token_id"
                + " from projection.audit_entry where " + range.to().includes("position", "occurred_at"));
        sql.append(range.from().position() == null ? " and occurred_at > :from" : " and position > :from");
        if (last != null) {
            // The time twice, because its index has nothing else.
            sql.append(
                    byTime
                            ? " and occurred_at >= :lastTime and (occurred_at, position) > (:lastTime, :lastPosition)"
                            : " and position > :lastPosition");
        }
        var order = " order by " + (byTime ? "occurred_at, position" : "position") + " limit " + BATCH;
        // A short walk along an index each.
        var statement = jdbc.sql(
                        accountId == null
                                ? sql + order
                                : ("(%1$s and account_id = :account%2$s) union all (%1$s and account_id <> :account"
                                                + " and previous_account_id = :account%2$s)%2$s")
                                        .formatted(sql, order))
                .param("moment", range.to().parameter())
                .param("from", range.from().parameter());
        if (accountId != null) {
            statement.param("account", accountId);
        }
        if (last != null) {
            statement.param("lastPosition", last.position());
            if (byTime) {
                statement.param("lastTime", last.occurredAt().atOffset(ZoneOffset.UTC));
            }
        }
        return statement
                .query((row, _) -> new Entry(
                        row.getLong("position"),
                        row.getObject("occurred_at", OffsetDateTime.class).toInstant(),
                        row.getString("type"),
                        row.getString("account_id"),
                        row.getString("token_id")))
                .list();
    }

    private static boolean isByTime(Range range, @Nullable String accountId) {
        return range.from().position() == null && accountId == null;
    }

    /** Absent where it was told before: this is not the first event that happened to it in this time. */
    private static @Nullable Changed changed(Entry entry, Streams streams, Range range, @Nullable String accountId) {
        var id = entry.subject();
        var before = streams.upTo(id, range.from()).size();
        var all = streams.upTo(id, range.to());
        if (all.size() <= before) {
            return null;
        }
        var between = all.subList(before, all.size());
        var first = between.stream()
                .filter(each -> accountId == null || concerns(each.event(), accountId))
                .min(
                        isByTime(range, accountId)
                                ? Comparator.comparing(LogEntry::occurredAt).thenComparingLong(LogEntry::position)
                                : Comparator.comparingLong(LogEntry::position));
        if (first.isEmpty() || first.get().position() != entry.position()) {
            return null;
        }
        var events = between.stream()
                .limit(ChangePage.EVENTS)
                .map(each -> new EventBetween(
                        each.position(),
                        Objects.requireNonNull(each.event().getClass().getAnnotation(EventType.class))
                                .name(),
                        each.occurredAt()))
                .toList();
        if (entry.tokenId() != null) {
            var after = Objects.requireNonNull(streams.token(id, range.to()));
            var earlier = streams.token(id, range.from());
            return new Changed(
                    Kind.TOKEN,
                    id,
                    after.accountId(),
                    after.name(),
                    earlier == null,
                    changes(earlier == null ? Map.of() : fields(earlier, range.from()), fields(after, range.to())),
                    events,
                    between.size());
        }
        var after = Objects.requireNonNull(streams.account(id, range.to()));
        var earlier = streams.account(id, range.from());
        return new Changed(
                Kind.ACCOUNT,
                id,
                id,
                after.displayName(),
                earlier == null,
                changes(earlier == null ? Map.of() : fields(earlier), fields(after)),
                events,
                between.size());
    }

    private static boolean concerns(Event event, String accountId) {
        return event.accountId().equals(accountId)
                || (event instanceof TokenTransferred transferred
                        && transferred.previousAccountId().equals(accountId));
    }

    private static Map<String, FieldChange> changes(Map<String, ?> before, Map<String, ?> after) {
        var changes = new LinkedHashMap<String, FieldChange>();
        after.forEach((name, value) -> {
            if (!Objects.equals(before.get(name), value)) {
                changes.put(name, new FieldChange(before.get(name), value));
            }
        });
        return changes;
    }

    private static Map<String, @Nullable Object> fields(TokenRow token, Moment moment) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("accountId", token.accountId());
        fields.put("name", token.name());
        fields.put("description", token.description());
        fields.put("permissions", token.permissions().stream().sorted().toList());
        fields.put("status", PastDetails.status(token, moment.time()).toString());
        fields.put("expiresAt", token.expiresAt());
        fields.put("allowedAddresses", token.allowedAddresses());
        fields.put("enabled", token.enabled());
        fields.put("hint", token.hint());
        fields.put("rotatedAt", token.rotatedAt());
        fields.put("revokedAt", token.revokedAt());
        return fields;
    }

    private static Map<String, @Nullable Object> fields(AccountRow account) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("email", PastDetails.email(account));
        fields.put("displayName", account.displayName());
        fields.put("administrator", account.administrator());
        fields.put("enabled", account.enabled());
        fields.put("owners", List.copyOf(account.owners()));
        fields.put("passwordChangedAt", account.passwordChangedAt());
        return fields;
    }

    /** After one moment, up to and with the other. */
    private record Range(Moment from, Moment to) {

        boolean isReversed() {
            if (from.position() != null && to.position() != null) {
                return from.position() > to.position();
            }
            return from.time().isAfter(to.time());
        }
    }

    /** An entry of the trail, as far as it is needed. */
    private record Entry(
            long position,
            Instant occurredAt,
            String type,
            String accountId,
            @Nullable String tokenId) {

        String subject() {
            return tokenId == null ? accountId : tokenId;
        }
    }
}
