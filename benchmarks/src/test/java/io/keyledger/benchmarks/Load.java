package io.keyledger.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wrk sends, the same ones over and over.
 *
 * @param name as the table shows it
 * @param form the body of a POST; absent: a GET
 * @param good whether every answer has to be a success, or every one a refusal
 */
record Load(
        String name,
        Program server,
        String path,
        Map<String, String> headers,
        @Nullable String form,
        boolean good) {

    private static final Pattern COUNT = Pattern.compile("(\\d+) requests in");
    private static final Pattern REFUSED = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern LATENCY = Pattern.compile("(50|99)%\\s+([0-9.]+)(us|ms|s)");

    /**
     * What one round came to.
     *
     * @param p50 of the time to an answer, in ms
     * @param cpu of the server and its PostgreSQL, in µs for a request
     * @param wrkCpu of wrk, in µs for a request
     * @param stolen the share of the machine's CPU time that it did not get
     */
    record Round(double rate, double p50, double p99, double cpu, double wrkCpu, double stolen) {}

    /** Sends for so long over so many connections, on one thread. */
    Round send(int seconds, int connections) throws IOException, InterruptedException {
        var script = Files.createTempFile("wrk-", ".lua");
        try {
            Files.writeString(script, script());
            var command = List.of(
                    "wrk",
                    "-t1",
                    "-c" + connections,
                    "-d" + seconds + "s",
                    "--latency",
                    "-s",
                    script.toString(),
                    server.url() + path);
            var before = Machine.now();
            var cpuBefore = server.cpuSeconds();
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            var ended = process.waitFor();
            var cpu = server.cpuSeconds() - cpuBefore;
            var machine = Machine.now();
            var requests = Long.parseLong(group(COUNT, told));
            var refused = REFUSED.matcher(told);
            if (ended != 0
                    || told.contains("Socket errors")
                    || (refused.find() ? Long.parseLong(refused.group(1)) : 0) != (good ? 0 : requests)) {
                throw new IllegalStateException(name + ": " + told);
            }
            return new Round(
                    Double.parseDouble(group(RATE, told)),
                    milliseconds(told, "50"),
                    milliseconds(told, "99"),
                    cpu * 1e6 / requests,
                    (machine.childrenSeconds() - before.childrenSeconds()) * 1e6 / requests,
                    machine.stolenSince(before));
        } finally {
            Files.delete(script);
        }
    }

    private String script() {
        var lines = new ArrayList<String>();
        lines.add("wrk.method = \"" + (form == null ? "GET" : "POST") + "\"");
        headers.forEach((header, value) -> lines.add("wrk.headers[\"" + header + "\"] = \"" + value + "\""));
        if (form != null) {
            lines.add("wrk.headers[\"Content-Type\"] = \"application/x-www-form-urlencoded\"");
            lines.add("wrk.body = \"" + form + "\"");
        }
        return String.join("\n", lines);
    }

    private static String group(Pattern pattern, String text) {
        var found = pattern.matcher(text);
        if (!found.find()) {
            throw new IllegalStateException("not understood: " + text);
        }
        return found.group(1);
    }

    private static double milliseconds(String text, String percentile) {
        return LATENCY.matcher(text)
                .results()
                .filter(found -> found.group(1).equals(percentile))
                .mapToDouble(found -> Double.parseDouble(found.group(2))
                        * switch (found.group(3)) {
                            case "us" -> 0.001;
                            case "ms" -> 1;
                            default -> 1000;
                        })
                .findFirst()
                .orElseThrow();
    }

    /** The machine's CPU time so far, and that of this process's children that have ended. */
    record Machine(long all, long stolen, double childrenSeconds) {

        static Machine now() throws IOException {
            var fields = Arrays.stream(Files.readAllLines(Path.of("/proc/stat"))
                            .getFirst()
                            .replaceFirst("cpu\\s+", "")
                            .split(" ", -1))
                    .mapToLong(Long::parseLong)
                    .toArray();
            var stat = Files.readString(Path.of("/proc/self/stat"));
            var own = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return new Machine(
                    Arrays.stream(fields, 0, 8).sum(),
                    fields[7],
                    (Long.parseLong(own[13]) + Long.parseLong(own[14])) / 100.0);
        }

        double stolenSince(Machine before) {
            return all == before.all ? 0 : (double) (stolen - before.stolen) / (all - before.all);
        }
    }
}
