package io.keyledger.server.cli;

import io.keyledger.server.projections.Rebuilds;
import io.keyledger.server.projections.Rebuilds.State;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Projections, for whoever runs the server. */
@Command(
        name = "projection",
        description = "List the projections, and build them anew.",
        subcommands = {Projections.ListThem.class, Projections.Rebuild.class})
final class Projections extends Tool.Group {

    private static final long PAUSE_MILLIS = 100;

    /**
     * How far a projection is, named as the API does.
     *
     * @param lastError why it stands still
     */
    record Listed(
            String name,
            long position,
            long lag,
            boolean healthy,
            @Nullable String lastError,
            @Nullable Instant lastErrorAt,
            Rebuilds.@Nullable Status rebuild) {}

    @Command(
            name = "list",
            description =
                    "Say how far each is behind the log, why one stands still, and what became of its last rebuild.")
    static final class ListThem extends OnDatabase {

        @Mixin
        private Output output;

        @Override
        int run(Composition server) {
            var rebuilds = server.bean(Rebuilds.class);
            var list = output.list(server.json(), "NAME", "POSITION", "LAG", "HEALTH", "LAST REBUILD", "LAST ERROR");
            for (var status : server.bean(io.keyledger.server.projections.Projections.class)
                    .statuses()) {
                var rebuild = rebuilds.status(status.name()).orElse(null);
                list.add(
                        new Listed(
                                status.name(),
                                status.position(),
                                status.lag(),
                                status.healthy(),
                                status.lastError(),
                                status.lastErrorAt(),
                                rebuild),
                        status.name(),
                        status.position(),
                        status.lag(),
                        status.healthy() ? "good" : "stands still",
                        rebuild == null ? "never" : rebuild.state() + ", " + rebuild.startedAt(),
                        status.lastError());
            }
            list.end();
            return Tool.DONE;
        }
    }

    @Command(
            name = "rebuild",
            description = "Build a projection anew from the log, while it serves, and tell where it differed from it.")
    static final class Rebuild extends OnDatabase {

        @Parameters(paramLabel = "NAME", description = "As keyledger projection list names it.")
        private String name;

        @Mixin
        private Output output;

        @Override
        int run(Composition server) throws InterruptedException {
            var status = rebuild(server, name, spec().commandLine().getErr());
            if (output.isJson()) {
                output.value(server.json(), status);
            } else {
                output.line("Rebuilt %s from %d events: %s.", name, status.events(), found(status));
                server.bean(Rebuilds.class)
                        .differences(name, 0, 20)
                        .forEach(difference -> output.line(
                                "  %s %s: %s %s",
                                difference.table(),
                                difference.key(),
                                difference.kind(),
                                String.join(", ", difference.columns())));
            }
            return Tool.DONE;
        }

        private static String found(Rebuilds.Status status) {
            return status.differences() == null || status.differences() == 0
                    ? "there was no difference"
                    : "%d rows differed from what the events tell".formatted(status.differences());
        }
    }

    /**
     * Builds a projection anew, in this process or whichever is first, and waits for the end. One at a time: a rebuild that
     * another process is at, or has left, goes on and is waited for first.
     *
     * @throws InterruptedException when Ctrl-C was pressed; what was started here is cancelled then
     */
    static Rebuilds.Status rebuild(Composition server, String name, PrintWriter err) throws InterruptedException {
        var rebuilds = server.bean(Rebuilds.class);
        rebuilds.projection(name);
        for (var other = rebuilds.unfinished(); other.isPresent(); other = rebuilds.unfinished()) {
            err.printf("A rebuild of %s has not ended yet, and comes first.%n", other.get());
            var ended = awaitEnd(rebuilds, other.get(), err);
            // Another one would find no difference any more, and tell none.
            if (other.get().equals(name) && ended.state() == State.SUCCEEDED) {
                return ended;
            }
        }
        rebuilds.start(name, null);
        Rebuilds.Status status;
        try {
            status = awaitEnd(rebuilds, name, err);
        } catch (InterruptedException e) {
            rebuilds.cancel(name);
            throw e;
        }
        if (status.state() != State.SUCCEEDED) {
            throw new Failures.CommandFailed("The rebuild of %s %s, and the live one is as it was%s"
                    .formatted(
                            name,
                            status.state() == State.CANCELLED ? "was cancelled" : "failed",
                            status.error() == null ? "." : ": " + status.error()));
        }
        return status;
    }

    /** Carries it on where nobody else does. */
    private static Rebuilds.Status awaitEnd(Rebuilds rebuilds, String name, PrintWriter err)
            throws InterruptedException {
        var status = rebuilds.status(name).orElseThrow();
        try (var progress = new Progress(err, "Rebuilding " + name, status.target())) {
            while (status.state() == State.RUNNING) {
                rebuilds.resume();
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                status = rebuilds.status(name).orElseThrow();
                progress.to(status.position(), status.target());
            }
        }
        return status;
    }
}
