package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.keyledger.server.SystemProgram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A server of the machine's own PostgreSQL, where its package has put server and tools, as operators run one. */
final class InstalledPostgres implements AutoCloseable {

    /** Older ones have no {@code \getenv}, which deploy/roles.sql needs. */
    private static final int OLDEST = 15;

    private static final List<String> PROGRAMS =
            List.of("initdb", "pg_ctl", "postgres", "psql", "pg_dump", "pg_restore");

    private static final String MISSING = "This is tested with a PostgreSQL of the machine's own: none from " + OLDEST
            + " on is installed with server and tools (on Debian: apt-get install postgresql)";

    /** Comes with the server, whichever version a Debian has. */
    private static final SystemProgram DEBIAN =
            new SystemProgram(MISSING, "postgresql", List.of("pg_ctlcluster"), List.of());

    private final Path programs;
    private final Path data;
    private final int port;

    private InstalledPostgres(Path programs, Path data, int port) {
        this.programs = programs;
        this.data = data;
        this.port = port;
    }

    /** Where the newest one is: Debian's directories, or those on the path. Nothing where none has both server and tools. */
    private static Optional<Path> installed() throws IOException {
        var debian = Path.of("/usr/lib/postgresql");
        var directories = new ArrayList<Path>();
        if (Files.isDirectory(debian)) {
            try (var versions = Files.list(debian)) {
                versions.map(version -> version.resolve("bin")).forEach(directories::add);
            }
        }
        Stream.of(System.getenv("PATH").split(":")).map(Path::of).forEach(directories::add);
        return directories.stream()
                .filter(directory ->
                        PROGRAMS.stream().allMatch(program -> Files.isExecutable(directory.resolve(program))))
                .filter(directory -> version(directory) >= OLDEST)
                .max(Comparator.comparingInt(InstalledPostgres::version));
    }

    /** As in "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)". */
    private static int version(Path programs) {
        try {
            return Integer.parseInt(
                    run(Map.of(), List.of(programs.resolve("pg_dump").toString(), "--version"))
                            .replaceFirst("(?s)^.*?\\) (\\d+).*", "$1"));
        } catch (IOException e) {
            return 0;
        }
    }

    /**
     * Where there is none and none can be got, the test is skipped and says what to do about it.
     *
     * @param settings each as {@code name=value}
     */
    static InstalledPostgres start(Path directory, String... settings) throws IOException {
        if (installed().isEmpty()) {
            try {
                DEBIAN.find();
            } catch (IllegalStateException e) {
                return abort(e.getMessage());
            }
        }
        var programs = installed().orElseThrow(() -> new IllegalStateException(MISSING));
        var data = directory.resolve("data");
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        var postgres = new InstalledPostgres(programs, data, port);
        postgres.asUser("initdb", "--username=postgres", "--auth=trust", "--no-sync", "--pgdata=" + data);
        var options = new StringBuilder(
                "-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off".formatted(port));
        Stream.of(settings).forEach(setting -> options.append(" -c ").append(setting));
        postgres.asUser(
                "pg_ctl",
                "start",
                "--wait",
                "--silent",
                "--pgdata=" + data,
                "--log=" + directory.resolve("log"),
                "--options=" + options);
        return postgres;
    }

    /** The server refuses to run as root, who then is somebody else in a namespace of its own. */
    private void asUser(String program, String... arguments) throws IOException {
        var command = new ArrayList<String>();
        if ("root".equals(System.getProperty("user.name"))) {
            command.addAll(List.of("unshare", "--user"));
        }
        command.add(programs.resolve(program).toString());
        command.addAll(Arrays.asList(arguments));
        run(Map.of(), command);
    }

    /** One of the tools, as an operator runs it. */
    void tool(Map<String, String> environment, String program, String... arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(programs.resolve(program).toString());
        command.addAll(Arrays.asList(arguments));
        run(environment, command);
    }

    private static String run(Map<String, String> environment, List<String> command) throws IOException {
        var output = Files.createTempFile("keyledger-", ".txt");
        try {
            // To a file: what pg_ctl has started would hold a pipe open.
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            var exitCode = builder.start().waitFor();
            var text = Files.readString(output);
            assertThat(exitCode).as("%s: %s", command, text).isZero();
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            Files.delete(output);
        }
    }

    String uri(String role, String database) {
        return "postgresql://%s@127.0.0.1:%d/%s".formatted(role, port, database);
    }

    String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database);
    }

    @Override
    public void close() throws IOException {
        asUser("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate", "--pgdata=" + data);
    }
}
