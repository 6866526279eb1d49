package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Keyledger.bearer;
import static io.keyledger.benchmarks.Table.Target.atLeast;
import static io.keyledger.benchmarks.Table.Target.atMost;
import static io.keyledger.benchmarks.Table.percent;
import static io.keyledger.benchmarks.Table.times;

import io.keyledger.benchmarks.Load.Sample;
import io.keyledger.benchmarks.Table.Target;
import io.keyledger.benchmarks.Wrk.Body;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jmh.runner.RunnerException;

/** Sign-ins, each of which hashes a password, and what they leave to tokens when they come in crowds. */
final class SignInBenchmark {

    private static final int CONNECTIONS = 8;
    private static final int CROWD = 200;

    private SignInBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException, SQLException, RunnerException {
        var table = bench.table();
        var hashes = new TreeMap<String, Double>();
        for (var result : LookupBenchmark.jmh(bench, PasswordHashBenchmark.class)) {
            hashes.put(LookupBenchmark.name(result), result.getPrimaryResult().getScore());
        }
        var ours = hashes.getOrDefault("spring security", Double.NaN);
        hashes.forEach((name, milliseconds) -> table.row(
                "one Argon2id hash (19 MiB, 2 passes) on one core: " + name,
                "%.1f ms (JMH)".formatted(milliseconds),
                name.equals("spring security") ? "what the server uses" : "spring security: %.1f ms".formatted(ours),
                percent(milliseconds / ours)));
        if (!Wrk.isInstalled()) {
            table.notMeasured("sign-ins", "wrk is not installed");
            return;
        }
        var keyledger = bench.keyledger();
        var program = keyledger.program();
        var signIn = "{\"email\": \"%s\", \"password\": \"%s\"}".formatted(Keyledger.EMAIL, Keyledger.PASSWORD);
        var signIns = Wrk.same(
                "sign-ins", program, "/api/session", CONNECTIONS, Map.of(), new Body("application/json", signIn), true);
        var gateway = Wrk.same(
                "tokens, idle",
                program,
                "/api/authenticate",
                CONNECTIONS,
                bearer(keyledger.administrator()),
                null,
                true);
        var crowded = new Crowded(gateway, signIn, new TreeMap<>());
        var loads = new ArrayList<Load>();
        loads.add(signIns);
        var keycloak = bench.keycloak();
        Wrk theirs = null;
        if (keycloak != null) {
            theirs = Wrk.same(
                    "Keycloak's password grant, as it comes",
                    keycloak.program(),
                    Keycloak.PROTOCOL + "token",
                    CONNECTIONS,
                    Map.of(),
                    new Body("application/x-www-form-urlencoded", Keycloak.PASSWORD_GRANT),
                    true);
            loads.add(theirs);
        }
        loads.add(gateway);
        loads.add(crowded);
        var rounds = bench.measure(loads);
        var what = "sign-ins, %d clients".formatted(CONNECTIONS);
        if (theirs == null) {
            table.row(what, rounds.figures(signIns), "", "");
            table.notMeasured("beside Keycloak's", "there is no distribution of Keycloak");
        } else {
            var ratio = rounds.ratio(signIns, theirs, Sample::rate);
            table.row(what, rounds.figures(signIns), rounds.figures(theirs), times(ratio), atLeast(ratio, 1.2, "×"));
        }
        var ratio = rounds.ratio(crowded, gateway, Sample::p99);
        table.row(
                "tokens' p99 while %d sign in at once, again and again".formatted(CROWD),
                "%.2f ms".formatted(rounds.median(crowded, Sample::p99)),
                "idle: %.2f ms".formatted(rounds.median(gateway, Sample::p99)),
                times(ratio),
                atMost(ratio, 3, "×"));
        table.row(
                "what they are answered",
                crowded.answers.toString(),
                "",
                "",
                new Target(
                        "204, 429, 503 alone",
                        crowded.answers.keySet().stream()
                                .allMatch(status -> status == 204 || status == 429 || status == 503)));
    }

    /** Tokens, while a crowd signs in; the next crowd comes when the last one of this has been answered. */
    private record Crowded(Wrk tokens, String signIn, Map<Integer, Integer> answers) implements Load {

        @Override
        public String name() {
            return "tokens, crowded";
        }

        @Override
        public Sample send(int seconds) throws IOException, InterruptedException {
            var over = new AtomicBoolean();
            var crowd = Thread.ofVirtual().start(() -> {
                while (!over.get()) {
                    come();
                }
            });
            try {
                return tokens.send(seconds);
            } finally {
                over.set(true);
                crowd.join();
            }
        }

        private void come() {
            try (var http =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
                var request = HttpRequest.newBuilder(URI.create(tokens.server().url() + "/api/session"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(signIn))
                        .build();
                var sent = new ArrayList<CompletableFuture<Integer>>();
                for (var i = 0; i < CROWD; i++) {
                    sent.add(http.sendAsync(request, BodyHandlers.discarding())
                            .handle((answer, failure) -> failure == null ? answer.statusCode() : 0));
                }
                sent.forEach(one -> answers.merge(one.join(), 1, Integer::sum));
            }
        }
    }
}
