package io.keyledger.server.journey;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Several servers on one database, all started at the same moment. */
final class Nodes implements AutoCloseable {

    private final HikariDataSource database;
    private final List<ServerProcess> servers;

    private Nodes(HikariDataSource database, List<ServerProcess> servers) {
        this.database = database;
        this.servers = servers;
    }

    static Nodes start(int count) {
        return start(Stream.<UnaryOperator<ServerProcess.Setup>>generate(UnaryOperator::identity)
                .limit(count)
                .toList());
    }

    /** @param setups what is special about each node */
    static Nodes start(List<UnaryOperator<ServerProcess.Setup>> setups) {
        var database = TestDatabase.createEmpty();
        var url = TestDatabase.jdbcUrl(database);
        var nodes = new Nodes(
                database,
                setups.stream()
                        .map(setup -> setup.apply(ServerProcess.onDatabase(url)).launch())
                        .toList());
        try {
            nodes.servers.forEach(ServerProcess::awaitReady);
        } catch (AssertionError e) {
            nodes.close();
            throw e;
        }
        return nodes;
    }

    ServerProcess node(int index) {
        return servers.get(index);
    }

    /** One node after the other, round and round. */
    ServerProcess turn(int turn) {
        return servers.get(turn % servers.size());
    }

    List<ServerProcess> all() {
        return servers;
    }

    HikariDataSource database() {
        return database;
    }

    JdbcClient jdbc() {
        return JdbcClient.create(database);
    }

    /** The session of the first administrator, on the first node. */
    Client administrator() {
        return People.signIn(node(0).client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
    }

    /** All at once, as each takes a moment. The database stays. */
    void stopServers() {
        try (var stopping = Executors.newVirtualThreadPerTaskExecutor()) {
            servers.forEach(server -> stopping.execute(server::close));
        }
    }

    @Override
    public void close() {
        stopServers();
        database.close();
    }
}
