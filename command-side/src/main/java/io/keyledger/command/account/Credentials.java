package io.keyledger.command.account;

import io.keyledger.api.account.PasswordHash;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.support.DataAccessUtils;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The password hashes: one row an account, overwritten by a change. They are not part of the events. */
public class Credentials {

    private static final String SELECT = """
        select a.account_id, a.email, a.display_name, a.administrator, a.enabled, a.session_epoch, c.password_hash
        from projection.account a left join state.credential c using (account_id)
        where state.authentication_is_open() and\
        """;

    private final JdbcClient jdbc;

    public Credentials(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * An account as signing in needs it, read in one statement: a session that is started with an epoch read together
     * with the hash is over as soon as either changes.
     *
     * @param passwordHash absent: no password was set yet
     */
    record Credential(
            String accountId,
            String email,
            String displayName,
            boolean administrator,
            boolean enabled,
            long sessionEpoch,
            @Nullable PasswordHash passwordHash) {

        @Override
        public String toString() {
            return "Credential[" + accountId + "]";
        }
    }

    /** The account with this address, also where it is disabled or has no password. */
    public Optional<String> accountOf(String email) {
        return jdbc.sql("select account_id from projection.account where email_key = ?")
                .param(EmailAddress.key(email))
                .query(String.class)
                .optional();
    }

    Optional<Credential> findByEmail(String email) {
        return find("a.email_key = ?", EmailAddress.key(email));
    }

    Optional<Credential> findByAccountId(String accountId) {
        return find("a.account_id = ?", accountId);
    }

    private Optional<Credential> find(String condition, String parameter) {
        return Optional.ofNullable(DataAccessUtils.singleResult(jdbc.sql(SELECT + " " + condition)
                .param(parameter)
                .query((row, _) -> {
                    var hash = row.getString("password_hash");
                    return new Credential(
                            row.getString("account_id"),
                            row.getString("email"),
                            row.getString("display_name"),
                            row.getBoolean("administrator"),
                            row.getBoolean("enabled"),
                            row.getLong("session_epoch"),
                            hash == null ? null : new PasswordHash(hash));
                })
                .list()));
    }

    void set(String accountId, PasswordHash hash) {
        jdbc.sql("""
            insert into state.credential (account_id, password_hash) values (?, ?)
            on conflict (account_id) do update set password_hash = excluded.password_hash\
            """).params(accountId, hash.encoded()).update();
    }

    /** Replaces the hash if it is still the one that was verified: of two changes at once, one is refused. */
    void replace(String accountId, PasswordHash verified, PasswordHash replacement) {
        var replaced = jdbc.sql(
                        "update state.credential set password_hash = ? where account_id = ? and password_hash = ?")
                .params(replacement.encoded(), accountId, verified.encoded())
                .update();
        if (replaced == 0) {
            throw Passwords.wrongCurrentPassword();
        }
    }
}
