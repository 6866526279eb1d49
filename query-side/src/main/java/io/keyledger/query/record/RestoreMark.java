package io.keyledger.query.record;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Says in the database that it is an older state than the log had come to. While it is set, nobody is authenticated, on
 * any node ({@code state.authentication_is_open()}), the database takes no events, and the servers sign nothing.
 */
public final class RestoreMark {

    private final JdbcClient jdbc;

    public RestoreMark(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public boolean isSet() {
        return jdbc.sql("select exists (select from state.restore)")
                .query(Boolean.class)
                .single();
    }

    public void set() {
        jdbc.sql("insert into state.restore (single) values (true) on conflict do nothing")
                .update();
    }

    /** In the current transaction the database takes events all the same: those that close the gap. */
    public void letAppend() {
        jdbc.sql("select set_config('keyledger.restoring', 'on', true)")
                .query(String.class)
                .single();
    }

    public void remove() {
        jdbc.sql("delete from state.restore").update();
    }
}
