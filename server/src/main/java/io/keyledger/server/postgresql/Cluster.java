package io.keyledger.server.postgresql;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/** The database's files: what PostgreSQL calls a cluster. */
final class Cluster {

    static final String OWNER_ROLE = "keyledger_owner";
    static final String SERVER_ROLE = "keyledger";
    static final String DATABASE = "keyledger";

    private static final Logger log = LoggerFactory.getLogger(Cluster.class);
    private static final String UNFINISHED_PREFIX = "postgresql.new-";

    /** Given on the command line, where they win over postgresql.conf and ALTER SYSTEM. */
    private static final Map<String, String> SETTINGS = Map.ofEntries(
            Map.entry("cluster_name", "keyledger"),
            Map.entry("listen_addresses", "127.0.0.1"),
            Map.entry("unix_socket_directories", ""),
            Map.entry("fsync", "on"),
            Map.entry("full_page_writes", "on"),
            Map.entry("max_connections", "100"),
            Map.entry("shared_buffers", "64MB"),
            Map.entry("timezone", "UTC"),
            Map.entry("log_timezone", "UTC"),
            Map.entry("jit", "off"),
            // The log goes to ours, and must not hold what users have entered.
            Map.entry("log_destination", "stderr"),
            Map.entry("logging_collector", "off"),
            Map.entry("log_line_prefix", "%b[%p] "),
            Map.entry("log_checkpoints", "off"),
            Map.entry("log_statement", "none"),
            Map.entry("log_min_duration_statement", "-1"),
            Map.entry("log_min_error_statement", "panic"),
            Map.entry("log_parameter_max_length_on_error", "0"),
            Map.entry("log_error_verbosity", "terse"));

    private final DataDirectory directory;
    private final Path path;
    private final Binaries binaries;
    private final Programs programs;

    private Cluster(DataDirectory directory, Path path, Binaries binaries, Programs programs) {
        this.directory = directory;
        this.path = path;
        this.binaries = binaries;
        this.programs = programs;
    }

    static Path pathIn(DataDirectory directory) {
        return pathIn(directory.path());
    }

    static Path pathIn(Path dataDirectory) {
        return dataDirectory.resolve("postgresql");
    }

    static Cluster in(DataDirectory directory, Binaries binaries, Programs programs) {
        return new Cluster(directory, pathIn(directory), binaries, programs);
    }

    /** Creates the cluster where there is none. Afterwards nothing runs on it, and its roles have these passwords. */
    RolePasswords prepare() throws IOException {
        removeUnfinished();
        RolePasswords kept = RolePasswords.read(directory);
        RolePasswords passwords = kept == null ? RolePasswords.random() : kept;
        if (!Files.exists(path)) {
            log.info("Creating a database in {}", path);
            // The passwords first: a cluster that is there is one whose passwords are kept.
            passwords.write(directory);
            create(passwords);
        } else {
            requireSameMajorVersion();
            programs.own(path);
            stopLeftover();
            if (kept == null) {
                log.warn("The database's passwords were not in {}: its roles get new ones", directory.path());
                execute(path, passwordsOf(passwords));
                passwords.write(directory);
            }
        }
        return passwords;
    }

