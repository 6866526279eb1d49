package io.keyledger.query.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.history.FindPastTokens;
import io.keyledger.api.history.GetPastAccount;
import io.keyledger.api.history.GetPastAccountNames;
import io.keyledger.api.history.GetPastToken;
import io.keyledger.api.history.GetTimeOf;
import io.keyledger.api.history.GetTokensSince;
import io.keyledger.api.history.PastAccountNames;
import io.keyledger.api.history.TokensSince;
import io.keyledger.api.history.TokensSince.Since;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.Cursors;
import io.keyledger.query.Page;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import io.keyledger.query.account.AccountRow;
import io.keyledger.query.token.TokenRow;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.axonframework.queryhandling.QueryHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Answers what an account and its tokens were. Which tokens an account ever had is told by the look-up (those it has
 * now) and by the audit trail's transfers (those it gave away); all else by the events of these tokens alone.
 */
@Component
class PastQueries implements QueryHandlers {

    /** So many tokens are read at once; of an account's tokens only the page that was asked for is kept. */
    private static final int BATCH = 500;

    /** "Never" sorts behind every time. */
    private static final Instant NEVER = Instant.MAX;

    private final JdbcClient jdbc;
    private final Past past;
    private final PastDetails details;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    PastQueries(JdbcClient jdbc, Past past, PastDetails details, Cursors cursors, ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.past = past;
        this.details = details;
        this.cursors = cursors;
        this.positions = positions;
    }

    @QueryHandler
    Instant handle(GetTimeOf query) {
        return past.moment(query.asOf()).time();
    }

    @QueryHandler
    AccountDetails handle(GetPastAccount query) {
        check(query.account().position());
        var moment = past.moment(query.asOf());
        var id = query.account().accountId();
        var account = past.read(List.of(id), moment).account(id, moment);
        if (account == null) {
            throw new Refusal.NotFound("account_not_found", "There was no account with this id at that time.");
        }
        return details.of(account);
    }

    @QueryHandler
    PastAccountNames handle(GetPastAccountNames query) {
        var moment = past.moment(query.asOf());
        var streams = past.read(query.accountIds(), moment);
        var names = new HashMap<String, String>();
        for (var id : query.accountIds()) {
            var account = streams.account(id, moment);
            if (account != null) {
                names.put(id, account.displayName());
            }
        }
        return new PastAccountNames(names);
    }

    @QueryHandler
    TokenDetails handle(GetPastToken query) {
        check(query.token().position());
        var moment = past.moment(query.asOf());
        var accountId = query.token().accountId();
        var tokenId = query.token().tokenId();
        var streams = past.read(List.of(accountId, tokenId), moment);
        var token = streams.token(tokenId, moment);
        var account = streams.account(accountId, moment);
        if (token == null || account == null || !token.accountId().equals(accountId)) {
            throw new Refusal.NotFound("token_not_found", "The account had no token with this id at that time.");
        }
        return details.of(
                token,
                account,
                moment.time(),
                lastUses(List.of(tokenId), moment).get(tokenId));
    }

    @QueryHandler
    TokensSince handle(GetTokensSince query) {
        var moment = past.moment(query.asOf());
        var types = past.typesSince(query.tokenIds(), moment);
        var since = new HashMap<String, Since>();
        for (var id : query.tokenIds()) {
            var later = types.getOrDefault(id, Set.of());
            since.put(
                    id,
                    // First: what comes after that is the new account's.
                    later.contains("token.transferred")
                            ? Since.MOVED
                            : later.contains("token.revoked")
                                    ? Since.REVOKED
                                    : later.isEmpty() ? Since.UNCHANGED : Since.CHANGED);
        }
        return new TokensSince(since);
    }

