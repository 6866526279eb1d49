package io.keyledger.query.audit;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
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
        // The most telling first: its index is walked.
        var equal = new LinkedHashMap<String, @Nullable Object>();
        equal.put("token_id", filter.tokenId());
        // What the id says of itself, because one index serves one column.
        var byToken = filter.actor() != null && filter.actor().startsWith("tok_");
        equal.put(byToken ? "actor_token_id" : "actor_account_id", filter.actor());
        equal.put("account_id", filter.accountId());
        equal.put("type", filter.type());
        equal.values().removeIf(Objects::isNull);
        var parameters = new HashMap<>(equal);
        var walked =
                filter.everything() && !equal.isEmpty() ? equal.firstEntry().getKey() : null;
        equal.remove(walked);

        var filters = new StringBuilder();
        equal.keySet()
                .forEach(column ->
                        filters.append(" and ").append(column).append(" = :").append(column));
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
        if (walked != null) {
            sql = walk(walked, walked, filters.toString(), direction);
        } else if (filter.everything()) {
            sql = "select * from projection.audit_entry where true" + filters + ordered;
        } else {
            // With "or" PostgreSQL gathers and sorts all entries of the account.
            sql = walk("account_id", "reader", filters.toString(), direction)
                    + " union all "
                    + walk("actor_account_id", "reader", " and account_id <> :reader" + filters, direction)
                    + " union all "
                    + walk(
                            "previous_account_id",
                            "reader",
                            " and account_id <> :reader and actor_account_id is distinct from :reader" + filters,
                            direction)
                    + ordered;
            parameters.put("reader", filter.readerId());
        }
        return jdbc.sql(sql)
                .params(parameters)
                .query((row, _) -> TrailEntry.of(row))
                .list();
    }

    /**
     * A short walk along the index of this column and the position. Said with "=", PostgreSQL may walk all positions
     * instead, which takes the longer, the longer ago the entries are.
     */
    private static String walk(String column, String parameter, String filters, String direction) {
        // As the index is ordered, or the other way round.
        var other = direction.equals("desc") ? "asc" : "desc";
        return "(select * from projection.audit_entry where %1$s between :%2$s and :%2$s%3$s order by %1$s %5$s, position %4$s limit :limit)"
                .formatted(column, parameter, filters, direction, other);
    }
}
