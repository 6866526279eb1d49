package io.keyledger.query.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.query.Cursors;
import io.keyledger.query.Page;
import io.keyledger.query.Parameters;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import org.axonframework.queryhandling.QueryHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Answers what the accounts are, from {@code projection.account}. That table is written together with the events and is
 * never behind; a position is only checked, not waited for.
 */
@Component
class AccountQueries implements QueryHandlers {

    /** Service accounts have no address: they stand among the others by their names. */
    private static final String SORT_KEY = "coalesce(email_key, lower(display_name))";

    private static final String SELECT = """
        select a.*, %s as sort_key, array(
            select o.owner_id from projection.account_owner o where o.account_id = a.account_id order by o.owner_id
        ) as owners
        from projection.account a\
        """.formatted(SORT_KEY);

    private final JdbcClient jdbc;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    AccountQueries(JdbcClient jdbc, Cursors cursors, ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.cursors = cursors;
        this.positions = positions;
    }

    @QueryHandler
    AccountPage handle(FindAccounts query) {
        Page.checkLimit(query.limit());
        // Every administrator sees the same list, so it names no reader.
        List<@Nullable Object> list =
                Arrays.asList("accounts", query.search(), query.enabled(), query.type(), query.ownerId());
        var last = cursors.read(list, query.cursor());
        check(query.position());

        var sql = new StringBuilder(SELECT + " where true");
        if (query.search() != null) {
            sql.append(" and (email_key like :search or lower(display_name) like :search)");
        }
        if (query.enabled() != null) {
            sql.append(" and enabled = :enabled");
        }
        if (query.type() != null) {
            sql.append(" and service = :service");
        }
        if (query.ownerId() != null) {
            sql.append(" and exists (select from projection.account_owner o"
                    + " where o.account_id = a.account_id and o.owner_id = :owner)");
        }
        if (last != null) {
            sql.append(" and (" + SORT_KEY + ", account_id) > (:lastKey, :lastAccount)");
        }
        sql.append(" order by " + SORT_KEY + ", account_id limit :limit");

        var statement = jdbc.sql(sql.toString()).param("limit", query.limit() + 1);
        if (query.search() != null) {
            statement.param("search", Parameters.containing(query.search()));
        }
        if (query.enabled() != null) {
            statement.param("enabled", query.enabled());
        }
        if (query.type() != null) {
            statement.param("service", query.type() == AccountType.SERVICE);
        }
        if (query.ownerId() != null) {
            statement.param("owner", query.ownerId());
        }
        if (last != null) {
            statement.param("lastKey", last.getFirst()).param("lastAccount", last.getLast());
        }
        var rows = statement
                .query((row, number) -> new Row(account(row), row.getString("sort_key")))
                .list();

        var page = Page.of(rows, query.limit());
        return new AccountPage(
                page.rows().stream().map(Row::account).toList(),
                page.nextCursor(row ->
                        cursors.write(list, List.of(row.sortKey(), row.account().id()))));
    }

    @QueryHandler
    AccountDetails handle(GetAccount query) {
        check(query.position());
        return jdbc.sql(SELECT + " where account_id = :account")
                .param("account", query.accountId())
                .query((row, number) -> account(row))
                .optional()
                .orElseThrow(() -> new Refusal.NotFound("account_not_found", "There is no account with this id."));
    }

    private void check(@Nullable Long position) {
        if (position != null) {
            positions.check(position);
        }
    }

    private static AccountDetails account(ResultSet row) throws SQLException {
        var passwordChangedAt = row.getObject("password_changed_at", OffsetDateTime.class);
        return new AccountDetails(
                row.getString("account_id"),
                row.getBoolean("service") ? AccountType.SERVICE : AccountType.PERSON,
                row.getString("email"),
                row.getString("display_name"),
                row.getBoolean("administrator"),
                row.getBoolean("enabled"),
                row.getBoolean("erased"),
                List.of((String[]) row.getArray("owners").getArray()),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                passwordChangedAt == null ? null : passwordChangedAt.toInstant(),
                row.getLong("version"));
    }

    private record Row(AccountDetails account, String sortKey) {}
}