    @QueryHandler
    TokenPage handle(FindPastTokens query) {
        var wanted = query.tokens();
        Page.checkLimit(wanted.limit());
        var order = Order.of(wanted.sort());
        List<@Nullable Object> list = Arrays.asList(
                "past tokens",
                wanted.accountId(),
                wanted.statuses().stream().sorted().map(TokenStatus::toString).toList(),
                wanted.search(),
                wanted.unusedFor() == null ? null : wanted.unusedFor().toString(),
                wanted.sort(),
                query.asOf().toString());
        var last = cursors.read(list, wanted.cursor());
        check(wanted.position());
        var moment = past.moment(query.asOf());
        positions.await("audit", lastGivenAway(wanted.accountId()));
        var behind = last == null ? null : order.read(last);
        var uses = wanted.unusedFor() == null ? null : usesKnownSince(moment);

        // The page's last row is at its head, to give way to one before it.
        var rows = new PriorityQueue<>(order.comparator().reversed());
        var ids = candidates(wanted, moment);
        for (var from = 0; from < ids.size(); from += BATCH) {
            var batch = ids.subList(from, Math.min(from + BATCH, ids.size()));
            for (var token : tokens(wanted.accountId(), batch, moment)) {
                var row = new Row(order.key(token), token);
                if (matches(wanted, token, moment, uses)
                        && (behind == null || order.comparator().compare(row, behind) > 0)) {
                    rows.add(row);
                    if (rows.size() > wanted.limit() + 1) {
                        rows.remove();
                    }
                }
            }
        }
        var page = Page.of(rows.stream().sorted(order.comparator()).toList(), wanted.limit());
        return new TokenPage(
                page.rows().stream()
                        .map(Row::token)
                        .map(Objects::requireNonNull)
                        .toList(),
                page.nextCursor(row -> cursors.write(list, List.of(row.key().toString(), row.tokenId()))));
    }

    /**
     * The position of the last event by which the account may have given a token away, as far as the trail may lack it; 0:
     * it lacks none. Others than these need not be waited for, so a trail that stands still keeps few from their past.
     */
    private long lastGivenAway(String accountId) {
        return jdbc.sql("""
            select coalesce(max(global_index), 0) from event.domain_event
            where global_index > :reached and payload_type = 'token.transferred' and position(:account in payload) > 0\
            """)
                .param("reached", positions.reached("audit"))
                .param("account", ('"' + accountId + '"').getBytes(UTF_8))
                .query(Long.class)
                .single();
    }

    /**
     * Ids of the tokens that the account had then, and of some that it did not have yet or any more; without those that
     * were over, where they are not asked for: an account that rotates its tokens by making new ones gathers them.
     */
    private List<String> candidates(FindTokens wanted, Moment moment) {
        var happened = moment.includes("e.global_index", "e.occurred_at");
        var notOver = wanted.statuses().contains(TokenStatus.REVOKED) ? "" : """
             and not exists (select from event.domain_event e
                where e.aggregate_identifier = token_id and e.payload_type = 'token.revoked' and %s)\
            """.formatted(happened);
        return jdbc.sql("""
            with ever as (
                select token_id from projection.token where account_id = :account
                union
                select token_id from projection.audit_entry where previous_account_id = :account
            )
            select token_id from ever
            where exists (select from event.domain_event e
                where e.aggregate_identifier = token_id and e.sequence_number = 0 and %s)\
            """.formatted(happened) + notOver)
                .param("account", wanted.accountId())
                .param("moment", moment.parameter())
                .query((row, _) -> row.getString(1))
                .list();
    }

    private List<TokenDetails> tokens(String accountId, List<String> ids, Moment moment) {
        var streams =
                past.read(Stream.concat(Stream.of(accountId), ids.stream()).toList(), moment);
        AccountRow account = streams.account(accountId, moment);
        if (account == null) {
            return List.of();
        }
        var lastUses = lastUses(ids, moment);
        var tokens = new ArrayList<TokenDetails>();
        for (var id : ids) {
            TokenRow token = streams.token(id, moment);
            if (token != null && token.accountId().equals(accountId)) {
                tokens.add(details.of(token, account, moment.time(), lastUses.get(id)));
            }
        }
        return tokens;
    }

    /**
     * When each was last accepted before then, as far as that is kept: the last ten times exactly, others by the day,
     * at whose beginning they count.
     */
    private Map<String, Instant> lastUses(Collection<String> ids, Moment moment) {
        var uses = new HashMap<String, Instant>();
        jdbc.sql("""
            select token_id, greatest(
                (select max(at) from unnest(u.accepted_at) as at where at <= :time),
                (select max(d.day)::timestamp at time zone 'UTC' from state.token_use_day d
                    where d.token_id = u.token_id and d.accepted > 0
                        and d.day < (cast(:time as timestamptz) at time zone 'UTC')::date))
            from state.token_use u where token_id = any(:ids)\
            """)
                .param("time", moment.time().atOffset(ZoneOffset.UTC))
                .param("ids", ids.toArray(String[]::new))
                .query(row -> {
                    var at = row.getObject(2, OffsetDateTime.class);
                    if (at != null) {
                        uses.put(row.getString(1), at.toInstant());
                    }
                });
        return uses;
    }

