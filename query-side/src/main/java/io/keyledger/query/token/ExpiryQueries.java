package io.keyledger.query.token;

import io.keyledger.api.token.ExpiryNotice;
import io.keyledger.api.token.FindExpiryNotices;
import io.keyledger.api.token.FindTokensBeyondPolicy;
import io.keyledger.api.token.GetPolicyRehearsal;
import io.keyledger.api.token.PolicyRehearsalPage;
import io.keyledger.api.token.TokenBeyondPolicy;
import io.keyledger.api.token.TokenBeyondPolicy.Because;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.query.Cursors;
import io.keyledger.query.Page;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.axonframework.queryhandling.QueryHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.stereotype.Component;

/**
 * Answers which tokens end: by a policy, with the same words for its rehearsal and for turning it on, or soon, so that
 * their owners are to be told. From the tables that are written together with the events; only names are read from the
 * list, which may be behind.
 */
@Component
class ExpiryQueries implements QueryHandlers {

    /**
     * What a policy of {@code :maxLifetime} and {@code :maxUnused}, each null for none, ends. For the first see
     * {@link TokenPolicy#latestEnd}. Of the second, uses are written a little later than they happen: hence the hour.
     */
    private static final String BEYOND_POLICY = """
        with policy as (
            select cast(:maxLifetime as interval) as max_lifetime, cast(:maxUnused as interval) as max_unused
        ), judged as (
            select t.token_id, t.account_id, v.hint, v.issued_at, t.expires_at, u.last_accepted_at,
                case when max_lifetime is not null
                    then greatest(v.issued_at + max_lifetime, now() + cast(:notice as interval)) end as lifetime_end,
                coalesce(%s < now() - max_unused - interval '1 hour', false) as unused
            from policy, projection.token t
            join projection.token_value v on v.token_id = t.token_id and v.state = 'current'
            left join state.token_use u on u.token_id = t.token_id
            where not t.revoked and (t.expires_at is null or t.expires_at > now())
        ), beyond as (
            select *, case when unused then now() else lifetime_end end as would_end_at
            from judged
            where unused or lifetime_end < coalesce(expires_at, 'infinity')
        )
        """.formatted(lastSignOfLife("v.issued_at", "u.last_accepted_at"));

    private static final String ROWS =
            BEYOND_POLICY + "select beyond.*, l.name from beyond left join projection.token_list l using (token_id)";

    /**
     * Those that end within 7 days, or 1 day, which was not announced for this end. A value that is younger than that
     * was made by somebody who knew its end.
     */
    private static final String NOTICES = """
        with ending as (
            select t.token_id, t.account_id, t.expires_at, t.announced_days_left, v.hint, v.issued_at, l.name, a.service,
                case when t.expires_at <= now() + interval '24 hours' then 1 else 7 end as days_left
            from projection.token t
            join projection.token_value v on v.token_id = t.token_id and v.state = 'current'
            join projection.token_list l on l.token_id = t.token_id
            join projection.account a on a.account_id = t.account_id
            where t.expires_at > now() and t.expires_at <= now() + cast(:notice as interval)
                and not t.expired and not t.revoked and not t.disabled and a.enabled
        )
        select ending.*, array(
            select m.email from projection.account m
            where m.enabled and m.email is not null and (m.account_id = ending.account_id or exists (
                select from projection.account_owner o
                where o.account_id = ending.account_id and o.owner_id = m.account_id))
            order by m.email) as emails
        from ending
        where (announced_days_left is null or announced_days_left > days_left)
            and issued_at < expires_at - days_left * interval '24 hours'
        order by expires_at, token_id limit :limit\
        """;

    private final JdbcClient jdbc;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    ExpiryQueries(JdbcClient jdbc, Cursors cursors, ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.cursors = cursors;
        this.positions = positions;
    }

    /**
     * Since when a token is unused for sure, in SQL: since its value was made or last used; but not from before uses
     * were recorded, or were missed. What a killed node had not written, some 15 seconds of uses, is missing here.
     */
    static String lastSignOfLife(String issuedAt, String lastAcceptedAt) {
        return "greatest(%s, %s, (select since from state.use_recording), (select max(until_at) from state.use_gap))"
                .formatted(issuedAt, lastAcceptedAt);
    }

    /** In hours and less, which are the same in every time zone. */
    static @Nullable String interval(@Nullable Duration duration) {
        return duration == null ? null : duration.toString();
    }

    @QueryHandler
    List<TokenBeyondPolicy> handle(FindTokensBeyondPolicy query) {
        return of(query.policy(), ROWS + " order by would_end_at, token_id limit :limit")
                .param("limit", query.limit())
                .query((row, _) -> token(row))
                .list();
    }

    @QueryHandler
    PolicyRehearsalPage handle(GetPolicyRehearsal query) {
        Page.checkLimit(query.limit());
        var policy = query.policy();
        List<@Nullable Object> list =
                Arrays.asList("policy rehearsal", interval(policy.maxLifetime()), interval(policy.maxUnused()));
        var last = cursors.read(list, query.cursor());
        if (query.position() != null) {
            positions.await("token", query.position());
        }
        var rows = of(
                        policy,
                        ROWS
                                + (last == null
                                        ? ""
                                        : " where (beyond.account_id, token_id) > (:lastAccount, :lastToken)")
                                + " order by beyond.account_id, token_id limit :limit")
                .param("limit", query.limit() + 1);
        if (last != null) {
            rows.param("lastAccount", last.getFirst()).param("lastToken", last.getLast());
        }
        var page = Page.of(rows.query((row, _) -> token(row)).list(), query.limit());
        var total = of(policy, BEYOND_POLICY + "select count(*) from beyond")
                .query(Long.class)
                .single();
        return new PolicyRehearsalPage(
                page.rows(),
                total,
                page.nextCursor(token -> cursors.write(list, List.of(token.accountId(), token.tokenId()))));
    }

    @QueryHandler
    List<ExpiryNotice> handle(FindExpiryNotices query) {
        return jdbc.sql(NOTICES)
                .param("notice", interval(TokenPolicy.NOTICE))
                .param("limit", query.limit())
                .query((row, _) -> new ExpiryNotice(
                        row.getString("token_id"),
                        row.getString("account_id"),
                        row.getString("name"),
                        row.getString("hint"),
                        Objects.requireNonNull(instant(row, "expires_at")),
                        row.getInt("days_left"),
                        !row.getBoolean("service"),
                        List.of((String[]) row.getArray("emails").getArray())))
                .list();
    }

    private StatementSpec of(TokenPolicy policy, String sql) {
        return jdbc.sql(sql)
                .param("maxLifetime", interval(policy.maxLifetime()))
                .param("maxUnused", interval(policy.maxUnused()))
                .param("notice", interval(TokenPolicy.NOTICE));
    }

    private static TokenBeyondPolicy token(ResultSet row) throws SQLException {
        return new TokenBeyondPolicy(
                row.getString("token_id"),
                row.getString("account_id"),
                row.getString("name"),
                row.getString("hint"),
                Objects.requireNonNull(instant(row, "issued_at")),
                instant(row, "expires_at"),
                instant(row, "last_accepted_at"),
                Objects.requireNonNull(instant(row, "would_end_at")),
                row.getBoolean("unused") ? Because.UNUSED : Because.LIFETIME);
    }

    /** In milliseconds, as events have them. */
    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        var time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant().truncatedTo(ChronoUnit.MILLIS);
    }
}
