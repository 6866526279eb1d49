package io.keyledger.server.database;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A column whose values are sealed under a key derived from the master key: what a rotation seals again. All of them are
 * listed here.
 *
 * @param purpose for which the key is derived
 * @param key the table's primary key, a text
 * @param associatedData what a value is bound to, by its row's key
 */
public record Sealed(String purpose, String table, String key, String column, UnaryOperator<String> associatedData) {

    public static final String DATA_KEYS = "personal data keys";
    public static final String WEBHOOKS = "webhooks";
    public static final String RECORD = "record";

    static final List<Sealed> ALL = List.of(
            new Sealed(DATA_KEYS, "state.data_key", "account_id", "wrapped", id -> id),
            new Sealed(WEBHOOKS, "state.webhook", "webhook_id", "url", id -> id + " url"),
            new Sealed(WEBHOOKS, "state.webhook", "webhook_id", "secret", id -> id + " secret"),
            new Sealed(RECORD, "state.log_key", "origin", "private_key", origin -> origin));
}
