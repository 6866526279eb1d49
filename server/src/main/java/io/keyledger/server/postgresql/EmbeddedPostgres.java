package io.keyledger.server.postgresql;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.keyledger.server.postgresql.Programs.RootWay;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL, run as a child process on a data directory, for a server that was not given a database.
 *
 * <p>It is safe to keep data in: what is committed is on the disk, pages carry check sums, and every connection needs a
 * password. It listens on 127.0.0.1 alone, on a port that differs from start to start. Having an instance is proof that
 * no other server uses the directory, and that any earlier one is dead. While it is open, a database that dies is
 * started again on the same port. A server that is killed leaves its database running; the next start stops it first.
 *
 * <p>In the data directory are, all closed to other users:
 *
 * <ul>
 *   <li>{@code lock}: held while a server runs, with its process id;
 *   <li>{@code postgresql}: the database;
 *   <li>{@code postgresql-password}, {@code postgresql-owner-password}: of the two roles. When they are lost, the roles
 *       get new ones;
 *   <li>{@code postgresql-binaries-*}: PostgreSQL's programs, unpacked.
 * </ul>
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final int START_ATTEMPTS = 4;
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;

    /** A database that has run for this long is not in a loop of crashes. */
    private static final Duration STABLE = Duration.ofMinutes(1);

    private final DataDirectory directory;
    private final Cluster cluster;
    private final RolePasswords passwords;
    private final Map<String, String> settings;
    private final int port;
    private final CountDownLatch closing = new CountDownLatch(1);
    private Postmaster postmaster;
    private boolean closed;

    private EmbeddedPostgres(
            DataDirectory directory,
            Cluster cluster,
            RolePasswords passwords,
            Map<String, String> settings,
            int port,
            Postmaster postmaster) {
        this.directory = directory;
        this.cluster = cluster;
        this.passwords = passwords;
        this.settings = settings;
        this.port = port;
        this.postmaster = postmaster;
    }

    /**
     * Starts the database of a data directory, and creates whatever of it is missing.
     *
     * @throws EmbeddedPostgresException when it cannot, with one sentence that says what to do
     */
    public static EmbeddedPostgres start(Path dataDirectory) {
        return start(dataDirectory, Map.of());
    }

    /**
     * As {@link #start(Path)}, with settings of PostgreSQL that win over all others.
     *
     * @param settings by PostgreSQL's names, such as {@code fsync=off} in tests
     */
    public static EmbeddedPostgres start(Path dataDirectory, Map<String, String> settings) {
        return start(dataDirectory, settings, EnumSet.allOf(RootWay.class));
    }

    static EmbeddedPostgres start(Path dataDirectory, Map<String, String> settings, Set<RootWay> rootWays) {
        URL archive = Binaries.archive();
        return start(archive, DataDirectory.hold(dataDirectory), settings, rootWays);
    }

    /** On a directory that is held already; it is given up when this fails. */
    static EmbeddedPostgres start(DataDirectory directory) {
        return start(Binaries.archive(), directory, Map.of(), EnumSet.allOf(RootWay.class));
    }

    private static EmbeddedPostgres start(
            URL archive, DataDirectory directory, Map<String, String> settings, Set<RootWay> rootWays) {
        boolean started = false;
        try {
            Binaries binaries = Binaries.unpackedIn(directory, archive);
            Programs programs = Programs.of(binaries, directory, Cluster.pathIn(directory), rootWays);
            Cluster cluster = Cluster.in(directory, binaries, programs);
            RolePasswords passwords = cluster.prepare();
            binaries.removeOthers();
            EmbeddedPostgres postgres = launch(directory, cluster, passwords, Map.copyOf(settings));
            Thread.ofPlatform().daemon().name("postgresql-supervisor").start(postgres::supervise);
            started = true;
            return postgres;
        } catch (IOException e) {
            throw directory.unusable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException(
                    "Interrupted while PostgreSQL was starting: start the server again.", e);
        } finally {
            if (!started) {
                directory.close();
            }
        }
    }

    /** Several attempts: the port may be taken meanwhile, and what a killed database leaves may take a moment to go. */
    private static EmbeddedPostgres launch(
            DataDirectory directory, Cluster cluster, RolePasswords passwords, Map<String, String> settings)
            throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            cluster.stopLeftover();
            int port = freePort();
            Postmaster postmaster = cluster.launch(port, settings);
            boolean ready = false;
            try {
                ready = postmaster.awaitReady();
            } finally {
                if (!ready) {
                    postmaster.stop();
                }
            }
            if (ready) {
                log.info("PostgreSQL runs on 127.0.0.1:{} with its data in {}", port, directory.path());
                return new EmbeddedPostgres(directory, cluster, passwords, settings, port, postmaster);
            }
            if (attempt == START_ATTEMPTS) {
                throw postmaster.failure("ended while it was starting");
            }
            Thread.sleep(FIRST_PAUSE_MILLIS << attempt);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    /** Starts the database again whenever it dies, until this is closed. */
    private void supervise() {
        long pause = FIRST_PAUSE_MILLIS;
        try {
            while (true) {
                long start = System.nanoTime();
                int exitCode = current().waitFor();
                if (closing.getCount() == 0) {
                    return;
                }
                log.warn("PostgreSQL ended with exit code {} and is started again", exitCode);
                if (System.nanoTime() - start > STABLE.toNanos()) {
                    pause = FIRST_PAUSE_MILLIS;
                }
                do {
                    if (closing.await(pause, MILLISECONDS)) {
                        return;
                    }
                    pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                } while (!restart());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean restart() throws InterruptedException {
        Postmaster next;
        try {
            synchronized (this) {
                if (closing.getCount() == 0) {
                    return false;
                }
                next = cluster.launch(port, settings);
                postmaster = next;
            }
            if (next.awaitReady()) {
                log.info("PostgreSQL runs again on 127.0.0.1:{}", port);
                return true;
            }
            if (closing.getCount() > 0) {
                log.warn(next.failure("ended while it was starting again").getMessage());
            }
        } catch (IOException | EmbeddedPostgresException e) {
            log.warn("PostgreSQL could not be started again: {}", e.getMessage());
            current().stop();
        }
        return false;
    }

    private synchronized Postmaster current() {
        return postmaster;
    }

    /** Where to connect to, for a driver that is given one of the two roles and its password. */
    public String jdbcUrl() {
        return jdbcUrl(port);
    }

    static String jdbcUrl(int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + Cluster.DATABASE;
    }

    int port() {
        return port;
    }

    RolePasswords passwords() {
        return passwords;
    }

    /** The role that the server works as: it owns nothing, and may do what it is granted. */
    public String username() {
        return Cluster.SERVER_ROLE;
    }

    public String password() {
        return passwords.server();
    }

    /** The role that migrations run as: it owns the database, and is no superuser. */
    public String ownerUsername() {
        return Cluster.OWNER_ROLE;
    }

    public String ownerPassword() {
        return passwords.owner();
    }

    /**
     * Stops the database, which ends all connections, and gives the directory up to the next server. Takes 20
     * seconds at most, and may be called again and from a shutdown hook.
     */
    @Override
    public void close() {
        closing.countDown();
        synchronized (this) {
            if (!closed) {
                closed = true;
                postmaster.stop();
                directory.close();
            }
        }
    }
}
