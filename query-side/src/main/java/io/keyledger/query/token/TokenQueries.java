package io.keyledger.query.token;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.EndingTokens;
import io.keyledger.api.token.FindEndingTokens;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.Cursors;
import io.keyledger.query.Page;
import io.keyledger.query.Parameters;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.axonframework.queryhandling.QueryHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Answers what an account's tokens are, from {@code projection.token_list}. */
@Component
class TokenQueries implements QueryHandlers {

    /** Expiry is judged by the database's clock, as it is when a token is used. */
    private static final String STATUS =
            "case when revoked_at is not null then 'revoked' when not enabled then 'disabled'"
                    + " when expires_at <= now() then 'expired' else 'active' end";

    /** Over at once, also before that was recorded. */
    private static final String OVERLAP_END =
            "case when overlap_ends_at > now() and enabled and revoked_at is null then overlap_ends_at end";

    /** The last use is measured, and stands apart from what events tell. */
    private static final String TOKENS = " from projection.token_list left join"
            + " (select token_id, last_accepted_at from state.token_use) as token_use using (token_id)";

    private static final String UNUSED_SINCE =
            ExpiryQueries.lastSignOfLife("coalesce(rotated_at, created_at)", "last_accepted_at");

    private static final Map<String, SortKey> SORT_KEYS = Map.of(
            "name", new SortKey("name_key", "text"),
            "createdAt", new SortKey("created_at", "timestamptz"),
            "expiresAt", new SortKey("expires_key", "timestamptz"),
            // "Never" sorts behind every time.
            "lastUsedAt", new SortKey("coalesce(last_accepted_at, 'infinity'::timestamptz)", "timestamptz"));

    private final JdbcClient jdbc;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    TokenQueries(JdbcClient jdbc, Cursors cursors, ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.cursors = cursors;
        this.positions = positions;
    }

    @QueryHandler
    TokenPage handle(FindTokens query) {
        Page.checkLimit(query.limit());
        var descending = query.sort().startsWith("-");
        var sortKey = SORT_KEYS.get(descending ? query.sort().substring(1) : query.sort());
        if (sortKey == null) {
            throw new Refusal.Malformed(
                    "invalid_sort",
                    "sort is name, createdAt, expiresAt or lastUsedAt, with - before it for the other direction.");
        }
        var list = list(query);
        var last = cursors.read(list, query.cursor());
        await(query.position());

        var sql = new StringBuilder(
                "select token_list.*, last_accepted_at, %s as overlap_end, %s as status, %s::text as sort_key"
                        .formatted(OVERLAP_END, STATUS, sortKey.column()));
        sql.append(TOKENS);
        sql.append(" where account_id = :account and ").append(STATUS).append(" = any(:statuses)");
        if (!query.statuses().contains(TokenStatus.REVOKED)) {
            // Says the same again, in the words of the partial indexes.
            sql.append(" and revoked_at is null");
        }
        if (query.search() != null) {
            sql.append(" and (name_key like :search or description_key like :search)");
        }
        if (query.unusedFor() != null) {
            sql.append(" and ").append(UNUSED_SINCE).append(" < now() - cast(:unusedFor as interval)");
        }
        if (last != null) {
            sql.append(" and (%s, token_id) %s (cast(:lastKey as %s), :lastToken)"
                    .formatted(sortKey.column(), descending ? "<" : ">", sortKey.type()));
        }
        var direction = descending ? "desc" : "asc";
        sql.append(" order by account_id %2$s, %1$s %2$s, token_id %2$s limit :limit"
                .formatted(sortKey.column(), direction));

        var statement = jdbc.sql(sql.toString())
                .param("account", query.accountId())
                .param("statuses", statusNames(query))
                .param("limit", query.limit() + 1);
        if (query.search() != null) {
            statement.param("search", Parameters.containing(query.search()));
        }
        if (query.unusedFor() != null) {
            statement.param("unusedFor", ExpiryQueries.interval(query.unusedFor()));
        }
        if (last != null) {
            statement.param("lastKey", last.getFirst()).param("lastToken", last.getLast());
        }
        var rows = statement
                .query((row, number) -> new Row(token(row), row.getString("sort_key")))
                .list();

        var page = Page.of(rows, query.limit());
        return new TokenPage(
                page.rows().stream().map(Row::token).toList(),
                page.nextCursor(row ->
                        cursors.write(list, List.of(row.sortKey(), row.token().id()))));
    }

    @QueryHandler
    TokenDetails handle(GetToken query) {
        await(query.position());
        return find(query)
                .or(() -> {
                    // What was created a moment ago is there: only the list may be behind.
                    positions.awaitHead("token");
                    return find(query);
                })
                .orElseThrow(() -> new Refusal.NotFound("token_not_found", "The account has no token with this id."));
    }

    private Optional<TokenDetails> find(GetToken query) {
        return jdbc.sql("select token_list.*, last_accepted_at, %s as overlap_end, %s as status"
                                .formatted(OVERLAP_END, STATUS)
                        + TOKENS
                        + " where token_id = :token and account_id = :account")
                .param("token", query.tokenId())
                .param("account", query.accountId())
                .query((row, number) -> token(row))
                .optional();
    }

    @QueryHandler
    EndingTokens handle(FindEndingTokens query) {
        await(query.position());
        var total = new AtomicLong();
        var items = jdbc.sql("select token_list.*, last_accepted_at, %s as overlap_end, %s as status,"
                                .formatted(OVERLAP_END, STATUS)
                        + " count(*) over () as total"
                        + TOKENS
                        + " where account_id = :account and revoked_at is null and enabled and expires_key > now()"
                        + " and expires_key <= now() + cast(:notice as interval) order by expires_key, token_id"
                        + " limit :limit")
                .param("account", query.accountId())
                .param("notice", ExpiryQueries.interval(TokenPolicy.NOTICE))
                .param("limit", query.limit())
                .query((row, number) -> {
                    total.set(row.getLong("total"));
                    return token(row);
                })
                .list();
        return new EndingTokens(items, total.get());
    }

    private void await(@Nullable Long position) {
        if (position != null) {
            positions.await("token", position);
        }
    }

    private static List<@Nullable Object> list(FindTokens query) {
        return Arrays.asList(
                "tokens",
                query.accountId(),
                List.of(statusNames(query)),
                query.search(),
                ExpiryQueries.interval(query.unusedFor()),
                query.sort());
    }

    private static String[] statusNames(FindTokens query) {
        return query.statuses().stream().sorted().map(TokenStatus::toString).toArray(String[]::new);
    }

    private static TokenDetails token(ResultSet row) throws SQLException {
        return new TokenDetails(
                row.getString("token_id"),
                row.getString("name"),
                row.getString("description"),
                Arrays.stream((String[]) row.getArray("permissions").getArray())
                        .sorted()
                        .toList(),
                row.getString("hint"),
                TokenStatus.valueOf(row.getString("status").toUpperCase(Locale.ROOT)),
                Objects.requireNonNull(instant(row, "created_at")),
                instant(row, "expires_at"),
                instant(row, "last_accepted_at"),
                instant(row, "revoked_at"),
                row.getBoolean("enabled"),
                List.of((String[]) row.getArray("allowed_addresses").getArray()),
                instant(row, "rotated_at"),
                instant(row, "overlap_end"),
                row.getLong("version"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    /** @param type in which its text is compared */
    private record SortKey(String column, String type) {}

    private record Row(TokenDetails token, String sortKey) {}
}
