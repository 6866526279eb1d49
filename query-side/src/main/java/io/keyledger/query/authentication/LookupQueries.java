package io.keyledger.query.authentication;

import io.keyledger.api.token.FindDueTokens;
import io.keyledger.api.token.FindUnrevokedTokens;
import io.keyledger.query.QueryHandlers;
import java.util.List;
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
    List<String> handle(FindUnrevokedTokens query) {
        return jdbc.sql("select token_id from projection.token where account_id = ? and not revoked limit ?")
                .params(query.accountId(), query.limit())
                .query((row, _) -> row.getString(1))
                .list();
    }
}
