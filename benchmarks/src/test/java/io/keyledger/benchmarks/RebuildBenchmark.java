package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Keyledger.bearer;
import static io.keyledger.benchmarks.Table.Target.atMost;
import static io.keyledger.benchmarks.Table.times;

import io.keyledger.benchmarks.Load.Sample;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a rebuild of a projection leaves to tokens. It reads the log that the commands before it have made. */
final class RebuildBenchmark {

    private static final int CONNECTIONS = 8;

    /** And why, where it failed. */
    private static final String STATE =
            "select concat_ws(': ', state, error) from state.projection_rebuild where projection = 'audit'";

    private RebuildBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException, SQLException {
        var table = bench.table();
        if (!Wrk.isInstalled()) {
            table.notMeasured("rebuild", "wrk is not installed");
            return;
        }
        var keyledger = bench.keyledger();
        var idle = Wrk.same(
                "tokens, idle",
                keyledger.program(),
                "/api/authenticate",
                CONNECTIONS,
                bearer(keyledger.administrator()),
                null,
                true);
        try (var connection = keyledger.connect()) {
            var rebuilding = new Rebuilding(keyledger, connection, idle);
            var rounds = bench.measure(List.of(idle, rebuilding));
            var ratio = rounds.ratio(rebuilding, idle, Sample::p99);
            table.row(
                    "tokens' p99 while the audit trail is built anew from %,d events".formatted(rebuilding.events()),
                    "%.2f ms".formatted(rounds.median(rebuilding, Sample::p99)),
                    "idle: %.2f ms".formatted(rounds.median(idle, Sample::p99)),
                    times(ratio),
                    atMost(ratio, 2, "×"));
        }
    }

    /** Tokens, while one rebuild follows the other; each begins with a sign-in. */
    private record Rebuilding(Keyledger keyledger, Connection connection, Wrk tokens) implements Load {

        @Override
        public String name() {
            return "tokens, while a projection is rebuilt";
        }

        @Override
        public Sample send(int seconds) throws IOException, InterruptedException, SQLException {
            var over = new AtomicBoolean();
            try (var thread = Executors.newSingleThreadExecutor()) {
                var rebuilds = thread.submit(() -> {
                    while (!over.get()) {
                        rebuild();
                    }
                    return null;
                });
                try {
                    return tokens.send(seconds);
                } finally {
                    over.set(true);
                    // The next round is idle.
                    rebuilds.get();
                }
            } catch (ExecutionException e) {
                throw new IllegalStateException("the rebuild failed", e.getCause());
            }
        }

        private void rebuild() throws IOException, InterruptedException, SQLException {
            Keyledger.post(
                    keyledger.program().url() + "/api/admin/projections/audit/rebuild",
                    Keyledger.basic(Keyledger.EMAIL, Keyledger.PASSWORD),
                    "application/json",
                    "");
            var state = select(STATE);
            while (state.equals("running")) {
                TimeUnit.MILLISECONDS.sleep(100);
                state = select(STATE);
            }
            if (!state.equals("succeeded")) {
                throw new IllegalStateException("the audit trail's rebuild " + state);
            }
        }

        long events() throws SQLException {
            return Long.parseLong(select("select count(*) from event.domain_event"));
        }

        private String select(String sql) throws SQLException {
            try (var statement = connection.createStatement();
                    var row = statement.executeQuery(sql)) {
                row.next();
                return row.getString(1);
            }
        }
    }
}
