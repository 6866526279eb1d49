package io.keyledger.server.chaos;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A network namespace of Linux, with one way to those who ask and another one to the database, which can be cut: what is
 * sent is lost then, and nobody is told.
 */
final class Namespace implements AutoCloseable {

    /** Each way has two addresses of its own in it. */
    static final String NETWORK = "10.213.0.0/16";

    private final String name = "keyledger" + ProcessHandle.current().pid();
    private final String clients = address(0);
    private final String database = address(1);

    private Namespace() {}

    /** @return nothing where this process may make none: only root may */
    static Optional<Namespace> create() {
        var namespace = new Namespace();
        if (!ip("netns", "add", namespace.name)) {
            return Optional.empty();
        }
        for (var way = 0; way < 2; way++) {
            var outside = namespace.link(way);
            var made = ip("link", "add", outside, "type", "veth", "peer", "inside" + way, "netns", namespace.name)
                    && ip("address", "add", address(way) + ".1/30", "dev", outside)
                    && ip("link", "set", outside, "up")
                    && namespace.inside("address", "add", address(way) + ".2/30", "dev", "inside" + way)
                    && namespace.inside("link", "set", "inside" + way, "up");
            if (!made) {
                namespace.close();
                return Optional.empty();
            }
        }
        namespace.inside("link", "set", "lo", "up");
        return Optional.of(namespace);
    }

    /** The first three numbers; so that two runs do not meet. */
    private static String address(int way) {
        return "10.213." + (ProcessHandle.current().pid() % 100 * 2 + way);
    }

    private String link(int way) {
        return "kl%d.%d".formatted(way, ProcessHandle.current().pid());
    }

    /** How a program is started in it. */
    List<String> command() {
        return List.of("ip", "netns", "exec", name);
    }

    /** Where a server in it is reached that says it was at this address. */
    URI reached(URI address) {
        return URI.create("http://%s.2:%d".formatted(clients, address.getPort()));
    }

    /** Where those in it reach the database. */
    String database() {
        return database + ".1";
    }

    void cut() {
        set("down");
    }

    void mend() {
        set("up");
    }

    private void set(String state) {
        if (!ip("link", "set", link(1), state)) {
            throw new IllegalStateException("the link to the database is not " + state);
        }
    }

    private boolean inside(String... arguments) {
        var all = new ArrayList<>(List.of("-n", name));
        all.addAll(List.of(arguments));
        return ip(all.toArray(String[]::new));
    }

    private static boolean ip(String... arguments) {
        var command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        return Program.run(command.toArray(String[]::new));
    }

    /** The links go with it. */
    @Override
    public void close() {
        ip("netns", "delete", name);
    }
}
