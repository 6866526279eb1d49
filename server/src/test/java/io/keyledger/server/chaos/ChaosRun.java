package io.keyledger.server.chaos;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.keyledger.server.chaos.Fault.Limit;
import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import io.keyledger.server.chaos.HistoryCheck.Violation;
import io.keyledger.server.journey.FastClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Three nodes on a database with a standby under load, and one fault after the other; then the check of all that was
 * answered. {@code deploy/chaos.sh} runs it for longer than the tests do.
 */
public final class ChaosRun {

    /** Within which all nodes must work again, and a killed one be up. */
    private static final Duration BACK = Duration.ofSeconds(60);

    /** So many may be late, or are tried, where there are not enough for a tenth of them. */
    private static final int FEW = 3;

    private static final int NODES = 3;
    private static final int CLOCK = 1;
    private static final int APART = 2;

    /**
     * How much.
     *
     * @param hold how long each fault lasts
     * @param requests until there were so many, and so many revocations, the faults come again
     * @param atMost or until so long has passed
     * @param mayBeLess whether it is enough to have gone on for so long
     * @param disk size of the one that gets full
     * @param faults whether anything goes wrong at all
     */
    record Form(
            int askers,
            int changers,
            Duration hold,
            long requests,
            long revocations,
            Duration atMost,
            boolean mayBeLess,
            String disk,
            boolean faults) {

        static final Form SHORT = new Form(2, 4, Duration.ofSeconds(2), 0, 0, Duration.ZERO, true, "256m", true);

        /** Where no time is given, something is wrong that takes longer than this. */
        private static final Duration LONGEST = Duration.ofHours(1);

        static Form atLength(@Nullable Duration atMost) {
            return longForm(1_000_000, atMost, true);
        }

        /** Load, and ten thousand revocations, none of which may be late. */
        static Form withoutFaults(@Nullable Duration atMost) {
            return longForm(0, atMost, false);
        }

        private static Form longForm(long requests, @Nullable Duration atMost, boolean faults) {
            return new Form(
                    4,
                    12,
                    Duration.ofSeconds(5),
                    requests,
                    10_000,
                    Objects.requireNonNullElse(atMost, LONGEST),
                    atMost != null,
                    "2g",
                    faults);
        }

        boolean isReached(long requestsMade, long revocationsMade) {
            return requestsMade >= requests && revocationsMade >= revocations;
        }

        boolean isLong() {
            return requests > 0;
        }
    }

    /** What came of it. */
    record Result(List<Violation> violations, List<String> mishaps, String report) {}

    /** What was while a fault lasted, and until all worked again. */
    private record Episode(
            String name,
            int node,
            boolean harmless,
            @Nullable Limit limit,
            long begun,
            long ended,
            long back) {}

    private final Form form;
    private final History history = new History();
    private final List<Episode> episodes = new ArrayList<>();
    private final List<String> times = new ArrayList<>();
    private final List<String> lacking = new ArrayList<>();
    private final List<String> mishaps = new ArrayList<>();

    private ChaosRun(Form form) {
        this.form = form;
    }

    public static void main(String[] arguments) throws Exception {
        var words = new ArrayList<>(List.of(arguments));
        var faults = !words.remove("no-faults");
        var minutes = words.isEmpty() ? null : Duration.ofMinutes(Integer.parseInt(words.getFirst()));
        var result = run(
                Files.createTempDirectory("keyledger-chaos"),
                faults ? Form.atLength(minutes) : Form.withoutFaults(minutes));
        System.out.println(result.report());
        System.exit(result.violations().isEmpty() && result.mishaps().isEmpty() ? 0 : 1);
    }

    static Result run(Path directory, Form form) throws Exception {
        return new ChaosRun(form).run(directory);
    }

    private Result run(Path directory) throws Exception {
        var tables = Files.createDirectories(directory.resolve("tables"));
        var small = Program.run("mount", "-t", "tmpfs", "-o", "size=" + form.disk(), "keyledger", tables.toString());
        if (!small) {
            lacking.add("disk full: only root on Linux may make a small disk");
        }
        try (var namespace = Namespace.create().orElse(null)) {
            if (namespace == null) {
                lacking.add("node cut off from the database: only root on Linux may make a network namespace");
            }
            return run(directory, tables, small, namespace);
        } finally {
            if (small) {
                Program.run("umount", "--lazy", tables.toString());
            }
        }
    }

