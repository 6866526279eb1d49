package io.keyledger.query.authentication;

import io.keyledger.api.account.FindContacts;
import io.keyledger.api.token.FindDueTokens;
import io.keyledger.api.token.FindEndedOverlaps;
import io.keyledger.api.token.FindTokensOfValues;
import io.keyledger.api.token.FindUnrevokedTokens;
import io.keyledger.api.token.GetTokenAccount;
import io.keyledger.api.token.TokenOfValue;
import io.keyledger.query.QueryHandlers;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.axonframework.queryhandling.QueryHandler;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Questions that must be answered from what is true now, so from the lookup table and not from the token list. */
@Component
class LookupQueries implements QueryHandlers {

    private final JdbcClient jdbc;

    LookupQueries(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @QueryHandler
    List<String> handle(FindDueTokens query) {
        return jdbc.sql("""
            select token_id from projection.token
            where expires_at <= now() and not expired and not revoked
            order by expires_at limit ?\
            """)
                .param(query.limit())
                .query((row, _) -> row.getString(1))
                .list();
    }

    @QueryHandler
    List<String> handle(FindEndedOverlaps query) {
        return jdbc.sql("""
            select token_id from projection.token
            where overlap_ends_at <= now() and not revoked
            order by overlap_ends_at limit ?\
            """)
                .param(query.limit())
                .query((row, _) -> row.getString(1))
                .list();
    }

    @QueryHandler
    List<String> handle(FindUnrevokedTokens query) {
        return jdbc.sql("select token_id from projection.token where account_id = ? and not revoked limit ?")
                .params(query.accountId(), query.limit())
                .query((row, _) -> row.getString(1))
                .list();
    }

    @QueryHandler
    Optional<String> handle(GetTokenAccount query) {
        return jdbc.sql("select account_id from projection.token where token_id = ?")
                .param(query.tokenId())
                .query((row, _) -> row.getString(1))
                .optional();
    }

    @QueryHandler
    List<TokenOfValue> handle(FindTokensOfValues query) {
        return jdbc.sql("""
            select t.token_id, t.account_id, v.digest, v.hint, v.state = 'retired'
                or (v.state = 'previous' and t.overlap_ends_at <= now())
            from projection.token_value v join projection.token t using (token_id)
            where v.digest = any(?) and state.authentication_is_open()\
            """)
                .param(query.digests().stream().map(Base64.getDecoder()::decode).toArray(byte[][]::new))
                .query((row, _) -> new TokenOfValue(
                        row.getString(1),
                        row.getString(2),
                        Base64.getEncoder().encodeToString(row.getBytes(3)),
                        row.getString(4),
                        row.getBoolean(5)))
                .list();
    }

    @QueryHandler
    List<String> handle(FindContacts query) {
        return jdbc.sql("""
            select email from projection.account
            where enabled and email is not null
              and (account_id = :account or account_id in
                  (select owner_id from projection.account_owner where account_id = :account))\
            """)
                .param("account", query.accountId())
                .query((row, _) -> row.getString(1))
                .list();
    }
}
