package io.keyledger.query.history;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.history.CapableTokenPage;
import io.keyledger.api.history.CapableTokenPage.CapableToken;
import io.keyledger.api.history.FindCapableTokens;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.Cursors;
import io.keyledger.query.Page;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import io.keyledger.query.account.AccountRow;
import io.keyledger.query.token.TokenRow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.axonframework.queryhandling.QueryHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Answers which tokens could do something at a moment. Goes through all tokens by their ids, a bounded number for each
 * page, and reads those alone in whose events the permission's name stands.
 */
@Component
class CapableTokenQueries implements QueryHandlers {

    private static final int BATCH = 500;

    /** So many tokens are looked at for one page. */
    private static final int MOST = 5_000;

    private final JdbcClient jdbc;
    private final Past past;
    private final PastDetails details;
    private final PermissionCatalogue catalogue;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    CapableTokenQueries(
            JdbcClient jdbc,
            Past past,
            PastDetails details,
            PermissionCatalogue catalogue,
            Cursors cursors,
            ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.past = past;
        this.details = details;
        this.catalogue = catalogue;
        this.cursors = cursors;
        this.positions = positions;
    }

    @QueryHandler
    CapableTokenPage handle(FindCapableTokens query) {
        Page.checkLimit(query.limit());
        // One that is not configured any more is in events still.
        if (!Permission.isName(query.permission())) {
            throw new Refusal.Malformed(
                    "unknown_permission",
                    "This is no name that a permission can have; GET /api/permissions lists those of today.");
        }
        if (query.position() != null) {
            positions.check(query.position());
        }
        var list = List.of("capable tokens", query.permission(), query.asOf().toString());
        var last = cursors.read(list, query.cursor());
        var moment = past.moment(query.asOf());

        var found = new ArrayList<CapableToken>();
        var behind = last == null ? "" : last.getFirst();
        var more = true;
        for (var seen = 0; more && seen < MOST; seen += BATCH) {
            var batch = batch(behind, query.permission(), moment);
            more = batch.size() == BATCH;
            for (var token : capable(batch, query.permission(), moment)) {
                if (found.size() == query.limit()) {
                    return page(
                            query,
                            moment,
                            found,
                            cursors.write(list, List.of(found.getLast().token().id())));
                }
                found.add(token);
            }
            if (!batch.isEmpty()) {
                behind = batch.getLast().tokenId();
            }
        }
        return page(query, moment, found, more ? cursors.write(list, List.of(behind)) : null);
    }

    private CapableTokenPage page(
            FindCapableTokens query, Moment moment, List<CapableToken> found, @Nullable String nextCursor) {
        return new CapableTokenPage(moment.time(), catalogue.contains(query.permission()), found, nextCursor);
    }

    /** The next tokens, and of each whether it may have been granted the permission by then: events say it in clear. */
    private List<Candidate> batch(String behind, String permission, Moment moment) {
        return jdbc.sql("""
            select t.token_id, exists (select from event.domain_event e
                where e.aggregate_identifier = t.token_id and %s and position(:permission in e.payload) > 0)
            from (select token_id from projection.token where token_id > :behind order by token_id limit :batch) t
            order by t.token_id\
            """.formatted(moment.includes("e.global_index", "e.occurred_at")))
                .param("behind", behind)
                .param("permission", ('"' + permission + '"').getBytes(StandardCharsets.UTF_8))
                .param("moment", moment.parameter())
                .param("batch", BATCH)
                .query((row, _) -> new Candidate(row.getString(1), row.getBoolean(2)))
                .list();
    }

    private List<CapableToken> capable(List<Candidate> batch, String permission, Moment moment) {
        var ids =
                batch.stream().filter(Candidate::named).map(Candidate::tokenId).toList();
        if (ids.isEmpty()) {
            return List.of();
        }
        var streams = past.read(ids, moment);
        var tokens = ids.stream()
                .map(id -> streams.token(id, moment))
                .filter(Objects::nonNull)
                .filter(token -> token.permissions().contains(permission)
                        && PastDetails.status(token, moment.time()) == TokenStatus.ACTIVE)
                .toList();
        var accounts =
                past.read(tokens.stream().map(TokenRow::accountId).distinct().toList(), moment);
        var capable = new ArrayList<CapableToken>();
        for (var token : tokens) {
            AccountRow account = accounts.account(token.accountId(), moment);
            if (account != null && account.enabled() && details.mayHaveHeld(account, permission)) {
                capable.add(new CapableToken(
                        account.accountId(),
                        account.service() ? AccountType.SERVICE : AccountType.PERSON,
                        account.displayName(),
                        details.of(token, account, moment.time(), null)));
            }
        }
        return capable;
    }

    /** @param named whether its events name the permission at all */
    private record Candidate(String tokenId, boolean named) {}
}