    private Result run(Path directory, Path tables, boolean small, Namespace namespace) throws Exception {
        var hand = Files.createFile(directory.resolve("hand"));
        Files.setLastModifiedTime(hand, FileTime.fromMillis(0));
        try (var cluster = new Cluster(directory, tables)) {
            cluster.start(List.of(
                    UnaryOperator.identity(),
                    setup -> FastClock.set(setup, directory.resolve("clock"), hand),
                    setup -> namespace == null
                            ? setup
                            : setup.by(namespace.command(), namespace::reached)
                                    .with("SPRING_DATASOURCE_URL", cluster.url(namespace.database()))));
            try (var load = new Load(cluster, history, form.askers(), form.changers())) {
                var begun = System.nanoTime();
                do {
                    go(none("none"), load);
                    if (!form.faults()) {
                        continue;
                    }
                    go(Fault.stopped(cluster, 0), load);
                    go(Fault.killed(cluster, CLOCK), load);
                    if (namespace != null) {
                        go(Fault.cutOff(namespace, APART), load);
                    }
                    go(Fault.clockSet(hand, Duration.ofHours(-1), CLOCK), load);
                    go(Fault.clockSet(hand, Duration.ofHours(1), CLOCK), load);
                    if (small) {
                        go(Fault.diskFull(tables), load);
                    }
                    go(Fault.poolExhausted(cluster, load, 60), load);
                    go(Fault.idleConnections(cluster, 0, 10_000), load);
                    go(Fault.slowClients(cluster, 0, 300), load);
                } while (System.nanoTime() - begun < form.atMost().toNanos()
                        && !form.isReached(history.size(), history.revocations()));
                if (form.isLong()) {
                    go(Fault.crowd(load, 0, 200), load);
                    load.calm(true);
                    go(none("idle"), load);
                    go(Fault.signIns(cluster, 0, 200), load);
                    go(Fault.rebuild(load, "lookup"), load);
                    go(Fault.rebuild(load, "audit"), load);
                    load.calm(false);
                }
                if (form.faults()) {
                    go(Fault.failover(cluster), load);
                }
                load.lookOnceMore();
            }
            var requests = history.requests();
            var violations = HistoryCheck.check(requests, cluster.log());
            judgeTimes(requests);
            judgeSize();
            if (!violations.isEmpty() || !mishaps.isEmpty()) {
                keep(cluster);
            }
            return new Result(violations, mishaps, report(requests, violations));
        }
    }

    private static Fault none(String name) {
        return new Fault(name, Fault.ALL, true, () -> {}, () -> {});
    }

    private void go(Fault fault, Load load) throws Exception {
        var begun = System.nanoTime();
        fault.begin().run();
        LockSupport.parkNanos(form.hold().toNanos());
        for (var node = 0; fault.harmless() && node < NODES; node++) {
            if (!isWelcome(node, load)) {
                mishaps.add("node %d does not answer who comes during: %s".formatted(node, fault.name()));
            }
        }
        var ended = System.nanoTime();
        fault.end().run();
        var deadline = System.nanoTime() + BACK.toNanos();
        for (var node = 0; node < NODES; node++) {
            while (!load.works(node)) {
                if (System.nanoTime() > deadline) {
                    mishaps.add("node %d does not work again after: %s".formatted(node, fault.name()));
                    break;
                }
            }
        }
        episodes.add(new Episode(
                fault.name(), fault.node(), fault.harmless(), fault.limit(), begun, ended, System.nanoTime()));
    }

    /** Where nobody is let in, trying again does not help; on a machine that has other things to do, it does. */
    private static boolean isWelcome(int node, Load load) {
        return IntStream.range(0, FEW).anyMatch(_ -> load.isWelcome(node));
    }

    private void judgeTimes(List<Request> requests) {
        for (var episode : episodes) {
            if (episode.limit() != null) {
                judgeTimes(requests, episode, episode.limit());
            }
        }
    }