    /** Before this, nobody knows that something was not used: it was not recorded, or missed. */
    private Instant usesKnownSince(Moment moment) {
        return jdbc.sql("""
            select greatest((select since from state.use_recording),
                (select max(least(until_at, :time)) from state.use_gap where from_at <= :time))\
            """)
                .param("time", moment.time().atOffset(ZoneOffset.UTC))
                .query((row, _) -> row.getObject(1, OffsetDateTime.class).toInstant())
                .single();
    }

    private static boolean matches(FindTokens wanted, TokenDetails token, Moment moment, @Nullable Instant usesKnown) {
        if (!wanted.statuses().contains(token.status())) {
            return false;
        }
        var search = wanted.search() == null ? null : wanted.search().toLowerCase(Locale.ROOT);
        if (search != null && !contains(token.name(), search) && !contains(token.description(), search)) {
            return false;
        }
        if (wanted.unusedFor() == null) {
            return true;
        }
        return Stream.of(
                        token.rotatedAt() == null ? token.createdAt() : token.rotatedAt(),
                        token.lastUsedAt(),
                        usesKnown)
                .filter(Objects::nonNull)
                .allMatch(sign -> sign.isBefore(moment.time().minus(wanted.unusedFor())));
    }

    private static boolean contains(@Nullable String text, String search) {
        return text != null && text.toLowerCase(Locale.ROOT).contains(search);
    }

    private void check(@Nullable Long position) {
        if (position != null) {
            positions.check(position);
        }
    }

    /** A token by its place in the list; before the first page's end, or after a cursor, without the token. */
    private record Row(Key key, String tokenId, @Nullable TokenDetails token) {

        Row(Key key, TokenDetails token) {
            this(key, token.id(), token);
        }
    }

    /** What a list is sorted by. */
    private sealed interface Key {

        record Name(String lowerCase) implements Key {

            @Override
            public String toString() {
                return lowerCase;
            }
        }

        record Time(Instant instant) implements Key {

            @Override
            public String toString() {
                return instant.toString();
            }
        }

        static int compare(Key one, Key other) {
            if (one instanceof Name(var a) && other instanceof Name(var b)) {
                // By code point, as the list of the present.
                return Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));
            }
            return ((Time) one).instant().compareTo(((Time) other).instant());
        }
    }

    /** A sort order. */
    private record Order(Function<TokenDetails, Key> of, boolean byName, Comparator<Row> comparator) {

        static Order of(String sort) {
            var descending = sort.startsWith("-");
            Function<TokenDetails, Key> key = switch (descending ? sort.substring(1) : sort) {
                case "name" -> token -> new Key.Name(token.name().toLowerCase(Locale.ROOT));
                case "createdAt" -> token -> new Key.Time(token.createdAt());
                case "expiresAt" -> token -> time(token.expiresAt());
                case "lastUsedAt" -> token -> time(token.lastUsedAt());
                default ->
                    throw new Refusal.Malformed(
                            "invalid_sort",
                            "sort is name, createdAt, expiresAt or lastUsedAt, with - before it for the other"
                                    + " direction.");
            };
            var ascending = Comparator.comparing(Row::key, Key::compare).thenComparing(Row::tokenId);
            return new Order(key, sort.endsWith("name"), descending ? ascending.reversed() : ascending);
        }

        private static Key time(@Nullable Instant instant) {
            return new Key.Time(instant == null ? NEVER : instant);
        }

        Key key(TokenDetails token) {
            return of.apply(token);
        }

        /** The row that a cursor stands behind. */
        Row read(List<String> cursor) {
            try {
                var text = cursor.getFirst();
                return new Row(byName ? new Key.Name(text) : new Key.Time(Instant.parse(text)), cursor.getLast(), null);
            } catch (DateTimeException e) {
                throw new IllegalStateException("a cursor of this list holds another key", e);
            }
        }
    }
}
