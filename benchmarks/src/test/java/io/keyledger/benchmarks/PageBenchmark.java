package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Keyledger.bearer;
import static io.keyledger.benchmarks.Table.Target.atLeast;
import static io.keyledger.benchmarks.Table.percent;
import static io.keyledger.benchmarks.Table.times;

import io.keyledger.benchmarks.Keyledger.Account;
import io.keyledger.benchmarks.Load.Sample;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A page of 20 tokens of an account that has few or many, and of 20 entries of an audit trail that is short or long. The
 * rows are put into the projections' tables by SQL: a log of so many events would take long, and no page reads it.
 */
final class PageBenchmark {

    private static final int CONNECTIONS = 8;
    private static final int THEIR_EVENTS = 10_000;

    private static final String TOKENS = """
        insert into projection.token_list (token_id, account_id, name, name_key, permissions, hint, created_at, version)
        select 'tok_page' || ROWS || 'x' || i, 'ACCOUNT', 'Token number ' || i, 'token number ' || i, '{tokens:read}',
            'klt_…abcd', timestamptz '2026-01-01' + i * interval '1 second', 0
        from generate_series(1, ROWS) i\
        """;

    /** Copies of an entry that the account has, older than all others, so that what is encrypted can be read. */
    private static final String ENTRIES = """
        insert into projection.audit_entry
        select copy.* from projection.audit_entry one, generate_series(1, ROWS) i,
            jsonb_populate_record(one, jsonb_build_object('position',
                (select least(min(position), 0) from projection.audit_entry) - i)) copy
        where one.position = (select max(position) from projection.audit_entry where account_id = 'ACCOUNT')\
        """;

    private static final String THEIR_ENTRIES = """
        insert into admin_event_entity
        select copy.* from admin_event_entity one, generate_series(1, ROWS) i,
            jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(),
                'admin_event_time', one.admin_event_time - i)) copy
        where one.id = (select min(id) from admin_event_entity)\
        """;

    private PageBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException, SQLException {
        var table = bench.table();
        if (!Wrk.isInstalled()) {
            table.notMeasured("pages", "wrk is not installed");
            return;
        }
        var keyledger = bench.keyledger();
        var program = keyledger.program();
        var tokenPages = new ArrayList<Wrk>();
        var auditPages = new ArrayList<Wrk>();
        try (var connection = keyledger.connect()) {
            for (var rows : List.of(10, 1_000, 100_000, 1_000_000)) {
                var account = keyledger.account("%,d tokens".formatted(rows));
                fill(connection, TOKENS, account.id(), rows);
                tokenPages.add(Wrk.same(
                        "20 of %,d tokens".formatted(rows),
                        program,
                        "/api/tokens?limit=20",
                        CONNECTIONS,
                        bearer(account.token()),
                        null,
                        true));
            }
            for (var rows : List.of(10_000, 1_000_000)) {
                var account = keyledger.account("%,d events".formatted(rows));
                awaitEntry(connection, account);
                fill(connection, ENTRIES, account.id(), rows);
                auditPages.add(Wrk.same(
                        "20 of %,d audit events of one account".formatted(rows),
                        program,
                        "/api/audit-events?limit=20&accountId=" + account.id(),
                        CONNECTIONS,
                        bearer(keyledger.administrator()),
                        null,
                        true));
            }
            try (var statement = connection.createStatement()) {
                statement.execute("vacuum analyze projection.token_list, projection.audit_entry");
            }
        }
        var loads = new ArrayList<Load>(tokenPages);
        loads.addAll(auditPages);
        var theirs = theirs(bench);
        if (theirs != null) {
            loads.add(theirs);
        }
        var rounds = bench.measure(loads);
        // 10 are no full page.
        var smallest = tokenPages.get(1);
        for (var page : tokenPages) {
            row(table, rounds, page, smallest, !page.equals(tokenPages.getFirst()) && !page.equals(smallest));
        }
        for (var page : auditPages) {
            row(table, rounds, page, auditPages.getFirst(), !page.equals(auditPages.getFirst()));
        }
        if (theirs == null) {
            table.notMeasured("beside Keycloak's admin events", "there is no distribution of Keycloak");
        } else {
            for (var page : List.of(tokenPages.getLast(), auditPages.getLast())) {
                var ratio = rounds.ratio(page, theirs, Sample::rate);
                table.row(
                        page.name() + " beside Keycloak's",
                        "%,.0f/s".formatted(rounds.median(page, Sample::rate)),
                        rounds.rate(theirs),
                        times(ratio),
                        atLeast(ratio, 4, "×"));
            }
        }
    }

    private static void row(Table table, Rounds rounds, Wrk page, Wrk smallest, boolean judged) {
        var ratio = rounds.ratio(page, smallest, Sample::rate);
        var reference = page.equals(smallest) ? "" : rounds.rate(smallest);
        if (judged) {
            table.row(page.name(), rounds.figures(page), reference, percent(ratio), atLeast(100 * ratio, 80, " %"));
        } else {
            table.row(page.name(), rounds.figures(page), reference, page.equals(smallest) ? "" : percent(ratio));
        }
    }

    private static void fill(Connection connection, String sql, String account, int rows) throws SQLException {
        try (var statement = connection.createStatement()) {
            var filled = statement.executeUpdate(
                    sql.replace("ROWS", Integer.toString(rows)).replace("ACCOUNT", account));
            if (filled != rows) {
                throw new IllegalStateException("%d rows instead of %d".formatted(filled, rows));
            }
        }
    }

    /** The trail is a streaming projection. */
    private static void awaitEntry(Connection connection, Account account) throws SQLException, InterruptedException {
        var deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        try (var entries = connection.prepareStatement("select from projection.audit_entry where account_id = ?")) {
            entries.setString(1, account.id());
            while (true) {
                try (var rows = entries.executeQuery()) {
                    if (rows.next()) {
                        return;
                    }
                }
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("the audit trail does not get to " + account.id());
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    private static @Nullable Wrk theirs(Workbench bench) throws IOException, InterruptedException, SQLException {
        var keycloak = bench.keycloak();
        if (keycloak == null) {
            return null;
        }
        var token = keycloak.administratorsToken();
        // So that there is one event to copy.
        Keyledger.post(
                keycloak.program().url() + Keycloak.ADMIN + "users",
                "Bearer " + token,
                "application/json",
                "{\"enabled\": true, \"username\": \"page-%d\"}".formatted(System.nanoTime()));
        try (var connection = DriverManager.getConnection(
                        keycloak.postgres().getJdbcUrl("postgres", "postgres"), "postgres", "postgres");
                var statement = connection.createStatement()) {
            statement.execute(THEIR_ENTRIES.replace("ROWS", Integer.toString(THEIR_EVENTS)));
            statement.execute("analyze admin_event_entity");
        }
        return Wrk.same(
                "Keycloak's page of 20 of %,d admin events".formatted(THEIR_EVENTS),
                keycloak.program(),
                Keycloak.ADMIN + "admin-events?max=20",
                CONNECTIONS,
                bearer(token),
                null,
                true);
    }
}
