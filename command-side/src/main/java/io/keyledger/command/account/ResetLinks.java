package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Links that set a password once. Only the digest of a link's secret is kept; an account has at most one link. */
public class ResetLinks {

    static final Duration LIFETIME = Duration.ofHours(1);

    private final JdbcClient jdbc;

    public ResetLinks(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The account whose password the secret's holder may set; expiry is judged by the database's clock. */
    Optional<String> accountOf(String secretDigest) {
        return jdbc.sql("""
            select account_id from state.reset_link
            where secret_digest = ? and expires_at > now() and state.authentication_is_open()\
            """).param(secretDigest).query(String.class).optional();
    }

    void issue(String accountId, String secretDigest, Instant expiresAt) {
        jdbc.sql("""
            insert into state.reset_link (account_id, secret_digest, expires_at) values (?, ?, ?)
            on conflict (account_id) do update
            set secret_digest = excluded.secret_digest, expires_at = excluded.expires_at\
            """).params(accountId, secretDigest, Timestamp.from(expiresAt)).update();
    }

    /** Uses the link up, in the current transaction: of two at once, one is refused. */
    void use(String accountId, String secretDigest) {
        var used = jdbc.sql("""
            delete from state.reset_link
            where account_id = ? and secret_digest = ? and expires_at > now()\
            """).params(accountId, secretDigest).update();
        if (used == 0) {
            throw invalid();
        }
    }

    void withdraw(String accountId) {
        jdbc.sql("delete from state.reset_link where account_id = ?")
                .param(accountId)
                .update();
    }

    static Refusal invalid() {
        return new Refusal.Unprocessable(
                "secret", "invalid_reset_link", "This link is used up, expired or wrong. Ask for a new one.");
    }
}
