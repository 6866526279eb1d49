package io.keyledger.command.account;

import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What is kept about an account beside its events and what is built from them. */
public class PersonalTraces {

    private static final List<String> TABLES = List.of(
            "state.credential where account_id",
            "state.reset_link where account_id",
            "state.familiar_client where account_id",
            "state.idempotency_key where account_id",
            // Its attributes go with it.
            "state.spring_session where principal_name",
            "state.token_use_address where account_id");

    private final JdbcClient jdbc;

    public PersonalTraces(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Forgets it all, in the current transaction. Waiting webhook messages name ids only, and are sent. */
    public void forget(String accountId) {
        TABLES.forEach(table ->
                jdbc.sql("delete from " + table + " = ?").param(accountId).update());
    }
}