    /** Everything happens under another name, so that a cluster named {@code postgresql} is always a complete one. */
    private void create(RolePasswords passwords) throws IOException {
        Path unfinished =
                Files.createTempDirectory(directory.path(), UNFINISHED_PREFIX, DataDirectory.PRIVATE_DIRECTORY);
        programs.own(unfinished);
        List<String> options = new ArrayList<>(List.of(
                "--pgdata=" + unfinished,
                "--username=postgres",
                "--auth=reject",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                "--no-instructions"));
        if (System.getProperty("os.name").equals("Linux")) {
            options.add("--sync-method=syncfs"); // as safe as flushing each file, and faster
        }
        try {
            programs.run(null, "initdb", options);
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("could not look up effective user ID")) {
                throw new EmbeddedPostgresException(
                        "PostgreSQL needs the server's account to have a name: add its user id to /etc/passwd, or run"
                                + " the server as a user that is there (" + e.getMessage() + ").");
            }
            throw e;
        }
        Files.writeString(unfinished.resolve("pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
        List<String> statements = new ArrayList<>();
        for (String role : List.of(OWNER_ROLE, SERVER_ROLE)) {
            statements.add("create role " + role + " login");
            // An error's message may quote what a user has entered. The client gets it; the log does not.
            statements.add("alter role " + role + " set log_min_messages = fatal");
        }
        statements.addAll(passwordsOf(passwords));
        statements.add("create database " + DATABASE + " owner " + OWNER_ROLE);
        execute(unfinished, statements);
        directory.rename(unfinished, path);
    }

    private static List<String> passwordsOf(RolePasswords passwords) {
        return List.of(
                "alter role " + OWNER_ROLE + " password '" + passwords.owner() + "'",
                "alter role " + SERVER_ROLE + " password '" + passwords.server() + "'");
    }

    /** Runs statements as the superuser, who has no password and cannot log in, while the server is stopped. */
    private void execute(Path cluster, List<String> statements) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("--single", "-D", cluster.toString()));
        arguments.addAll(options(Map.of()));
        arguments.add("postgres");
        String output = programs.run(String.join("\n", statements) + "\n", "postgres", arguments);
        // It goes on after an error, and ends as if there had been none.
        Optional<String> error =
                output.lines().filter(line -> line.contains("ERROR:")).findFirst();
        if (error.isPresent()) {
            throw new IOException(error.get());
        }
    }

    private void removeUnfinished() throws IOException {
        List<Path> unfinished;
        try (Stream<Path> files = Files.list(directory.path())) {
            unfinished = files.filter(file -> file.getFileName().toString().startsWith(UNFINISHED_PREFIX))
                    .toList();
        }
        for (Path cluster : unfinished) {
            try {
                FileSystemUtils.deleteRecursively(cluster);
            } catch (IOException e) {
                // The initdb of a killed server may still be writing; the next start gets it.
                log.info("Could not remove {}: {}", cluster, e.toString());
            }
        }
    }

    private void requireSameMajorVersion() throws IOException {
        String programVersion = binaries.majorVersion();
        String version;
        try {
            version = Files.readString(path.resolve("PG_VERSION")).strip();
        } catch (NoSuchFileException e) {
            throw new EmbeddedPostgresException(
                    path + " is not a PostgreSQL database: restore it from a backup, move it"
                            + " away to begin with an empty one, or set KEYLEDGER_DATA_DIR to another directory.");
        }
        if (!version.equals(programVersion)) {
            throw new EmbeddedPostgresException("The database in " + path + " is of PostgreSQL " + version
                    + ", but this Keyledger brings PostgreSQL " + programVersion
                    + ": run the Keyledger release that made it, or convert the database with pg_upgrade (or pg_dump"
                    + " and pg_restore) first.");
        }
    }

    /**
     * Stops the postmaster of a server that was killed. The directory's lock is ours, so nobody uses it any more. A
     * postmaster.pid that outlived its postmaster, and whose number another process has now, is removed instead.
     */
    void stopLeftover() throws IOException {
        Optional<Postmaster.PidFile> file = Postmaster.PidFile.read(path);
        if (file.isEmpty()) {
            return;
        }
        ProcessHandle process = ProcessHandle.of(file.get().pid()).orElse(null);
        if (process == null) {
            return; // PostgreSQL itself copes with that, and looks for orphaned backends first.
        }
        if (!isPostmasterOfThis(process)) {
            log.info("Removing a stale postmaster.pid: process {} is another program now", process.pid());
            Files.deleteIfExists(path.resolve(Postmaster.PidFile.NAME));
            return;
        }
        log.info("Stopping the PostgreSQL (process {}) that a killed server has left running", process.pid());
        if (!stop(process, "INT", 30) && !stop(process, "QUIT", 10)) {
            throw new EmbeddedPostgresException("The PostgreSQL that an earlier server has left running on " + path
                    + " does not stop: end process " + process.pid() + ", and start again.");
        }
    }

    private boolean isPostmasterOfThis(ProcessHandle process) {
        String commandLine = process.info().commandLine().orElse("");
        try {
            // The directory may have been renamed since; a postmaster works inside it.
            return commandLine.contains("postgres -D " + path + " ")
                    || Files.isSameFile(Path.of("/proc", String.valueOf(process.pid()), "cwd"), path);
        } catch (IOException e) {
            return false; // macOS, or not ours to look at
        }
    }

    /** Whether it has stopped: a zombie, too, has taken its postmaster.pid away. */
    private boolean stop(ProcessHandle process, String signal, int seconds) throws IOException {
        try {
            programs.signal(signal, process.pid());
        } catch (IOException e) {
            if (process.isAlive()) {
                throw e;
            }
        }
        long deadline = System.nanoTime() + SECONDS.toNanos(seconds);
        while (System.nanoTime() < deadline) {
            try {
                process.onExit().get(20, MILLISECONDS);
                return true;
            } catch (TimeoutException e) {
                if (Postmaster.PidFile.read(path).isEmpty()) {
                    return true;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        return false;
    }

    /** Starts a postmaster; it is not ready yet. */
    Postmaster launch(int port, Map<String, String> settings) throws IOException {
        // "-D path" first: isPostmasterOfThis looks for it in a command line that the system may cut off.
        List<String> arguments = new ArrayList<>(List.of("-D", path.toString(), "-p", String.valueOf(port)));
        arguments.addAll(options(settings));
        return new Postmaster(programs, path, programs.startPostgres(arguments));
    }

    private static List<String> options(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(SETTINGS);
        all.putAll(settings);
        List<String> options = new ArrayList<>();
        all.forEach((name, value) -> options.addAll(List.of("-c", name + "=" + value)));
        return options;
    }
}
