package io.keyledger.query.record;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Says in the database that it is an older state than the log had come to. While it is set, nobody is authenticated, on
 * any node ({@code state.authentication_is_open()}), and the servers append and sign nothing by themselves.
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

    public void remove() {
        jdbc.sql("delete from state.restore").update();
    }
}
