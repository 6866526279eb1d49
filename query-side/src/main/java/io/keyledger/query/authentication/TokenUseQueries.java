package io.keyledger.query.authentication;

import static java.util.stream.Collectors.joining;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.token.GetLastUse;
import io.keyledger.api.token.GetTokenRevocation;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.TokenRevocation;
import io.keyledger.api.token.TokenRevocation.AcceptedSince;
import io.keyledger.api.token.TokenRevocation.AcceptedUse;
import io.keyledger.api.token.TokenRevocation.RefusedSince;
import io.keyledger.api.token.TokenRevocation.RevokedBy;
import io.keyledger.api.token.TokenRevocation.Unknown;
import io.keyledger.api.token.TokenUse;
import io.keyledger.api.token.TokenUse.UsedAddress;
import io.keyledger.api.token.TokenUse.UsedDay;
import io.keyledger.api.token.TokenUse.UsedPermission;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.axonframework.queryhandling.QueryHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Answers how tokens are used, and what became of revoked ones: from what {@link TokenUses} wrote, and the events. */
@Component
class TokenUseQueries implements QueryHandlers {

    private static final String CERTAIN =
            "The event and the row by which the token is accepted were committed in one transaction, and every look-up"
                    + " asks the primary database after the request arrived: one that began after that commit, and so"
                    + " every request sent after the answer to the revocation, is refused on every node.";

    private static final String UNCOMMITTED =
            " A look-up that began between the time of the event and its commit can still be accepted; those are"
                    + " counted here.";

    private final JdbcClient jdbc;
    private final PersonalDataKeys keys;
    private final ProjectionPositions positions;
    private final Clock clock;

    TokenUseQueries(JdbcClient jdbc, PersonalDataKeys keys, ProjectionPositions positions, Clock clock) {
        this.jdbc = jdbc;
        this.keys = keys;
        this.positions = positions;
        this.clock = clock;
    }

    @QueryHandler
    Optional<Instant> handle(GetLastUse query) {
        return jdbc.sql("select last_accepted_at from state.token_use where token_id = ? and last_accepted_at is not"
                        + " null")
                .param(query.tokenId())
                .query((row, _) -> time(row, "last_accepted_at"))
                .optional();
    }

    @QueryHandler
    TokenUse handle(GetTokenUse query) {
        var granted = granted(query.accountId(), query.tokenId(), query.position());
        var now = clock.instant();
        var since = now.minus(Duration.ofDays(TokenUse.DAYS));
        var uses = uses(query.tokenId());
        return new TokenUse(
                query.tokenId(),
                uses.acceptedAt().stream().findFirst().orElse(null),
                addresses(query.tokenId(), "accepted"),
                days(query.tokenId(), since),
                permissions(query.tokenId(), granted, since),
                uses.unspecifiedAt() != null && uses.unspecifiedAt().isAfter(since) ? uses.unspecifiedAt() : null,
                latest(recordedSince(), createdAt(query.tokenId())),
                countedUntil(now));
    }

    @QueryHandler
    TokenRevocation handle(GetTokenRevocation query) {
        granted(query.accountId(), query.tokenId(), query.position());
        var revoked = revoked(query.tokenId());
        var now = clock.instant();
        var uses = uses(query.tokenId());
        var after = uses.acceptedAt().stream()
                .filter(at -> at.isAfter(revoked.at()))
                .toList();
        var before = uses.acceptedAt().stream()
                .filter(at -> !at.isAfter(revoked.at()))
                .findFirst()
                .map(at -> new AcceptedUse(at, addressAt(query.tokenId(), at)))
                .or(() -> firstUse(query.tokenId(), revoked.at()))
                .orElse(null);
        var countedUntil = countedUntil(now);
        var since = new AcceptedSince(
                after.size(),
                after.stream().findFirst().orElse(null),
                after.isEmpty() ? CERTAIN : CERTAIN + UNCOMMITTED);
        var refused = new RefusedSince(uses.refusedWhenRevoked(), addresses(query.tokenId(), "refused"), countedUntil);
        var unknown = unknown(query.tokenId(), revoked.at(), before == null ? null : before.at(), countedUntil, now);
        return new TokenRevocation(
                query.tokenId(),
                revoked.at(),
                revoked.position(),
                revoked.reason(),
                revoked.by(),
                before,
                since,
                refused,
                unknown,
                sentence(query.tokenId(), revoked, before, since, refused, unknown));
    }

    private List<String> granted(String accountId, String tokenId, @Nullable Long position) {
        if (position != null) {
            positions.check(position);
        }
        return jdbc.sql("select permissions from projection.token where token_id = ? and account_id = ?")
                .params(tokenId, accountId)
                .query((row, _) -> Stream.of((String[]) row.getArray(1).getArray())
                        .sorted()
                        .toList())
                .optional()
                .orElseThrow(() -> new Refusal.NotFound("token_not_found", "The account has no token with this id."));
    }

