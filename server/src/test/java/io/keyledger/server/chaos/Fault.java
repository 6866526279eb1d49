package io.keyledger.server.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes wrong, for as long as the run waits, and ends then. That everything works again is up to the
 * servers.
 *
 * @param node which is the worse for it; -1: all, or none
 * @param harmless whether nobody else must notice
 * @param limit what the other nodes answer in time meanwhile
 */
record Fault(
        String name, int node, boolean harmless, @Nullable Limit limit, Step begin, Step end) {

    /** Everything. */
    static final int ALL = -1;

    /** Whoever finds no room in the queue for connections asks again after one second, and after two more. */
    private static final Duration ADMISSION = Duration.ofSeconds(5);

    interface Step {
        void run() throws Exception;
    }

    /** @param refusable whether 503 is as good an answer as any */
    record Limit(Kind kind, Duration within, boolean refusable) {

        /** A refusal that comes late is late, too. */
        boolean isMetBy(Request request) {
            return request.end() - request.begin() <= within.toNanos()
                    && (request.status() == 503 ? refusable : request.status() != History.NONE);
        }
    }

    Fault(String name, int node, boolean harmless, Step begin, Step end) {
        this(name, node, harmless, null, begin, end);
    }

    static Fault killed(Cluster cluster, int node) {
        return new Fault(
                "node killed (kill -9)", node, false, () -> cluster.node(node).kill(), () -> cluster.restart(node));
    }

    static Fault stopped(Cluster cluster, int node) {
        return new Fault(
                "node stopped (SIGSTOP)",
                node,
                false,
                new Limit(Kind.REVOKE, Duration.ofSeconds(1), false),
                () -> signal("-STOP", cluster.node(node).pid()),
                () -> signal("-CONT", cluster.node(node).pid()));
    }

    private static void signal(String signal, long pid) throws IOException, InterruptedException {
        if (!Program.run("kill", signal, Long.toString(pid))) {
            throw new IOException("kill " + signal + " failed");
        }
    }

    static Fault cutOff(Namespace namespace, int node) {
        return new Fault("node cut off from the database (namespace)", node, false, namespace::cut, namespace::mend);
    }

    /** @param hand see {@link io.keyledger.server.journey.FastClock#set} */
    static Fault clockSet(Path hand, Duration ahead, int node) {
        return new Fault(
                "clock set by " + ahead,
                node,
                true,
                () -> Files.setLastModifiedTime(hand, FileTime.fromMillis(ahead.toMillis())),
                () -> Files.setLastModifiedTime(hand, FileTime.fromMillis(0)));
    }

    /** @param tables a small disk */
    static Fault diskFull(Path tables) {
        var ballast = tables.resolve("ballast");
        return new Fault("disk full", ALL, false, () -> fill(ballast), () -> Files.delete(ballast));
    }

    private static void fill(Path ballast) throws IOException {
        try (var file = FileChannel.open(ballast, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            // What is left after the last megabyte by pages.
            for (var size : List.of(1 << 20, 1 << 12)) {
                try {
                    while (true) {
                        file.write(ByteBuffer.allocate(size));
                    }
                } catch (IOException full) {
                    // As it is to be.
                }
            }
        }
    }

    /** Nobody can append, and more clients than there are connections want to. */
    static Fault poolExhausted(Cluster cluster, Load load, int clients) {
        var lock = new ArrayList<Connection>();
        return new Fault(
                "connection pools exhausted",
                ALL,
                false,
                () -> {
                    lock.add(cluster.lockLog());
                    load.crowd(clients, 0);
                },
                () -> {
                    lock.removeFirst().close();
                    load.disperse();
                });
    }

    static Fault idleConnections(Cluster cluster, int node, int count) {
        var connections = new ArrayList<Socket>();
        return new Fault(
                count + " idle connections",
                node,
                true,
                () -> {
                    for (var i = 0; i < count; i++) {
                        connections.add(connect(cluster.node(node).address()));
                    }
                },
                () -> closeAll(connections));
    }

    /** Each sends a header that never ends, a character at a time. */
    static Fault slowClients(Cluster cluster, int node, int count) {
        var connections = new ArrayList<Socket>();
        var sending = new ArrayList<Thread>();
        return new Fault(
                count + " slow clients",
                node,
                true,
                () -> {
                    for (var i = 0; i < count; i++) {
                        var connection = connect(cluster.node(node).address());
                        connection
                                .getOutputStream()
                                .write("GET /api/authenticate HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
                                        .getBytes(StandardCharsets.ISO_8859_1));
                        connections.add(connection);
                    }
                    sending.add(Thread.startVirtualThread(() -> {
                        while (!Thread.currentThread().isInterrupted()) {
                            connections.forEach(Fault::sendOne);
                            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
                        }
                    }));
                },
                () -> {
                    sending.getFirst().interrupt();
                    sending.removeFirst().join();
                    closeAll(connections);
                });
    }

    private static void sendOne(Socket connection) {
        try {
            connection.getOutputStream().write('a');
        } catch (IOException e) {
            // The server has had enough of it.
        }
    }

    private static Socket connect(URI address) throws IOException {
        var connection = new Socket();
        connection.connect(new InetSocketAddress(address.getHost(), address.getPort()), (int) ADMISSION.toMillis());
        return connection;
    }

    private static void closeAll(List<Socket> connections) {
        for (var connection : connections) {
            try {
                connection.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        connections.clear();
    }

    /** More clients at one node than it has connections to the database. */
    static Fault crowd(Load load, int node, int clients) {
        return new Fault(
                clients + " clients create tokens",
                ALL,
                false,
                new Limit(Kind.CREATE, Duration.ofSeconds(2), true),
                () -> load.crowd(clients, node),
                load::disperse);
    }

    /** At the same moment; who is too many is to be told so. */
    static Fault signIns(Cluster cluster, int node, int count) {
        var signingIn = Executors.newVirtualThreadPerTaskExecutor();
        var answers = new ArrayList<Future<Client.Answer>>();
        return new Fault(
                count + " sign-ins at once",
                node,
                true,
                () -> {
                    for (var i = 0; i < count; i++) {
                        answers.add(signingIn.submit(() -> People.trySignIn(
                                cluster.node(node).client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD)));
                    }
                },
                () -> {
                    signingIn.close();
                    for (var answer : answers) {
                        assertThat(answer.get().status()).as("%s", answer.get()).isIn(204, 429, 503);
                    }
                });
    }

    static Fault rebuild(Load load, String projection) {
        var path = "/api/admin/projections/" + projection + "/rebuild";
        return new Fault(
                "rebuild of " + projection,
                ALL,
                true,
                () -> assertThat(load.administrator().post(path, "").status()).isEqualTo(202),
                () -> await().atMost(Duration.ofMinutes(2))
                        .until(() -> !load.administrator()
                                .get(path)
                                .json()
                                .path("state")
                                .asString()
                                .equals("running")));
    }

    static Fault failover(Cluster cluster) {
        return new Fault("primary killed, standby promoted", ALL, false, cluster::killPrimary, cluster::promote);
    }
}
