package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Table.Target.atMost;
import static io.keyledger.benchmarks.Table.percent;

import io.keyledger.benchmarks.Load.Machine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** From the start of the process to the first token that is authenticated, with a database that is there already. */
final class StartBenchmark {

    private static final Duration LONGEST = Duration.ofMinutes(2);

    private StartBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException {
        // Nothing else shall run.
        bench.close();
        var directory = Files.createDirectories(bench.directory().resolve("start"));
        var data = directory.resolve("data");
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Workbench.run(
                Map.of(),
                List.of(
                        java,
                        "-Djarmode=tools",
                        "-jar",
                        bench.jar().toString(),
                        "extract",
                        "--destination",
                        directory.resolve("extracted").toString()));
        var extracted = directory
                .resolve("extracted")
                .resolve(bench.jar().getFileName())
                .toString();
        Workbench.run(
                Map.of("JAVA", java),
                List.of(
                        "bash",
                        "deploy/make-aot-cache.sh",
                        extracted,
                        directory.resolve("server.aot").toString()));
        String token;
        try (var server = Program.java(
                List.of("-jar", bench.jar().toString()),
                Keyledger.environment(Files.createDirectories(data), 0),
                directory.resolve("first.log"),
                data)) {
            token = Keyledger.firstToken(server.url(), "\"tokens:read\"");
        }
        var ways = new LinkedHashMap<String, List<String>>();
        ways.put("the jar", List.of("-jar", bench.jar().toString()));
        ways.put("the jar, extracted", List.of("-jar", extracted));
        ways.put(
                "extracted, with the AOT cache",
                List.of("-XX:AOTCache=" + directory.resolve("server.aot"), "-jar", extracted));
        var seconds = new LinkedHashMap<String, List<Double>>();
        ways.keySet().forEach(way -> seconds.put(way, new ArrayList<>()));
        var thrownAway = 0;
        var kept = 0;
        for (var done = 0; done < bench.rounds(); ) {
            var round = new LinkedHashMap<String, Double>();
            var before = Machine.now();
            for (var way : ways.entrySet()) {
                var command = new ArrayList<>(List.of(java));
                command.addAll(way.getValue());
                round.put(way.getKey(), firstAnswer(command, data, token, directory.resolve("start.log")));
            }
            if (Machine.now().stolenSince(before) > Rounds.MOST_STOLEN) {
                if (thrownAway < 3 * bench.rounds()) {
                    thrownAway++;
                    continue;
                }
                kept++;
            }
            round.forEach((way, one) -> seconds.get(way).add(one));
            done++;
        }
        bench.table().add(thrownAway, kept);
        var reference = "the jar";
        seconds.forEach((way, all) -> {
            var median = median(all);
            var what = "first authenticated answer after the start: " + way;
            var measured = "%.2f s".formatted(median);
            var against = way.equals(reference) ? "" : "the jar: %.2f s".formatted(median(seconds.get(reference)));
            var ratio = way.equals(reference) ? "" : percent(median / median(seconds.get(reference)));
            if (way.contains("AOT")) {
                bench.table().row(what, measured, against, ratio, atMost(median, 4.5, " s"));
            } else {
                bench.table().row(what, measured, against, ratio);
            }
        });
    }

    private static double median(List<Double> values) {
        return Rounds.median(values.stream().mapToDouble(value -> value).toArray());
    }

    /** In seconds, after which the server is stopped. */
    private static double firstAnswer(List<String> command, Path data, String token, Path log)
            throws IOException, InterruptedException {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(Keyledger.environment(data, port));
        var start = System.nanoTime();
        var process = builder.start();
        try {
            while (!accepts(port, token)) {
                if (System.nanoTime() - start > LONGEST.toNanos() || process.waitFor(5, TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException("it does not start: " + Files.readString(log));
                }
            }
            return (System.nanoTime() - start) / 1e9;
        } finally {
            process.destroy();
            if (!process.waitFor(1, TimeUnit.MINUTES)) {
                process.destroyForcibly();
            }
        }
    }

    private static boolean accepts(int port, String token) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(
                            "GET /api/authenticate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n"
                                    .formatted(token)
                                    .getBytes(StandardCharsets.US_ASCII));
            var line = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return line.startsWith("HTTP/1.1 2");
        } catch (IOException e) {
            // It does not listen yet.
            return false;
        }
    }
}
