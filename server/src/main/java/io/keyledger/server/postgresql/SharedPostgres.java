package io.keyledger.server.postgresql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The database of a data directory, for the length of a command: that of the server which runs there, or, where none
 * does, started for the command and stopped after it. Commands wait for each other, and for a server that is starting.
 */
public final class SharedPostgres implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PAUSE_MILLIS = 50;

    private final int port;
    private final RolePasswords passwords;
    private final @Nullable EmbeddedPostgres started;

    private SharedPostgres(int port, RolePasswords passwords, @Nullable EmbeddedPostgres started) {
        this.port = port;
        this.passwords = passwords;
        this.started = started;
    }

    /**
     * @param create whether a database is made where there is none
     * @throws EmbeddedPostgresException when there is none, or it cannot be had, with one sentence that says what to do
     */
    public static SharedPostgres open(Path dataDirectory, boolean create) {
        return open(dataDirectory, create, PATIENCE);
    }

    static SharedPostgres open(Path dataDirectory, boolean create, Duration patience) {
        if (create && !Files.isDirectory(dataDirectory)) {
            return started(EmbeddedPostgres.start(dataDirectory));
        }
        if (!Files.isDirectory(dataDirectory)) {
            throw none(dataDirectory);
        }
        long start = System.nanoTime();
        try {
            while (true) {
                DataDirectory directory = DataDirectory.tryHold(dataDirectory, true);
                if (directory != null) {
                    if (!create && !Files.exists(Cluster.pathIn(directory))) {
                        directory.close();
                        throw none(dataDirectory);
                    }
                    return started(EmbeddedPostgres.start(directory));
                }
                SharedPostgres running = running(dataDirectory.toRealPath());
                if (running != null) {
                    return running;
                }
                if (System.nanoTime() - start > patience.toNanos()) {
                    throw DataDirectory.inUse(dataDirectory);
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (IOException e) {
            throw DataDirectory.unusable(dataDirectory, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("Interrupted while waiting for " + dataDirectory + ".", e);
        }
    }

    private static SharedPostgres started(EmbeddedPostgres postgres) {
        return new SharedPostgres(postgres.port(), postgres.passwords(), postgres);
    }

    /** What the server that holds the directory runs; absent while it does not yet, and of a command. */
    private static @Nullable SharedPostgres running(Path dataDirectory) throws IOException {
        DataDirectory.Holder holder = DataDirectory.Holder.of(dataDirectory);
        Postmaster.PidFile file =
                Postmaster.PidFile.read(Cluster.pathIn(dataDirectory)).orElse(null);
        if (holder.command() || file == null || !file.status().equals("ready") || !isChild(file.pid(), holder.pid())) {
            return null;
        }
        RolePasswords passwords = RolePasswords.read(dataDirectory);
        return passwords == null ? null : new SharedPostgres(file.port(), passwords, null);
    }

    /** A killed server's, which the next one is about to stop, is nobody's child, or init's. */
    private static boolean isChild(long pid, String parent) {
        return ProcessHandle.of(pid)
                .map(process -> process.parent()
                        .map(server -> String.valueOf(server.pid()).equals(parent))
                        .orElse(true))
                .orElse(false);
    }

    private static EmbeddedPostgresException none(Path dataDirectory) {
        return new EmbeddedPostgresException("There is no database in " + dataDirectory
                + ": set KEYLEDGER_DATA_DIR to the server's data directory, or SPRING_DATASOURCE_URL to its database.");
    }

    public String jdbcUrl() {
        return EmbeddedPostgres.jdbcUrl(port);
    }

    public String username() {
        return Cluster.SERVER_ROLE;
    }

    public String password() {
        return passwords.server();
    }

    public String ownerUsername() {
        return Cluster.OWNER_ROLE;
    }

    public String ownerPassword() {
        return passwords.owner();
    }

    /** Stops what was started; a server's goes on. */
    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
    }
}
