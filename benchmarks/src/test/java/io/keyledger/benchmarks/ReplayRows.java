package io.keyledger.benchmarks;

import io.keyledger.benchmarks.Load.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What ReplayBenchmark of the server's tests measures, as rows of the table: it needs the server's classes. */
final class ReplayRows {

    private static final Pattern ROUND = Pattern.compile(
            "(\\w+) +[0-9,]+ events/s while loading, ([0-9.]+) s of processor in the tool, ([0-9.]+) s in PostgreSQL,"
                    + " at most (\\d+) MB.*");
    private static final Pattern MEDIAN = Pattern.compile("(\\w+) +median ([0-9,]+) events/s while loading");

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
                        events)
                .redirectError(bench.directory().resolve("replay.log").toFile())
                .start();
        var told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(
                    "replay failed; see " + bench.directory().resolve("replay.log"));
        }
        bench.table().stolen("replay", Machine.now().stolenSince(before));
        rows(told)
                .forEach((name, measured) -> bench.table()
                        .row(
                                "projection %s built from %,d events".formatted(name, Long.parseLong(events)),
                                measured,
                                "",
                                ""));
    }

    private static Map<String, String> rows(String told) {
        var rows = new LinkedHashMap<String, String>();
        var last = "";
        for (var line : told.lines().toList()) {
            var round = ROUND.matcher(line);
            if (round.matches()) {
                last = "%s s of CPU in the tool, %s s in PostgreSQL, %s MB in the tool"
                        .formatted(round.group(2), round.group(3), round.group(4));
            }
            var median = MEDIAN.matcher(line);
            if (median.matches()) {
                rows.put(median.group(1), median.group(2) + " events/s; " + last);
            }
        }
        if (rows.isEmpty()) {
            throw new IllegalStateException("not understood: " + List.of(told));
        }
        return rows;
    }
}