    /** @param acceptedAt the last of them, the newest first */
    private record Uses(List<Instant> acceptedAt, @Nullable Instant unspecifiedAt, long refusedWhenRevoked) {}

    private Uses uses(String tokenId) {
        var acceptedAt = jdbc.sql("select unnest(accepted_at) as at from state.token_use where token_id = ?"
                        + " order by at desc")
                .param(tokenId)
                .query((row, _) -> time(row, "at"))
                .list();
        return jdbc.sql("select unspecified_at, refused_when_revoked from state.token_use where token_id = ?")
                .param(tokenId)
                .query((row, _) ->
                        new Uses(acceptedAt, timeOrNull(row, "unspecified_at"), row.getLong("refused_when_revoked")))
                .optional()
                .orElse(new Uses(List.of(), null, 0));
    }

    private List<UsedAddress> addresses(String tokenId, String kind) {
        return addresses(tokenId, kind, null);
    }

    private @Nullable String addressAt(String tokenId, Instant at) {
        return addresses(tokenId, "accepted", at).stream()
                .findFirst()
                .map(UsedAddress::ipAddress)
                .orElse(null);
    }

    /** What the trail knows, where later uses are not written yet, or were lost. */
    private Optional<AcceptedUse> firstUse(String tokenId, Instant revokedAt) {
        return jdbc.sql("select occurred_at from projection.audit_entry"
                        + " where token_id = ? and type = 'token.first-used' and occurred_at <= ?")
                .params(tokenId, utc(revokedAt))
                .query((row, _) -> new AcceptedUse(time(row, "occurred_at"), null))
                .optional();
    }

    private record SealedAddress(String accountId, String address, Instant lastAt, long uses) {}

    /** @param at only those that were last seen then; absent: all */
    private List<UsedAddress> addresses(String tokenId, String kind, @Nullable Instant at) {
        var sealed = jdbc.sql("""
            select account_id, address, last_at, uses from state.token_use_address
            where token_id = :token and kind = :kind and (cast(:at as timestamptz) is null or last_at = :at)
            order by last_at desc, address_digest\
            """)
                .param("token", tokenId)
                .param("kind", kind)
                .param("at", at == null ? null : utc(at))
                .query((row, _) -> new SealedAddress(
                        row.getString("account_id"),
                        row.getString("address"),
                        time(row, "last_at"),
                        row.getLong("uses")))
                .list();
        var keyring =
                keys.of(sealed.stream().map(SealedAddress::accountId).distinct().toList());
        return sealed.stream()
                .map(address -> new UsedAddress(
                        keyring.open(
                                address.accountId(), TokenUses.CONTEXT, new PersonalText.Sealed(address.address())),
                        address.lastAt(),
                        address.uses()))
                .toList();
    }

    private List<UsedDay> days(String tokenId, Instant since) {
        return jdbc.sql("select day, accepted, refused from state.token_use_day where token_id = ? and day > ?"
                        + " order by day desc")
                .params(tokenId, LocalDate.ofInstant(since, ZoneOffset.UTC))
                .query((row, _) -> new UsedDay(
                        row.getObject("day", LocalDate.class), row.getLong("accepted"), row.getLong("refused")))
                .list();
    }

    private List<UsedPermission> permissions(String tokenId, List<String> granted, Instant since) {
        var lastAsked = new HashMap<String, Instant>();
        jdbc.sql("select permission, last_asked_at from state.token_permission_use where token_id = ?")
                .param(tokenId)
                .query(row -> {
                    lastAsked.put(row.getString(1), time(row, "last_asked_at"));
                });
        return granted.stream()
                .map(name -> {
                    var at = lastAsked.get(name);
                    return new UsedPermission(name, at, at != null && at.isAfter(since));
                })
                .toList();
    }

    private Instant recordedSince() {
        return jdbc.sql("select since from state.use_recording")
                .query((row, _) -> time(row, "since"))
                .single();
    }

    private Instant createdAt(String tokenId) {
        return jdbc.sql("select occurred_at from event.domain_event"
                        + " where aggregate_identifier = ? and sequence_number = 0")
                .param(tokenId)
                .query((row, _) -> time(row, "occurred_at"))
                .single();
    }

    /** Every node that runs has written what it saw until then. */
    private Instant countedUntil(Instant now) {
        return jdbc.sql("""
            select coalesce(min(written_until), :now) as counted_until from state.use_recorder
            where ended_at is null and seen_at >= :lost\
            """)
                .param("now", utc(now))
                .param("lost", utc(now.minus(TokenUses.LOST_AFTER)))
                .query((row, _) -> time(row, "counted_until"))
                .single();
    }

