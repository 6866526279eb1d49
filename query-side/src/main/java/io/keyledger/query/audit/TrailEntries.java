package io.keyledger.query.audit;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Finds entries of the trail, along an index each time. */
final class TrailEntries {

    private final JdbcClient jdbc;

    TrailEntries(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Which entries; what is absent lets everything through.
     *
     * @param readerId whose entries these are, unless it is everything
     * @param above this position, exclusive
     * @param below this position, exclusive
     */
    record Filter(
            @Nullable String readerId,
            boolean everything,
            @Nullable String type,
            @Nullable String tokenId,
            @Nullable String accountId,
            @Nullable String actor,
            @Nullable Instant after,
            @Nullable Instant before,
            @Nullable Long above,
            @Nullable Long below) {}

    List<TrailEntry> newestFirst(Filter filter, int limit) {
        return find(filter, "desc", limit);
    }

    List<TrailEntry> oldestFirst(Filter filter, int limit) {
        return find(filter, "asc", limit);
    }

    private List<TrailEntry> find(Filter filter, String direction, int limit) {
        var filters = new StringBuilder();
        var parameters = new HashMap<String, @Nullable Object>();
        if (filter.type() != null) {
            filters.append(" and type = :type");
            parameters.put("type", filter.type());
        }
        if (filter.tokenId() != null) {
            filters.append(" and token_id = :token");
            parameters.put("token", filter.tokenId());
        }
        if (filter.accountId() != null) {
            filters.append(" and account_id = :account");
            parameters.put("account", filter.accountId());
        }
        if (filter.actor() != null) {
            // What the id says of itself, because one index serves one column.
            filters.append(filter.actor().startsWith("tok_") ? " and actor_token_id" : " and actor_account_id")
                    .append(" = :actor");
            parameters.put("actor", filter.actor());
        }
        if (filter.after() != null) {
            filters.append(" and occurred_at > :after");
            parameters.put("after", filter.after().atOffset(ZoneOffset.UTC));
        }
        if (filter.before() != null) {
            filters.append(" and occurred_at < :before");
            parameters.put("before", filter.before().atOffset(ZoneOffset.UTC));
        }
        if (filter.above() != null) {
            filters.append(" and position > :above");
            parameters.put("above", filter.above());
        }
        if (filter.below() != null) {
            filters.append(" and position < :below");
            parameters.put("below", filter.below());
        }
        parameters.put("limit", limit);

        var ordered = " order by position " + direction + " limit :limit";
        String sql;
        if (filter.everything()) {
            sql = "select * from projection.audit_entry where true" + filters + ordered;
        } else {
            // Short walks along an index each; with "or" PostgreSQL gathers and sorts all entries of the account.
            sql = "(select * from projection.audit_entry where account_id = :reader" + filters + ordered
                    + ") union all (select * from projection.audit_entry where actor_account_id = :reader"
                    + " and account_id <> :reader" + filters + ordered
                    + ") union all (select * from projection.audit_entry where previous_account_id = :reader"
                    + " and account_id <> :reader and actor_account_id is distinct from :reader" + filters + ordered
                    + ")" + ordered;
            parameters.put("reader", filter.readerId());
        }
        return jdbc.sql(sql)
                .params(parameters)
                .query((row, _) -> TrailEntry.of(row))
                .list();
    }
}
