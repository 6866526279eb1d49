package io.keyledger.query.authentication;

import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What a web session is compared with at every request, on the primary. */
public final class AccountLookup {

    private final JdbcClient jdbc;

    public AccountLookup(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** An enabled account as it is now. */
    public record EnabledAccount(boolean administrator, long sessionEpoch) {}

    public Optional<EnabledAccount> findEnabled(String accountId) {
        return jdbc.sql("""
            select administrator, session_epoch from projection.account
            where account_id = ? and enabled and state.authentication_is_open()\
            """)
                .param(accountId)
                .query((row, _) -> new EnabledAccount(row.getBoolean("administrator"), row.getLong("session_epoch")))
                .optional();
    }
}
