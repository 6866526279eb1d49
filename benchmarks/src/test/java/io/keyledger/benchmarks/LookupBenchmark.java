package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Table.Target.atMost;
import static io.keyledger.benchmarks.Table.times;

import io.keyledger.benchmarks.Load.Machine;
import io.keyledger.benchmarks.Load.Sample;
import io.keyledger.query.authentication.LookupStatement;
import io.keyledger.query.authentication.TokenAuthenticationBenchmark;
import io.keyledger.query.authentication.TokenLookup;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The two halves of a look-up: what the JVM does for it, and what PostgreSQL does. */
final class LookupBenchmark {

    private static final int TOKENS_A_QUERY = 64;

    private LookupBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException, SQLException, RunnerException {
        for (var result : jmh(bench, TokenValueBenchmark.class)) {
            bench.table()
                    .row(
                            "work on a token's value, " + name(result),
                            figures(result),
                            "",
                            "",
                            atMost(result.getPrimaryResult().getScore(), 500, " ns"));
        }
        for (var result : jmh(bench, TokenAuthenticationBenchmark.class)) {
            bench.table().row("all that the JVM does for a token, " + name(result), figures(result), "", "");
        }
        var keyledger = bench.keyledger();
        var sizes = new ArrayList<>(List.of(10_000, 1_000_000));
        if (System.getenv("LARGE") != null) {
            sizes.add(10_000_000);
        }
        try (var filling = keyledger.connect()) {
            var connections = new ArrayList<Connection>();
            try {
                var loads = new ArrayList<Lookups>();
                for (var size : sizes) {
                    var schema = schema(size);
                    LookupRows.create(filling, schema);
                    LookupRows.fill(filling, schema, size);
                    var connection = keyledger.connect(TokenLookup.CONNECTION_OPTIONS);
                    connections.add(connection);
                    loads.add(new Lookups(keyledger.program(), connection, schema, size));
                }
                rows(bench.table(), bench.measure(loads), loads);
            } finally {
                for (var connection : connections) {
                    connection.close();
                }
                for (var size : sizes) {
                    LookupRows.drop(filling, schema(size));
                }
            }
        }
    }

    private static String schema(int size) {
        return "bench_" + size;
    }

    private static void rows(Table table, Rounds rounds, List<Lookups> loads) {
        var smallest = loads.getFirst();
        for (var load : loads) {
            table.row(
                    load.name(),
                    "%.1f µs for each, %.1f µs of PostgreSQL's CPU"
                            .formatted(1e6 / rounds.median(load, Sample::rate), rounds.median(load, Sample::cpu)),
                    load.equals(smallest) ? "" : "%.1f µs".formatted(1e6 / rounds.median(smallest, Sample::rate)),
                    load.equals(smallest) ? "" : times(rounds.ratio(smallest, load, Sample::rate)));
        }
    }

    static List<RunResult> jmh(Workbench bench, Class<?> benchmarks) throws IOException, RunnerException {
        var before = Machine.now();
        var results = new Runner(new OptionsBuilder()
                        .include(benchmarks.getName())
                        .addProfiler(GCProfiler.class)
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
        bench.table().stolen(benchmarks.getSimpleName(), Machine.now().stolenSince(before));
        return List.copyOf(results);
    }

    private static String figures(RunResult result) {
        return "%,.0f ns, %,.0f bytes allocated (JMH)"
                .formatted(
                        result.getPrimaryResult().getScore(),
                        result.getSecondaryResults().get("gc.alloc.rate.norm").getScore());
    }

    /** A benchmark's method as words. */
    static String name(RunResult result) {
        var name = result.getParams().getBenchmark();
        return name.substring(name.lastIndexOf('.') + 1)
                .replaceAll("([A-Z])", " $1")
                .toLowerCase(Locale.ROOT);
    }

    /** Random tokens of so many, one query after the other over one connection. */
    private record Lookups(Program server, Connection connection, String schema, int size) implements Load {

        @Override
        public String name() {
            return "look-up in the database, %,d tokens, %d a query".formatted(size, TOKENS_A_QUERY);
        }

        @Override
        public Sample send(int seconds) throws IOException, SQLException {
            var random = new Random(size);
            var before = Machine.now();
            var cpuBefore = server.cpuSeconds();
            var queries = 0;
            var start = System.nanoTime();
            var end = start + seconds * 1_000_000_000L;
            try (var select = connection.prepareStatement(LookupStatement.inSchema(schema))) {
                while (System.nanoTime() < end) {
                    var digests = new byte[TOKENS_A_QUERY][];
                    for (var i = 0; i < digests.length; i++) {
                        digests[i] = LookupRows.digest(random.nextInt(size));
                    }
                    select.setArray(1, connection.createArrayOf("bytea", digests));
                    var found = 0;
                    try (var rows = select.executeQuery()) {
                        while (rows.next()) {
                            found++;
                        }
                    }
                    if (found < 1) {
                        throw new IllegalStateException("no token found in " + schema);
                    }
                    queries++;
                }
            }
            var elapsed = (System.nanoTime() - start) / 1e9;
            var machine = Machine.now();
            var lookups = (double) queries * TOKENS_A_QUERY;
            return new Sample(
                    lookups / elapsed,
                    0,
                    0,
                    (server.cpuSeconds() - cpuBefore) * 1e6 / lookups,
                    (machine.ownSeconds() - before.ownSeconds()) * 1e6 / lookups,
                    machine.stolenSince(before));
        }
    }
}
