package io.keyledger.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wrk sends, on one thread.
 *
 * @param name as the table shows it
 * @param script in Lua; {@code ROUND} in it is another number in each round, so that names are new
 * @param good whether every answer has to be a success, or every one a refusal
 */
record Wrk(String name, Program server, String path, int connections, String script, boolean good) implements Load {

    private static final Pattern COUNT = Pattern.compile("(\\d+) requests in");
    private static final Pattern REFUSED = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern LATENCY = Pattern.compile("(50|99)%\\s+([0-9.]+)(us|ms|s)");

    static boolean isInstalled() {
        return Workbench.find("wrk") != null;
    }

    /** @param body of a POST, with its type; absent: a GET */
    static Wrk same(
            String name,
            Program server,
            String path,
            int connections,
            Map<String, String> headers,
            @Nullable Body body,
            boolean good) {
        var lines = new ArrayList<String>();
        lines.add("wrk.method = \"" + (body == null ? "GET" : "POST") + "\"");
        headers.forEach((header, value) -> lines.add("wrk.headers[\"" + header + "\"] = \"" + value + "\""));
        if (body != null) {
            lines.add("wrk.headers[\"Content-Type\"] = \"" + body.type() + "\"");
            lines.add("wrk.body = [[" + body.text() + "]]");
        }
        return new Wrk(name, server, path, connections, String.join("\n", lines), good);
    }

    record Body(String type, String text) {}

    /**
     * Requests that are made once, one for each line of a file, and then sent in turn.
     *
     * @param headers in which, as in the body, {@code LINE} stands for the line
     * @param body of a POST, with its type; absent: a GET
     */
    static Wrk inTurn(
            String name,
            Program server,
            String path,
            int connections,
            Path lines,
            Map<String, String> headers,
            @Nullable Body body,
            boolean good) {
        var all = new HashMap<>(headers);
        if (body != null) {
            all.put("Content-Type", body.type());
        }
        return new Wrk(
                name,
                server,
                path,
                connections,
                """
                local requests, count, n = {}, 0, 0
                init = function()
                    for line in io.lines("%s") do
                        count = count + 1
                        requests[count] = wrk.format("%s", "%s", {%s}, %s)
                    end
                end
                request = function()
                    n = n %% count + 1
                    return requests[n]
                end
                """.formatted(
                        lines,
                        body == null ? "GET" : "POST",
                        path,
                        all.entrySet().stream()
                                .map(header -> "[\"%s\"] = %s".formatted(header.getKey(), withLine(header.getValue())))
                                .collect(Collectors.joining(", ")),
                        body == null ? "nil" : withLine(body.text())),
                good);
    }

    /** A Lua expression. */
    private static String withLine(String text) {
        return "\"" + text.replace("LINE", "\" .. line .. \"") + "\"";
    }

    /**
     * JSON that differs from request to request.
     *
     * @param lines a file; each request goes with the next one of its lines, cut at blanks into {@code f[1]}, {@code f[2]} …
     * @param path a Lua expression, as {@code bearer} and {@code body}; {@code n} counts the requests
     */
    static Wrk varying(
            String name,
            Program server,
            int connections,
            Path lines,
            String method,
            String path,
            String bearer,
            String body) {
        return new Wrk(name, server, "/", connections, """
            local lines = {}
            for line in io.lines("%s") do
                local f = {}
                for word in line:gmatch("%%S+") do f[#f + 1] = word end
                lines[#lines + 1] = f
            end
            math.randomseed(os.time())
            local n = math.random(#lines)
            request = function()
                n = n + 1
                local f = lines[n %% #lines + 1]
                return wrk.format("%s", %s, {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. %s}, %s)
            end
            """.formatted(lines, method, path, bearer, body), true);
    }

    @Override
    public Sample send(int seconds) throws IOException, InterruptedException {
        var file = Files.createTempFile("wrk-", ".lua");
        try {
            Files.writeString(file, script.replace("ROUND", Long.toString(System.nanoTime(), 36)));
            var command = List.of(
                    "wrk",
                    "-t1",
                    "-c" + connections,
                    "-d" + seconds + "s",
                    "--timeout",
                    "10s",
                    "--latency",
                    "-s",
                    file.toString(),
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
                    || requests == 0
                    || told.contains("Socket errors")
                    || (refused.find() ? Long.parseLong(refused.group(1)) : 0) != (good ? 0 : requests)) {
                throw new IllegalStateException(name + ": " + told);
            }
            return new Sample(
                    Double.parseDouble(group(RATE, told)),
                    milliseconds(told, "50"),
                    milliseconds(told, "99"),
                    cpu * 1e6 / requests,
                    (machine.childrenSeconds() - before.childrenSeconds()) * 1e6 / requests,
                    machine.stolenSince(before));
        } finally {
            Files.delete(file);
        }
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
}