    /** A few may be late on a machine that has other things to do; where it is the rule, they wait for each other. */
    private void judgeTimes(List<Request> requests, Episode episode, Limit limit) {
        var those = requests.stream()
                .filter(during(episode))
                .filter(request -> request.kind() == limit.kind() && request.node() != episode.node())
                .toList();
        var late = those.stream().filter(request -> !limit.isMetBy(request)).toList();
        times.add("%s: %d of %d %s %stook more than %s"
                .formatted(
                        episode.name(),
                        late.size(),
                        those.size(),
                        limit.kind(),
                        limit.refusable() ? "" : "were refused or ",
                        limit.within()));
        if (late.size() > Math.max(FEW, those.size() / 10)) {
            mishaps.add("too many are late, such as " + late.getFirst());
        }
    }

    private void judgeSize() {
        if (!form.isReached(history.size(), history.revocations())) {
            (form.mayBeLess() ? lacking : mishaps)
                    .add("%d of %d requests, and %d of %d revocations: the time of %s is over"
                            .formatted(
                                    history.size(),
                                    form.requests(),
                                    history.revocations(),
                                    form.revocations(),
                                    form.atMost()));
        }
    }

    private static Predicate<Request> during(Episode episode) {
        return request -> request.begin() >= episode.begun() && request.begin() < episode.ended();
    }

    private void keep(Cluster cluster) throws IOException {
        history.write(Path.of("target", "chaos-history.ndjson"));
        for (var node = 0; node < NODES; node++) {
            Files.writeString(
                    Path.of("target", "chaos-node-%d.log".formatted(node)),
                    cluster.node(node).output());
        }
    }

    private String report(List<Request> requests, List<Violation> violations) {
        var text = new StringBuilder();
        Map<Kind, Map<String, Long>> counts = requests.stream()
                .filter(request -> request.kind() != Kind.EXPIRY)
                .collect(groupingBy(
                        Request::kind,
                        () -> new EnumMap<>(Kind.class),
                        groupingBy(ChaosRun::outcome, TreeMap::new, counting())));
        text.append("%d requests%n".formatted(requests.size()));
        counts.forEach((kind, outcomes) -> text.append("  %-16s %s%n".formatted(kind, outcomes)));
        text.append("%-44s %6s %8s %8s %9s %9s %9s%n"
                .formatted("fault", "back", "requests", "503", "unheard", "p50", "p99"));
        for (var episode : episodes) {
            var those = requests.stream().filter(during(episode)).toList();
            var times = those.stream()
                    .filter(request -> request.kind() == Kind.GATEWAY && request.status() != History.NONE)
                    .filter(request -> request.node() != episode.node() || episode.harmless())
                    .mapToLong(request -> request.end() - request.begin())
                    .sorted()
                    .toArray();
            text.append("%-44s %5.1fs %8d %8d %9d %7.1fms %7.1fms%n"
                    .formatted(
                            episode.name(),
                            (episode.back() - episode.ended()) / 1e9,
                            those.size(),
                            those.stream()
                                    .filter(request -> request.status() == 503)
                                    .count(),
                            those.stream()
                                    .filter(request -> request.status() == History.NONE)
                                    .count(),
                            percentile(times, 0.5),
                            percentile(times, 0.99)));
        }
        times.forEach(line -> text.append(line).append('\n'));
        lacking.forEach(what -> text.append("NOT DONE: ").append(what).append('\n'));
        text.append("%d violations%n".formatted(violations.size()));
        violations.stream()
                .collect(groupingBy(Violation::rule))
                .forEach((rule, those) -> text.append("  %d %s, such as %s%n"
                        .formatted(
                                those.size(),
                                rule,
                                those.stream().limit(3).map(Violation::what).toList())));
        mishaps.stream().limit(10).forEach(mishap -> text.append(mishap).append('\n'));
        return text.toString();
    }

    private static String outcome(Request request) {
        return request.status() == History.NONE
                ? "unheard"
                : request.kind() == Kind.INTROSPECTION && request.isAcknowledged()
                        ? request.told() == null ? "inactive" : "active"
                        : Integer.toString(request.status());
    }

    private static double percentile(long[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) ((sorted.length - 1) * share)] / 1e6;
    }
}
