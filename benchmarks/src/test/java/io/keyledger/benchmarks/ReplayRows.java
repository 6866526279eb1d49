package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Table.Target.atMost;

import io.keyledger.benchmarks.Load.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** What ReplayBenchmark of the server's tests measures, as rows of the table: it needs the server's classes. */
final class ReplayRows {

    private static final Pattern ROUND = Pattern.compile(
            "(\\w+) +[0-9,]+ events/s while loading, ([0-9.]+) s of processor in the tool, ([0-9.]+) s in PostgreSQL,"
                    + " at most (\\d+) MB.*");
    private static final Pattern MEDIAN = Pattern.compile("(\\w+) +median ([0-9,]+) events/s while loading");
    private static final Pattern VERIFIED =
            Pattern.compile("(\\w+) +median ([0-9.]+) s to verify ([0-9,]+) events with ([0-9,]+) checkpoints");

    private ReplayRows() {}

    static void run(Workbench bench, String classes, Path log) throws IOException, InterruptedException {
        // Nothing else shall run.
        bench.close();
        var events = System.getenv().getOrDefault("EVENTS", "1000000");
        Files.createDirectories(log);
        var before = Machine.now();
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classes,
                        "io.keyledger.server.benchmark.ReplayBenchmark",
                        log.toString(),
                        events,
                        Integer.toString(bench.rounds()))
                .redirectError(bench.directory().resolve("replay.log").toFile())
                .start();
        var told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var ended = process.waitFor();
        bench.table().stolen("replay", Machine.now().stolenSince(before));
        if (rows(bench.table(), Long.parseLong(events), told) == 0 || ended != 0) {
            throw new IllegalStateException(
                    "replay failed; see " + bench.directory().resolve("replay.log"));
        }
    }

    /** As far as it got; how many. */
    private static int rows(Table table, long events, String told) {
        var rows = 0;
        var last = "";
        for (var line : told.lines().toList()) {
            var round = ROUND.matcher(line);
            if (round.matches()) {
                last = "%s s of CPU in the tool, %s s in PostgreSQL, %s MB in the tool"
                        .formatted(round.group(2), round.group(3), round.group(4));
            }
            var median = MEDIAN.matcher(line);
            if (median.matches()) {
                rows++;
                table.row(
                        "projection %s built from %,d events".formatted(median.group(1), events),
                        median.group(2) + " events/s; " + last,
                        "",
                        "");
            }
            var verified = VERIFIED.matcher(line);
            if (verified.matches()) {
                rows++;
                var seconds = Double.parseDouble(verified.group(2));
                table.row(
                        "%s events with %s checkpoints verified, in the %s"
                                .formatted(verified.group(3), verified.group(4), verified.group(1)),
                        "%.1f s".formatted(seconds),
                        "",
                        "",
                        atMost(seconds, 30, " s"));
            }
        }
        return rows;
    }
}
