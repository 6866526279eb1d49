package io.keyledger.server.journey;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** The real server in a JVM of its own, on a port that the system chose. Closing it stops it by its own id. */
public final class ServerProcess implements AutoCloseable {

    public static final String ADMIN_EMAIL = "admin@localhost";
    public static final String ADMIN_PASSWORD = "correct horse battery staple";

    /** Base64 of 32 bytes; every node of a test has it. */
    public static final String MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    private static final Pattern READY = Pattern.compile("Keyledger is ready: (http://localhost:\\d+)");
    private static final Duration START = Duration.ofMinutes(3);

    private final Process process;
    private final Path output;
    private final UnaryOperator<URI> reached;
    private volatile URI address = URI.create("http://localhost");

    private ServerProcess(Process process, Path output, UnaryOperator<URI> reached) {
        this.process = process;
        this.output = output;
        this.reached = reached;
    }

    /** What to start, and how. */
    public static final class Setup {

        private final Map<String, String> environment = new HashMap<>();
        private final List<String> jvmOptions = new ArrayList<>();
        private Supplier<String> archive = LibraryArchive::option;
        private List<String> starter = List.of();
        private List<Path> patches = List.of();
        private UnaryOperator<URI> reached =
                address -> URI.create(address.toString().replace("localhost", "127.0.0.1"));

        private Setup() {
            environment.put("SERVER_PORT", "0");
            environment.put("KEYLEDGER_ADMIN_PASSWORD", ADMIN_PASSWORD);
            jvmOptions.addAll(List.of("-XX:+UseSerialGC", "-Xmx400m", "-XX:TieredStopAtLevel=1"));
        }

        public Setup with(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        public Setup jvmOption(String option) {
            jvmOptions.add(option);
            return this;
        }

        /**
         * Starts it where it is not reached as usual, such as in another network namespace.
         *
         * @param command with its arguments, that runs what follows
         * @param where it is reached, that says it is at some port of localhost
         */
        public Setup by(List<String> command, UnaryOperator<URI> where) {
            starter = command;
            reached = where;
            return this;
        }

        /** Takes the classes in this directory in place of ours of the same names. */
        public Setup patchedBy(Path directory) {
            patches = List.of(directory);
            return this;
        }

        /** Writes down which classes it loads, in place of using an archive of them. */
        Setup listingClasses(Path file) {
            archive = () -> "-XX:DumpLoadedClassList=" + file;
            return this;
        }

        /** Starts it without waiting until it is ready. */
        public ServerProcess launch() {
            try {
                var output = Files.createTempFile("keyledger-", ".log");
                output.toFile().deleteOnExit();
                var command = new ArrayList<>(starter);
                command.add(LibraryArchive.JAVA);
                command.add(archive.get());
                command.addAll(jvmOptions);
                command.addAll(List.of("-cp", LibraryArchive.classPath(patches), "io.keyledger.server.cli.Main"));
                var builder =
                        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
                builder.environment()
                        .keySet()
                        .removeIf(name -> name.startsWith("KEYLEDGER_") || name.startsWith("SPRING_"));
                builder.environment().putAll(environment);
                return new ServerProcess(builder.start(), output, reached);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public ServerProcess start() {
            var server = launch();
            server.awaitReady();
            return server;
        }
    }

    /** On the embedded PostgreSQL in this directory. */
    public static Setup onDirectory(Path dataDirectory) {
        return new Setup().with("KEYLEDGER_DATA_DIR", dataDirectory.toString());
    }

    /** On a database that the test runs; several processes may share one. */
    public static Setup onDatabase(String jdbcUrl) {
        return new Setup()
                .with("SPRING_DATASOURCE_URL", jdbcUrl)
                .with("SPRING_DATASOURCE_USERNAME", "postgres")
                .with("SPRING_DATASOURCE_PASSWORD", "unused")
                .with("KEYLEDGER_MASTER_KEY", MASTER_KEY);
    }

    /** Waits until the server says that it is ready. */
    public void awaitReady() {
        var deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline) {
            var ready = READY.matcher(output());
            if (ready.find()) {
                address = reached.apply(URI.create(ready.group(1)));
                return;
            }
            if (exited(Duration.ofMillis(50))) {
                break;
            }
        }
        close();
        throw new AssertionError("the server did not become ready:\n" + output());
    }

    /** Whether the process ends within this time. */
    public boolean exited(Duration within) {
        try {
            return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public int exitCode() {
        return process.exitValue();
    }

    /** For example http://127.0.0.1:40123, without a slash at the end. */
    public URI address() {
        return address;
    }

    public Client client() {
        return new Client(address);
    }

    public long pid() {
        return process.pid();
    }

    /** All that it has printed and logged. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As kill -9 does. */
    public void kill() {
        process.destroyForcibly();
        exited(Duration.ofSeconds(10));
    }

    /** In order, so that other nodes need not wait for what it held. */
    public void stop() {
        process.destroy();
        if (!exited(Duration.ofSeconds(30))) {
            kill();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
