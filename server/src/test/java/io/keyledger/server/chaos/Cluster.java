package io.keyledger.server.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.chaos.HistoryCheck.Logged;
import io.keyledger.server.journey.ServerProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Servers on a PostgreSQL with a synchronous standby. The database's tables are in a directory of their own, which may be
 * a small disk.
 */
final class Cluster implements AutoCloseable {

    private static final String DATABASE = "keyledger";

    private final EmbeddedPostgres primary;
    private final EmbeddedPostgres standby;
    private final Path primaryData;
    private final List<UnaryOperator<ServerProcess.Setup>> setups = new ArrayList<>();
    private final List<ServerProcess> nodes = new ArrayList<>();
    private volatile boolean failedOver;

    /**
     * Starts the database servers, and no node yet.
     *
     * @param directory for their files
     * @param tables where the primary has its tables
     */
    Cluster(Path directory, Path tables) throws IOException {
        primaryData = directory.resolve("primary");
        var standbyData = directory.resolve("standby");
        var standbyTables = Files.createDirectories(directory.resolve("standby-tables"));
        try (var empty = postgres(primaryData)) {
            var sql = new JdbcTemplate(empty.getPostgresDatabase());
            sql.execute("create tablespace small location '%s'".formatted(tables));
            sql.execute("create database %s tablespace small".formatted(DATABASE));
        }
        Files.writeString(
                primaryData.resolve("pg_hba.conf"),
                "host all all %s trust%n".formatted(Namespace.NETWORK),
                StandardOpenOption.APPEND);
        copy(primaryData, standbyData);
        copy(tables, standbyTables);
        try (var links = Files.newDirectoryStream(standbyData.resolve("pg_tblspc"))) {
            for (var link : links) {
                Files.delete(link);
                Files.createSymbolicLink(link, standbyTables);
            }
        }
        primary = postgres(primaryData);
        Files.writeString(
                standbyData.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=%d user=postgres application_name=standby'%n"
                        .formatted(primary.getPort()));
        Files.createFile(standbyData.resolve("standby.signal"));
        standby = postgres(standbyData);
        var sql = new JdbcTemplate(primary.getPostgresDatabase());
        sql.execute("alter system set synchronous_standby_names = 'standby'");
        sql.execute("select pg_reload_conf()");
        await().untilAsserted(
                        () -> assertThat(sql.queryForList("select sync_state from pg_stat_replication", String.class))
                                .containsExactly("sync"));
    }

    private static EmbeddedPostgres postgres(Path data) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("listen_addresses", "*")
                .start();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                var copied = to.resolve(from.relativize(directory).toString());
                if (!Files.exists(copied)) {
                    Files.copy(directory, copied, StandardCopyOption.COPY_ATTRIBUTES);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                // The tables' directory is a link, and is copied by itself.
                if (!attributes.isSymbolicLink()) {
                    Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                } else {
                    Files.createSymbolicLink(
                            to.resolve(from.relativize(file).toString()), Files.readSymbolicLink(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /**
     * Starts nodes, all at once.
     *
     * @param special what is so about each
     */
    void start(List<UnaryOperator<ServerProcess.Setup>> special) {
        setups.addAll(special);
        for (var i = 0; i < special.size(); i++) {
            nodes.add(launch(i));
        }
        nodes.forEach(ServerProcess::awaitReady);
    }

    private ServerProcess launch(int node) {
        return setups.get(node)
                .apply(ServerProcess.onDatabase(url("127.0.0.1")))
                .launch();
    }

    /** Of both database servers; nodes find the primary by themselves. */
    String url(String host) {
        return "jdbc:postgresql://%1$s:%2$d,%1$s:%3$d/%4$s?targetServerType=primary"
                .formatted(host, primary.getPort(), standby.getPort(), DATABASE);
    }

    int size() {
        return setups.size();
    }

    synchronized ServerProcess node(int index) {
        return nodes.get(index);
    }

    /** In place of one that was killed, as whoever supervises it does. */
    void restart(int index) {
        var started = launch(index);
        started.awaitReady();
        synchronized (this) {
            nodes.set(index, started);
        }
    }

    /** On the server that is the primary now. */
    JdbcTemplate jdbc() {
        return new JdbcTemplate((failedOver ? standby : primary).getDatabase("postgres", DATABASE));
    }

    /** Holds back whoever appends, until it is closed. */
    Connection lockLog() throws SQLException {
        var connection = jdbc().getDataSource().getConnection();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("lock table event.domain_event in exclusive mode");
        }
        return connection;
    }

    /** All of its processes at once, as when its machine dies. */
    void killPrimary() throws IOException {
        var postmaster = ProcessHandle.of(Long.parseLong(Files.readAllLines(primaryData.resolve("postmaster.pid"))
                        .getFirst()
                        .strip()))
                .orElseThrow();
        var processes = new ArrayList<>(postmaster.descendants().toList());
        processes.addFirst(postmaster);
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
    }

    void promote() {
        new JdbcTemplate(standby.getPostgresDatabase()).execute("select pg_promote()");
        failedOver = true;
    }

    List<Logged> log() {
        return jdbc().query(
                        "select global_index, aggregate_identifier, payload_type from event.domain_event order by 1",
                        (row, _) -> new Logged(row.getLong(1), row.getString(2), row.getString(3)));
    }

    @Override
    public void close() throws IOException {
        try (var stopping = Executors.newVirtualThreadPerTaskExecutor()) {
            nodes.forEach(node -> stopping.execute(node::close));
        }
        standby.close();
        primary.close();
    }
}
