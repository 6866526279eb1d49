package io.keyledger.query;

import org.springframework.jdbc.core.simple.JdbcClient;

/** Where the tables of a projection are that events are applied to: the live ones, or others that are being built. */
public final class Tables {

    /** The schema of the live tables. */
    public static final String LIVE = "projection";

    private final JdbcClient jdbc;
    private final String schema;

    private Tables(JdbcClient jdbc, String schema) {
        this.jdbc = jdbc;
        this.schema = schema;
    }

    public static Tables live(JdbcClient jdbc) {
        return new Tables(jdbc, LIVE);
    }

    /** Tables that nobody else writes, in another schema; each event is applied to them once. */
    public static Tables beside(JdbcClient jdbc, String schema) {
        return new Tables(jdbc, schema);
    }

    public boolean areLive() {
        return schema.equals(LIVE);
    }

    /** @param sql names the live tables, as {@code projection.token} */
    public JdbcClient.StatementSpec sql(String sql) {
        return jdbc.sql(areLive() ? sql : sql.replace("projection.", schema + "."));
    }

    /** What the rows that are read here are locked by: others write the live tables too. */
    public String forUpdate(String alias) {
        return areLive() ? " for update of " + alias : "";
    }
}
