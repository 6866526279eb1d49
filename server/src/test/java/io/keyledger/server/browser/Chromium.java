package io.keyledger.server.browser;

import com.microsoft.playwright.BrowserType.LaunchOptions;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The system's own Chromium, or Chrome. Where there is none, apt-get gets it, if it is there and we are root; Playwright
 * never downloads the browsers of its own.
 */
final class Chromium {

    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    private static final List<Path> APPLICATIONS = List.of(
            Path.of("/Applications/Chromium.app/Contents/MacOS/Chromium"),
            Path.of("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"));

    private static final String MISSING = "The tests in a browser need Chromium, and there is none on PATH: install it"
            + " (on Debian: apt-get install chromium), or leave these tests out: mvn verify -DexcludedGroups=browser";

    /** A slow mirror and a slow disk included; some 100 MB. */
    private static final Duration INSTALLATION = Duration.ofMinutes(10);

    /** Asked for once: what apt-get could not do for one test, it cannot for the next. */
    private static final class Here {
        static final Optional<Path> PROGRAM;
        static final String PROBLEM;

        static {
            Optional<Path> program = Optional.empty();
            var problem = MISSING;
            try {
                program = Optional.of(find(path(), APPLICATIONS, isRoot()));
            } catch (IllegalStateException e) {
                problem = Objects.requireNonNull(e.getMessage());
            }
            PROGRAM = program;
            PROBLEM = problem;
        }
    }

    private Chromium() {}

    static LaunchOptions launch() {
        var arguments = new ArrayList<>(List.of(
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-default-apps",
                // Neither a page nor Chromium itself gets anywhere but to this machine.
                "--no-proxy-server",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"));
        if (isRoot()) {
            // Its sandbox refuses to run as root.
            arguments.add("--no-sandbox");
        }
        return new LaunchOptions()
                .setExecutablePath(Here.PROGRAM.orElseThrow(() -> new IllegalStateException(Here.PROBLEM)))
                .setHeadless(true)
                .setArgs(arguments);
    }

    /**
     * @param path where programs are, apt-get among them
     * @param applications where else a browser may be
     * @throws IllegalStateException says what to do about it
     */
    static Path find(List<Path> path, List<Path> applications, boolean root) {
        return present(path, applications).orElseGet(() -> {
            var aptGet = program(path, "apt-get");
            if (!root || aptGet.isEmpty()) {
                throw new IllegalStateException(MISSING);
            }
            var output = install(aptGet.get());
            return present(path, applications)
                    .orElseThrow(() -> new IllegalStateException(MISSING + "\napt-get was tried:\n" + output));
        });
    }

    private static Optional<Path> present(List<Path> path, List<Path> applications) {
        return Stream.concat(
                        NAMES.stream().flatMap(name -> program(path, name).stream()),
                        applications.stream().filter(Files::isExecutable))
                .findFirst();
    }

    private static Optional<Path> program(List<Path> path, String name) {
        return path.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static List<Path> path() {
        return Stream.concat(
                        Stream.of("/usr/bin"),
                        Arrays.stream(Objects.requireNonNullElse(System.getenv("PATH"), "")
                                .split(File.pathSeparator)))
                .filter(directory -> !directory.isEmpty())
                .map(Path::of)
                .toList();
    }

    /** On Linux; elsewhere it changes nothing. */
    private static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** @return what apt-get said, whether it went well or not */
    private static String install(Path aptGet) {
        try {
            var output = Files.createTempFile("apt-get-", ".log");
            try {
                var deadline = System.nanoTime() + INSTALLATION.toNanos();
                if (run(output, deadline, aptGet.toString(), "update")) {
                    run(output, deadline, aptGet.toString(), "install", "-y", "--no-install-recommends", "chromium");
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
