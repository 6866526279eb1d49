package io.keyledger.server;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A program of the system's own that tests run. Where there is none, apt-get gets it, if it is there and we are root.
 * It is looked for once: what apt-get could not do for one test, it cannot for the next.
 */
public final class SystemProgram {

    /** A slow mirror and a slow disk included; Chromium is some 100 MB. */
    private static final Duration INSTALLATION = Duration.ofMinutes(10);

    private final String missing;
    private final String debianPackage;
    private final List<String> names;
    private final List<Path> elsewhere;
    private Optional<Path> program = Optional.empty();
    private Optional<String> problem = Optional.empty();

    /**
     * @param missing one sentence that says what to do when it is not there
     * @param debianPackage that holds it
     * @param names what it is called on PATH, the best first
     * @param elsewhere whole paths where it may be, too
     */
    public SystemProgram(String missing, String debianPackage, List<String> names, List<Path> elsewhere) {
        this.missing = missing;
        this.debianPackage = debianPackage;
        this.names = names;
        this.elsewhere = elsewhere;
    }

    /** @throws IllegalStateException says what to do about it */
    public synchronized Path find() {
        if (program.isEmpty() && problem.isEmpty()) {
            try {
                program = Optional.of(find(path(), isRoot()));
            } catch (IllegalStateException e) {
                problem = Optional.of(Objects.requireNonNull(e.getMessage()));
            }
        }
        return program.orElseThrow(() -> new IllegalStateException(problem.orElseThrow()));
    }

    /** @param path where programs are, apt-get among them */
    Path find(List<Path> path, boolean root) {
        return present(path).orElseGet(() -> {
            var aptGet = program(path, "apt-get");
            if (!root || aptGet.isEmpty()) {
                throw new IllegalStateException(missing);
            }
            var output = install(aptGet.get());
            return present(path)
                    .orElseThrow(() -> new IllegalStateException(missing + "\napt-get was tried:\n" + output));
        });
    }

    private Optional<Path> present(List<Path> path) {
        return Stream.concat(
                        names.stream().flatMap(name -> program(path, name).stream()),
                        elsewhere.stream().filter(Files::isExecutable))
                .findFirst();
    }

    private static Optional<Path> program(List<Path> path, String name) {
        return path.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Debian has servers in /usr/sbin, which only root has on PATH. */
    private static List<Path> path() {
        return Stream.concat(
                        Stream.of("/usr/bin", "/usr/sbin"),
                        Arrays.stream(Objects.requireNonNullElse(System.getenv("PATH"), "")
                                .split(File.pathSeparator)))
                .filter(directory -> !directory.isEmpty())
                .map(Path::of)
                .toList();
    }

    /** On Linux; elsewhere it changes nothing. */
    public static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** @return what apt-get said, whether it went well or not */
    private String install(Path aptGet) {
        try {
            var output = Files.createTempFile("apt-get-", ".log");
            try {
                var deadline = System.nanoTime() + INSTALLATION.toNanos();
                if (run(output, deadline, aptGet.toString(), "update")) {
                    run(output, deadline, aptGet.toString(), "install", "-y", "--no-install-recommends", debianPackage);
                }
                return Files.readString(output);
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean run(Path output, long deadline, String... command) throws IOException {
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
        // A server that is installed is started at once, on its usual port: not by systemd then, nor by System V's
        // init.
        builder.environment().put("SYSTEMD_OFFLINE", "1");
        builder.environment().put("RUNLEVEL", "1");
        var process = builder.start();
        try {
            process.getOutputStream().close();
            return process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            process.destroy();
        }
    }
}
