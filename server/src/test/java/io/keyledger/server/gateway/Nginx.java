package io.keyledger.server.gateway;

import io.keyledger.server.SystemProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The system's own nginx with the very file that people use, on a port that was free a moment before. Its files and logs stay in {@code server/target/nginx}. Closing it stops it by its own id.
 */
final class Nginx implements AutoCloseable {

    private static final SystemProgram PROGRAM = new SystemProgram(
            "The tests of gateways need nginx, and there is none on PATH: install it (on Debian: apt-get install"
                    + " nginx), or leave these tests out: mvn verify -DexcludedGroups=gateway",
            "nginx",
            List.of("nginx"),
            List.of());

    private static final Duration START = Duration.ofSeconds(20);

    /** Somebody else may take the free port before nginx does. */
    private static final int ATTEMPTS = 5;

    private final Process process;
    private final Path directory;
    private final URI address;

    private Nginx(Process process, Path directory, URI address) {
        this.process = process;
        this.directory = directory;
        this.address = address;
    }

    /** By docs/gateways: asks this Keyledger, and passes what it lets through on to this backend. */
    static Nginx start(URI keyledger, URI backend) {
        return start(
                Path.of("..", "docs", "gateways", "nginx.conf"),
                "listen 8000;",
                Map.of("server 127.0.0.1:8080", keyledger, "server 127.0.0.1:9000", backend));
    }

    /**
     * @param file that is used
     * @param listen where it says its port
     * @param servers those that stand in it, and others for them
     */
    static Nginx start(Path file, String listen, Map<String, URI> servers) {
        try {
            Files.createDirectories(Path.of("target", "nginx"));
            for (var attempt = 1; ; attempt++) {
                var nginx = launch(file, listen, servers);
                if (nginx.listens()) {
                    return nginx;
                }
                nginx.close();
                if (attempt == ATTEMPTS || !nginx.log().contains("Address already in use")) {
                    throw new AssertionError("nginx did not start:\n" + nginx.log());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Nginx launch(Path file, String listen, Map<String, URI> servers) throws IOException {
        var program = PROGRAM.find();
        var directory =
                Files.createTempDirectory(Path.of("target", "nginx"), "").toAbsolutePath();
        var port = freePort();
        var text = replace(file, Files.readString(file), listen, "listen 127.0.0.1:" + port + ";");
        for (var server : servers.entrySet()) {
            text = replace(
                    file, text, server.getKey(), "server " + server.getValue().getAuthority());
        }
        Files.writeString(directory.resolve("keyledger.conf"), text);
        var configuration = Files.writeString(directory.resolve("nginx.conf"), """
            # One process, which needs no second user to give its files to.
            master_process off;
            daemon off;
            pid nginx.pid;
            error_log error.log info;
            events {}
            http {
                access_log access.log;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                include keyledger.conf;
            }
            """);
        var process = new ProcessBuilder(
                        program.toString(),
                        "-p",
                        directory.toString(),
                        "-c",
                        configuration.toString(),
                        // What it would log before it has read where to.
                        "-e",
                        directory.resolve("error.log").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        return new Nginx(process, directory, URI.create("http://127.0.0.1:" + port));
    }

    private static String replace(Path file, String text, String line, String other) {
        if (!text.contains(line)) {
            throw new AssertionError(file + " does not have \"" + line + "\"");
        }
        return text.replace(line, other);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean listens() throws IOException {
        var deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline && !exited(Duration.ofMillis(50))) {
            try (var socket = new Socket(address.getHost(), address.getPort())) {
                return socket.isConnected() && process.isAlive();
            } catch (ConnectException notYet) {
                // Asked again in a moment.
            }
        }
        return false;
    }

    /** For example http://127.0.0.1:40123. */
    URI address() {
        return address;
    }

    /** What it printed, and the log of its errors. */
    String log() {
        try {
            var log = directory.resolve("error.log");
            return Files.readString(directory.resolve("output")) + (Files.exists(log) ? Files.readString(log) : "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean exited(Duration within) {
        try {
            return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        if (!exited(Duration.ofSeconds(10))) {
            process.destroyForcibly();
        }
    }
}
