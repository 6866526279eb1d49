package io.keyledger.server.backup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What is kept beside the events, row by row as JSON: keys, password hashes, webhooks, measured uses. As secret as a dump
 * of the database.
 */
final class StateTables {

    /** In this order. */
    static final List<String> ARCHIVED = List.of(
            "data_key",
            "log_key",
            "credential",
            "idempotency_key",
            "familiar_client",
            "webhook",
            "webhook_delivery",
            "token_use",
            "token_use_day",
            "token_use_address",
            "token_permission_use",
            "use_gap",
            "use_recording");

    /** What a database has for itself: how far its projections are, who is signed in and who guesses, what it runs as. */
    static final Set<String> LEFT_OUT = Set.of(
            "flyway_schema_history",
            "node",
            "token_entry",
            "projection_rebuild",
            "projection_difference",
            "projection_failure",
            "spring_session",
            "spring_session_attributes",
            // Each ends with its hour, or with a restore before.
            "reset_link",
            "throttle",
            "use_recorder",
            "restore",
            "checkpoint_place",
            // Its fingerprint stands at the archive's beginning.
            "master_key");

    private static final int ROWS_AT_ONCE = 500;

    private final JdbcClient jdbc;
    private final JdbcTemplate streaming;

    StateTables(DataSource dataSource) {
        jdbc = JdbcClient.create(dataSource);
        streaming = new JdbcTemplate(dataSource);
        // Within a transaction, the driver then holds no more rows than these.
        streaming.setFetchSize(ROWS_AT_ONCE);
    }

    /** Is handed a row as JSON. */
    interface Row {
        void of(String table, String json) throws IOException;
    }

    /** Hands over every row of every table; to be called in a transaction, so that all are of one moment. */
    void read(Row rows) throws IOException {
        try {
            for (var table : ARCHIVED) {
                streaming.query("select to_jsonb(t)::text from state." + table + " t", row -> {
                    try {
                        rows.of(table, row.getString(1));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Empties the tables, so that {@link #add} fills them with an archive's rows. */
    void clear() {
        ARCHIVED.forEach(table -> jdbc.sql("delete from state." + table).update());
    }

    /**
     * Fills a table with rows as {@link #read} has told them, of the same version of the schema.
     *
     * @throws IllegalArgumentException when there is no such table
     */
    void add(String table, List<String> rows) {
        if (!ARCHIVED.contains(table)) {
            throw new IllegalArgumentException("there is no table " + table + " that an archive may fill");
        }
        var columns = String.join(
                ", ",
                jdbc.sql("""
                    select quote_ident(column_name) from information_schema.columns
                    where table_schema = 'state' and table_name = ? and is_generated = 'NEVER'
                    order by ordinal_position\
                    """).param(table).query((row, _) -> row.getString(1)).list());
        jdbc.sql(
                        "insert into state.%1$s (%2$s) select %2$s from jsonb_populate_recordset(null::state.%1$s, :rows::jsonb)"
                                .formatted(table, columns))
                .params(Map.of("rows", "[" + String.join(",", rows) + "]"))
                .update();
    }
}
