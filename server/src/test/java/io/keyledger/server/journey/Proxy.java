package io.keyledger.server.journey;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Between a server and its database: lets everything through, or nothing, or keeps everybody waiting. */
public final class Proxy implements AutoCloseable {

    private static final int BUFFER = 8192;

    /** What happens to bytes and connections. */
    public enum Mode {
        OPEN,
        /** Connections end at once. */
        CUT,
        /** Connections are accepted, and nothing comes back. */
        HANGING
    }

    private final ServerSocket listening;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private Mode mode;

    public Proxy(int target, Mode mode) throws IOException {
        this.target = target;
        this.mode = mode;
        listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(this::accept);
    }

    public int port() {
        return listening.getLocalPort();
    }

    public synchronized void mode(Mode next) {
        mode = next;
        notifyAll();
        if (next == Mode.CUT) {
            sockets.forEach(Proxy::close);
        }
    }

    /** As when a firewall forgets them: from now on these connections are dead, and nobody says so. */
    void loseConnections() {
        lost.addAll(sockets);
    }

    /** Only the one by which the database knows this port. */
    void loseConnectionOf(int port) {
        sockets.stream().filter(socket -> socket.getLocalPort() == port).forEach(lost::add);
    }

    private final Set<Socket> lost = ConcurrentHashMap.newKeySet();

    private synchronized void awaitPassage(Socket from) throws InterruptedException {
        while (mode == Mode.HANGING || lost.contains(from)) {
            wait();
        }
    }

    private synchronized boolean isCut() {
        return mode == Mode.CUT;
    }

    private void accept() {
        while (true) {
            try {
                var client = listening.accept();
                if (isCut()) {
                    close(client);
                } else {
                    sockets.add(client);
                    Thread.startVirtualThread(() -> connect(client));
                }
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void connect(Socket client) {
        try {
            awaitPassage(client);
            var server = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(server);
            Thread.startVirtualThread(() -> pump(client, server));
            pump(server, client);
        } catch (IOException e) {
            close(client);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pump(Socket from, Socket to) {
        var buffer = new byte[BUFFER];
        try (from;
                to) {
            for (var read = from.getInputStream().read(buffer);
                    read >= 0;
                    read = from.getInputStream().read(buffer)) {
                awaitPassage(from);
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException ended) {
            // The other side learns it by the closing of its own.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private static void close(Socket socket) {
        try {
            // With a reset, as when a machine is gone, and not the polite end of a stream.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException closedAlready) {
            // As it should be.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        mode(Mode.CUT);
    }
}