    private record Revoked(long position, Instant at, String reason, RevokedBy by) {}

    private Revoked revoked(String tokenId) {
        return jdbc.sql("""
            select global_index, occurred_at, convert_from(payload, 'UTF8')::jsonb ->> 'reason' as reason,
                by ->> 'actorType' as type, by ->> 'actorAccountId' as account_id, by ->> 'actorTokenId' as token_id
            from event.domain_event, lateral (select convert_from(metadata, 'UTF8')::jsonb as by) as actor
            where aggregate_identifier = ? and payload_type = 'token.revoked'\
            """)
                .param(tokenId)
                .query((row, _) -> new Revoked(
                        row.getLong("global_index"),
                        time(row, "occurred_at"),
                        Objects.requireNonNullElse(row.getString("reason"), "requested"),
                        new RevokedBy(row.getString("type"), row.getString("account_id"), row.getString("token_id"))))
                .optional()
                .orElseThrow(() -> new Refusal.Conflict("token_not_revoked", "This token is not revoked."));
    }

    /**
     * Where the answer may lack something.
     *
     * @param lastAcceptedAt what is unknown before it leaves nothing open
     */
    private List<Unknown> unknown(
            String tokenId, Instant revokedAt, @Nullable Instant lastAcceptedAt, Instant countedUntil, Instant now) {
        var createdAt = createdAt(tokenId);
        var since = lastAcceptedAt == null ? createdAt : lastAcceptedAt;
        var unknown = new ArrayList<Unknown>();
        var recordedSince = recordedSince();
        if (recordedSince.isAfter(since)) {
            unknown.add(unknown(since, recordedSince, revokedAt, "Uses were not recorded then."));
        }
        jdbc.sql("""
            select written_until as from_at, coalesce(ended_at, seen_at + cast(:patience as interval)) as until_at,
                'A node stopped without writing what it had seen.' as why
            from state.use_recorder
            where written_until < coalesce(ended_at, seen_at + cast(:patience as interval))
                and coalesce(ended_at, seen_at + cast(:patience as interval)) > :since
                and (ended_at is not null or seen_at < :lost)
            union all
            select from_at, until_at, 'A node saw more tokens in use than it counts at once.'
            from state.use_gap where until_at > :since
            order by from_at\
            """)
                .param("patience", TokenUses.LOST_AFTER.toString())
                .param("since", utc(since))
                .param("lost", utc(now.minus(TokenUses.LOST_AFTER)))
                .query((row, _) ->
                        unknown(time(row, "from_at"), time(row, "until_at"), revokedAt, row.getString("why")))
                .list()
                .forEach(unknown::add);
        if (countedUntil.isBefore(revokedAt)) {
            unknown.add(
                    unknown(countedUntil, revokedAt, revokedAt, "What was seen last is written within half a minute."));
        }
        return unknown;
    }

    private static Unknown unknown(Instant from, Instant until, Instant revokedAt, String why) {
        return new Unknown(
                from,
                until,
                why
                        + (from.isBefore(revokedAt) ? " The last accepted use may be later than shown." : "")
                        + (until.isAfter(revokedAt) ? " More uses may have been refused." : ""));
    }

    private static String sentence(
            String tokenId,
            Revoked revoked,
            @Nullable AcceptedUse before,
            AcceptedSince after,
            RefusedSince refused,
            List<Unknown> unknown) {
        var sentence = new StringBuilder(
                "The token %s was revoked at %s (event %d). ".formatted(tokenId, revoked.at(), revoked.position()));
        sentence.append(
                before == null
                        ? "No use before that is known. "
                        : "It was last accepted at %s%s. "
                                .formatted(
                                        before.at(), before.ipAddress() == null ? "" : " from " + before.ipAddress()));
        sentence.append(
                after.count() == 0
                        ? "Since then no use was accepted"
                        : "Since then uses were accepted whose look-ups began before the revocation was committed: %d, the last at %s"
                                .formatted(after.count(), after.lastAt()));
        sentence.append(
                ", and at least %d %s refused".formatted(refused.atLeast(), refused.atLeast() == 1 ? "was" : "were"));
        if (!refused.addresses().isEmpty()) {
            sentence.append(refused.addresses().stream()
                    .map(address ->
                            "%s (%d, last at %s)".formatted(address.ipAddress(), address.uses(), address.lastAt()))
                    .collect(joining(", ", ", lately from ", "")));
        }
        sentence.append("; counted until %s.".formatted(refused.countedUntil()));
        for (var time : unknown) {
            sentence.append(" Not known from %s to %s: %s".formatted(time.from(), time.until(), time.why()));
        }
        return sentence.toString();
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    private static Instant time(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNull(timeOrNull(row, column));
    }

    private static @Nullable Instant timeOrNull(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
