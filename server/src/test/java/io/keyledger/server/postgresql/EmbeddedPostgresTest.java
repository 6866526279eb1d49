package io.keyledger.server.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.keyledger.server.postgresql.Programs.RootWay;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class EmbeddedPostgresTest {

    private static final Map<String, String> FAST = Map.of("fsync", "off");

    /** A data directory with a stopped database. Creating one takes seconds, so tests use it, or copy it. */
    private static Path created;

    private static Path binaries;

    @TempDir
    private static Path shared;

    /** Each test's own, closed to other users. */
    private Path temporary;

    private Path directory;

    @BeforeAll
    static void create_a_database() throws IOException {
        created = awkward(shared);
        EmbeddedPostgres.start(created, FAST).close();
        // Where every user can run them, for all data directories of this test.
        try (Stream<Path> files = Files.list(created)) {
            Path unpacked = files.filter(file -> file.getFileName().toString().startsWith("postgresql-binaries-"))
                    .findFirst()
                    .orElseThrow();
            binaries = Files.move(unpacked, shared.resolve(unpacked.getFileName()));
        }
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createSymbolicLink(created.resolve(binaries.getFileName()), binaries);
    }

    @BeforeEach
    void use_the_database() throws IOException {
        temporary = Files.createTempDirectory(shared, "test-");
        directory = created;
    }

    /** A name such as people give, unless this JVM's locale has no letters for it. */
    private static Path awkward(Path parent) {
        boolean umlauts = "UTF-8".equals(System.getProperty("sun.jnu.encoding"));
        return parent.resolve(umlauts ? "Schlüssel und Rechte" : "keys and rights");
    }

    @Test
    void the_first_start_creates_a_database_that_is_safe_to_keep_data_in() throws Exception {
        createDirectory();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            assertThat(postgres.jdbcUrl()).matches("jdbc:postgresql://127\\.0\\.0\\.1:\\d+/keyledger");
            for (var setting : Map.of(
                            "fsync", "on",
                            "full_page_writes", "on",
                            "data_checksums", "on",
                            "password_encryption", "scram-sha-256",
                            "listen_addresses", "127.0.0.1",
                            "server_encoding", "UTF8",
                            "log_timezone", "UTC")
                    .entrySet()) {
                assertThat(query(postgres, "show " + setting.getKey()))
                        .as(setting.getKey())
                        .isEqualTo(setting.getValue());
            }
            assertThat(query(
                            postgres,
                            "select datlocprovider::text || ' ' || datlocale || ' ' || datdba::regrole from pg_database"
                                    + " where datname = current_database()"))
                    .isEqualTo("b C.UTF-8 keyledger_owner");
        }
    }

    @Test
    void the_servers_role_owns_nothing_and_no_role_that_logs_in_is_a_superuser() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(
                            postgres,
                            "select string_agg(rolname, ',') from pg_roles where rolsuper or rolcreaterole or"
                                    + " rolcreatedb or rolbypassrls or rolreplication"))
                    .isEqualTo("postgres");
            assertThatCode(() -> execute(postgres, "create table owned (id int)"))
                    .doesNotThrowAnyException();
            try (Connection server =
                    DriverManager.getConnection(postgres.jdbcUrl(), postgres.username(), postgres.password())) {
                assertThatThrownBy(() -> server.createStatement().execute("create table other (id int)"))
                        .hasMessageContaining("permission denied");
                assertThatThrownBy(() -> server.createStatement().execute("select * from owned"))
                        .hasMessageContaining("permission denied");
            }
        }
    }

    @Test
    void a_restart_keeps_the_data_and_the_passwords() throws Exception {
        String password;
        try (EmbeddedPostgres postgres = start()) {
            password = postgres.password();
            execute(postgres, "create table kept as select 42 as answer");
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres, "select answer from kept")).isEqualTo("42");
            assertThat(postgres.password()).isEqualTo(password);
        }
    }

    @Test
    void a_killed_servers_database_is_stopped_by_the_next_start_and_its_data_are_kept() throws Exception {
        long left;
        try (OtherServer other = OtherServer.on(directory)) {
            assertThat(other.answer()).isEqualTo("runs");
            left = postmasterPid();
            other.kill();
        }
        assertThat(ProcessHandle.of(left)).isPresent();
        try (EmbeddedPostgres postgres = start()) {
            assertThat(postmasterPid()).isNotEqualTo(left);
            assertThat(isRunning(left)).isFalse();
            assertThat(query(postgres, "select answer from other_server")).isEqualTo("42");
        }
    }

    @Test
    void a_killed_servers_database_is_found_where_the_directory_was_renamed() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/cwd")), "needs Linux");
        copy();
        long left;
        try (OtherServer other = OtherServer.on(directory)) {
            assertThat(other.answer()).isEqualTo("runs");
            left = postmasterPid();
            other.kill();
        }
        directory = Files.move(directory, temporary.resolve("renamed"));
        start().close();
        assertThat(isRunning(left)).isFalse();
    }

    @Test
    void a_first_start_that_was_killed_is_completed_by_the_next() throws Exception {
        createDirectory();
        try (OtherServer other = OtherServer.on(directory)) {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !names("postgresql.new-").isEmpty());
            other.kill();
        }
        assertThat(directory.resolve("postgresql")).doesNotExist();
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres, "select 1")).isEqualTo("1");
        }
    }

    @Test
    void what_other_versions_and_interrupted_starts_have_left_is_removed() throws Exception {
        copy();
        for (String name : List.of("postgresql-binaries-0.new", "postgresql-binaries-0", "postgresql.new-1")) {
            Files.createDirectories(directory.resolve(name).resolve("bin"));
        }
        start().close();
        assertThat(names("postgresql-binaries-")).hasSize(1);
        assertThat(names("postgresql.new-")).isEmpty();
    }

    @Test
    void a_second_server_on_the_same_directory_is_refused() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            String refusal = "The data directory " + directory.toRealPath() + " is in use by another Keyledger server"
                    + " (process " + ProcessHandle.current().pid() + ")";
            assertThatThrownBy(() -> start())
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining(refusal)
                    .hasMessageContaining("KEYLEDGER_DATA_DIR");
            // After that refusal: closing any channel on a locked file would have given the lock up.
            try (OtherServer other = OtherServer.on(directory)) {
                assertThat(other.answer()).contains(refusal);
            }
            assertThat(query(postgres, "select 1")).isEqualTo("1");
        }
    }

    @Test
    void a_stale_pid_file_neither_stops_the_start_nor_harms_the_process_that_has_the_number_now() throws Exception {
        copy();
        Process stranger = new ProcessBuilder("sleep", "60").start();
        try {
            Files.writeString(directory.resolve("postgresql/postmaster.pid"), stranger.pid() + "\n/elsewhere\n");
            start().close();
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroy();
        }
        Files.writeString(directory.resolve("postgresql/postmaster.pid"), stranger.pid() + "\n/elsewhere\n");
        stranger.waitFor();
        start().close();
    }

    @Test
    void a_database_of_another_major_version_is_refused() throws Exception {
        copy();
        Files.writeString(directory.resolve("postgresql/PG_VERSION"), "17\n");
        assertThatThrownBy(() -> start())
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("is of PostgreSQL 17, but this Keyledger brings PostgreSQL 18")
                .hasMessageContaining("pg_upgrade");
    }

    @Test
    void a_database_that_is_killed_comes_back_on_the_same_port() throws Exception {
        try (EmbeddedPostgres postgres = start();
                Recording log = new Recording(EmbeddedPostgres.class)) {
            execute(postgres, "create table survivor as select 42 as answer");
            for (int deaths = 1; deaths <= 2; deaths++) {
                long pid = postmasterPid();
                ProcessHandle.of(pid).orElseThrow().destroyForcibly();
                await().atMost(Duration.ofSeconds(20))
                        .ignoreExceptions()
                        .until(() -> postmasterPid() != pid
                                && query(postgres, "select answer from survivor")
                                        .equals("42"));
                assertThat(log.lines(Level.WARN)).hasSize(deaths);
            }
        }
    }

    @Test
    void nothing_listens_but_the_loopback_address() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            List<String> pidFile = Files.readAllLines(directory.resolve("postgresql/postmaster.pid"));
            assertThat(pidFile.get(4)).as("directory of the Unix socket").isEmpty();
            int port = port(postgres);
            assertThat(accepts(InetAddress.ofLiteral("127.0.0.1"), port)).isTrue();
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    if (!address.getHostAddress().equals("127.0.0.1")) {
                        assertThat(accepts(address, port))
                                .as(address.toString())
                                .isFalse();
                    }
                }
            }
            assertThat(accepts(InetAddress.getByName("127.0.0.2"), port)).isFalse();
        }
    }

    @Test
    void nobody_logs_in_without_the_right_password() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            for (String user : List.of("keyledger", "keyledger_owner", "postgres")) {
                for (String password : List.of("wrong", "", user)) {
                    assertThatThrownBy(() -> DriverManager.getConnection(postgres.jdbcUrl(), user, password))
                            .as(user + " with '" + password + "'")
                            .isInstanceOf(SQLException.class)
                            .hasMessageContaining("password");
                }
            }
            assertThat(postgres.password()).hasSizeGreaterThan(40).isNotEqualTo(postgres.ownerPassword());
        }
    }

    @Test
    void lost_passwords_are_replaced() throws Exception {
        copy();
        String lost = Files.readString(directory.resolve("postgresql-password")).strip();
        Files.delete(directory.resolve("postgresql-password"));
        try (EmbeddedPostgres postgres = start()) {
            assertThat(postgres.password()).isNotEqualTo(lost);
            assertThat(query(postgres, "select 1")).isEqualTo("1");
            DriverManager.getConnection(postgres.jdbcUrl(), postgres.username(), postgres.password())
                    .close();
        }
    }

    @Test
    void other_users_can_read_nothing() throws Exception {
        for (var mode : Map.of(
                        "", "rwx------",
                        "lock", "rw-------",
                        "postgresql", "rwx------",
                        "postgresql-password", "rw-------",
                        "postgresql-owner-password", "rw-------")
                .entrySet()) {
            Path file = created.resolve(mode.getKey());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .as(mode.getKey())
                    .isEqualTo(mode.getValue());
        }
    }

    @Test
    void what_users_enter_does_not_get_into_the_log() throws Exception {
        try (EmbeddedPostgres postgres = start();
                Recording log = new Recording(Postmaster.class)) {
            execute(postgres, "create table person (email text unique, born date)");
            execute(postgres, "insert into person (email) values ('ada@example.org')");
            for (String statement : List.of(
                    "insert into person (email) values ('ada@example.org')",
                    "insert into person (born) values ('ada@example.org')",
                    "do $$ begin raise warning 'ada@example.org'; end $$")) {
                try {
                    execute(postgres, statement);
                } catch (SQLException e) {
                    assertThat(e.getMessage()).contains("ada@example.org");
                }
            }
            // Something that the log must have, to know that it was written.
            try (Connection doomed = connect(postgres)) {
                long pid = doomed.unwrap(org.postgresql.PGConnection.class).getBackendPID();
                ProcessHandle.of(pid).orElseThrow().destroyForcibly();
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> log.lines(Level.TRACE).stream()
                                .anyMatch(line -> line.contains("terminated by signal 9")));
            }
            assertThat(log.lines(Level.TRACE)).noneMatch(line -> line.contains("example.org"));
        }
    }

    @Test
    void closing_ends_the_process_and_its_connections_and_may_be_repeated() throws Exception {
        EmbeddedPostgres postgres = start();
        long pid = postmasterPid();
        try (Connection open = connect(postgres)) {
            long start = System.nanoTime();
            postgres.close();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
            assertThat(open.isValid(1)).isFalse();
        }
        assertThat(isRunning(pid)).isFalse();
        assertThat(directory.resolve("postgresql/postmaster.pid")).doesNotExist();
        try (EmbeddedPostgres next = start()) {
            postgres.close();
            assertThat(query(next, "select 1")).isEqualTo("1");
            assertThatThrownBy(this::start).hasMessageContaining("is in use by another Keyledger server");
        }
    }

    @Test
    void closing_while_a_dead_database_is_started_again_leaves_nothing_running() throws Exception {
        EmbeddedPostgres postgres = start();
        long pid = postmasterPid();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> postmasterPid() != pid);
        long next = postmasterPid();
        postgres.close();
        assertThat(isRunning(next)).isFalse();
        start().close();
    }

    @Test
    void a_database_that_cannot_start_says_why() throws Exception {
        assertThatThrownBy(() -> EmbeddedPostgres.start(directory, Map.of("shared_buffers", "plenty")))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("KEYLEDGER_DATA_DIR")
                .hasMessageContaining("invalid value for parameter \"shared_buffers\": \"plenty\"");
        start().close();
    }

    @Test
    void a_data_directory_that_cannot_be_used_is_refused() throws Exception {
        Path file = Files.writeString(temporary.resolve("file"), "");
        for (Path unusable : List.of(file, file.resolve("below"), Path.of("/proc/keyledger"))) {
            assertThatThrownBy(() -> EmbeddedPostgres.start(unusable, FAST))
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining("The data directory " + unusable + " cannot be used")
                    .hasMessageContaining("KEYLEDGER_DATA_DIR");
        }
        createDirectory();
        Files.createDirectory(directory.resolve("postgresql"));
        assertThatThrownBy(() -> start())
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("is not a PostgreSQL database");
    }

    @Test
    void a_platform_without_binaries_is_told_to_bring_a_database() {
        for (String[] platform : new String[][] {{"Windows 11", "amd64"}, {"Linux", "riscv64"}}) {
            assertThatThrownBy(() -> Binaries.archive(platform[0], platform[1]))
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining(platform[0] + " on " + platform[1])
                    .hasMessageContaining("SPRING_DATASOURCE_URL");
        }
        assertThat(Binaries.archive("Mac OS X", "aarch64")).isNotNull();
        assertThat(Binaries.archive("Mac OS X", "x86_64")).isNotNull();
    }

    @Test
    void root_runs_it_as_another_user_where_unshare_is_not_permitted() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/usr/bin/setpriv")));
        copy();
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (int start = 1; start <= 2; start++) {
            try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory, FAST, EnumSet.of(RootWay.SETPRIV))) {
                assertThat(query(postgres, "select 1")).isEqualTo("1");
                assertThat(owner(Path.of("/proc", String.valueOf(postmasterPid()))))
                        .isEqualTo(65534);
                assertThat(owner(directory.resolve("postgresql/base"))).isEqualTo(65534);
                assertThat(owner(directory.resolve("postgresql-password"))).isZero();
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                        .isEqualTo("rwx--x---");
            }
        }
        // That user's database stays that user's where unshare is permitted again.
        try (EmbeddedPostgres _ = start()) {
            assertThat(owner(Path.of("/proc", String.valueOf(postmasterPid())))).isEqualTo(65534);
        }
    }

    @Test
    void root_creates_a_database_as_another_user() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/usr/bin/setpriv")));
        createDirectory();
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory, FAST, EnumSet.of(RootWay.SETPRIV))) {
            assertThat(query(postgres, "select 1")).isEqualTo("1");
        }
    }

    @Test
    void root_keeps_its_files_where_unshare_is_permitted() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/usr/bin/unshare")));
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory, FAST, EnumSet.of(RootWay.UNSHARE))) {
            assertThat(query(postgres, "select 1")).isEqualTo("1");
            assertThat(owner(directory.resolve("postgresql/base"))).isZero();
        }
    }

    @Test
    void root_is_told_when_no_other_user_can_reach_the_directory() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")));
        copy(); // below JUnit's directory, which is closed to others
        assertThatThrownBy(() -> EmbeddedPostgres.start(directory, FAST, EnumSet.of(RootWay.SETPRIV)))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("PostgreSQL does not run as root")
                .hasMessageContaining("user 65534 may not enter " + temporary)
                .hasMessageContaining("KEYLEDGER_DATA_DIR");
    }

    private EmbeddedPostgres start() {
        return EmbeddedPostgres.start(directory, FAST);
    }

    private void copy() throws IOException {
        createDirectory();
        try (Stream<Path> files = Files.walk(created.resolve("postgresql"))) {
            for (Path file : files.toList()) {
                Files.copy(file, directory.resolve(created.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        for (String name : List.of("postgresql-password", "postgresql-owner-password")) {
            Files.copy(created.resolve(name), directory.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    /** A data directory without a database. */
    private void createDirectory() throws IOException {
        directory = Files.createDirectory(awkward(temporary));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        Files.createSymbolicLink(directory.resolve(binaries.getFileName()), binaries);
    }

    private long postmasterPid() throws IOException {
        return Postmaster.PidFile.read(directory.resolve("postgresql"))
                .map(Postmaster.PidFile::pid)
                .orElseThrow();
    }

    /** A zombie does not run: whoever inherited it may be slow to notice its end. */
    private static boolean isRunning(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().commandLine())
                .isPresent();
    }

    private List<String> names(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(prefix))
                    .toList();
        }
    }

    private static int owner(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:uid");
    }

    private static int port(EmbeddedPostgres postgres) {
        return URI.create(postgres.jdbcUrl().substring("jdbc:".length())).getPort();
    }

    private static boolean accepts(InetAddress address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), postgres.ownerUsername(), postgres.ownerPassword());
    }

    private static void execute(EmbeddedPostgres postgres, String statement) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement sql = connection.createStatement()) {
            sql.execute(statement);
        }
    }

    private static String query(EmbeddedPostgres postgres, String query) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** What a class logs, at any level. */
    private static final class Recording implements AutoCloseable {

        private final Logger logger;
        private final ListAppender<ILoggingEvent> events = new ListAppender<>();

        Recording(Class<?> type) {
            logger = (Logger) LoggerFactory.getLogger(type);
            logger.setLevel(Level.TRACE);
            logger.addAppender(events);
            events.start();
        }

        List<String> lines(Level level) {
            return new ArrayList<>(events.list)
                    .stream()
                            .filter(event -> event.getLevel().isGreaterOrEqual(level))
                            .map(ILoggingEvent::getFormattedMessage)
                            .toList();
        }

        @Override
        public void close() {
            logger.detachAppender(events);
            logger.setLevel(null);
        }
    }
}
