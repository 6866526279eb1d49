package io.keyledger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A server that is measured, in a process of its own, and the PostgreSQL that belongs to it. Closing it stops it by its own
 * id.
 *
 * @param url where it answers
 * @param database a directory in which its PostgreSQL's processes run
 */
record Program(Process process, String url, Path database) implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(5);

    /** @param ready matches what it prints when it answers; its first group, where there is one, is the address */
    static Program start(
            List<String> command, Map<String, String> environment, Path log, Pattern ready, String url, Path database)
            throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        var deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline && process.isAlive()) {
            var found = ready.matcher(Files.readString(log));
            if (found.find()) {
                return new Program(process, found.groupCount() == 0 ? url : found.group(1), database);
            }
            process.waitFor(100, TimeUnit.MILLISECONDS);
        }
        process.destroyForcibly();
        throw new IllegalStateException(command.getFirst() + " does not start; see " + log);
    }

    /** @param arguments for Java */
    static Program java(List<String> arguments, Map<String, String> environment, Path log, Path database)
            throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        return start(command, environment, log, Pattern.compile("ready: (http://\\S+)"), "", database);
    }

    /** CPU time that it and its PostgreSQL have used, in seconds, by the operating system. */
    double cpuSeconds() throws IOException {
        // A script's Java is its child.
        var family = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(one -> Long.toString(one.pid()))
                .collect(Collectors.toSet());
        var ticks = 0L;
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var directory : processes) {
                try {
                    if (family.contains(directory.getFileName().toString())
                            || Files.readSymbolicLink(directory.resolve("cwd")).startsWith(database)) {
                        ticks += ticks(directory);
                    }
                } catch (IOException e) {
                    // It has ended, or is somebody else's.
                }
            }
        }
        return ticks / 100.0;
    }

    /** User and system time, and that of children that have ended (proc(5)). */
    private static long ticks(Path directory) throws IOException {
        try {
            var stat = Files.readString(directory.resolve("stat"));
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[11])
                    + Long.parseLong(fields[12])
                    + Long.parseLong(fields[13])
                    + Long.parseLong(fields[14]);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Memory that it holds without its PostgreSQL, in MB. */
    long residentMegabytes() throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(0);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
