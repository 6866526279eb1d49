package io.keyledger.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How fast tokens are authenticated, side by side with the least that the same web server can do, and with Keycloak where
 * a distribution of it is given. All of them run at the same time and are asked one after the other, round by round.
 * Arguments: a new directory, the server's jar, how many rounds, how many seconds each, and Keycloak's home directory. Needs wrk.
 */
public final class AuthenticationBenchmark {

    private static final int CONNECTIONS = 64;
    private static final int WARM_UP_SECONDS = 30;
    private static final double MOST_STOLEN = 0.04;
    private static final String PASSWORD = "correct horse battery staple";
    private static final JsonMapper JSON = new JsonMapper();

    private AuthenticationBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        var directory = Path.of(arguments[0]).toAbsolutePath();
        var rounds = Integer.parseInt(arguments[2]);
        var seconds = Integer.parseInt(arguments[3]);
        Files.createDirectories(directory);
        System.out.printf(
                "%d processors (%s), Java %s; %d connections, %d rounds of %d s, load by wrk on the same machine%n",
                Runtime.getRuntime().availableProcessors(), model(), Runtime.version(), CONNECTIONS, rounds, seconds);
        try (var bare = Program.java(
                        List.of("-cp", System.getProperty("java.class.path"), BareServer.class.getName()),
                        Map.of(),
                        directory.resolve("bare.log"),
                        directory.resolve("none"));
                var keyledger = Program.java(
                        List.of("-jar", arguments[1]),
                        Map.of(
                                "SERVER_PORT",
                                "0",
                                "KEYLEDGER_DATA_DIR",
                                directory.resolve("keyledger").toString(),
                                "KEYLEDGER_ADMIN_PASSWORD",
                                PASSWORD),
                        directory.resolve("keyledger.log"),
                        directory.resolve("keyledger"));
                var keycloak = arguments.length < 5
                        ? null
                        : Keycloak.start(
                                Path.of(arguments[4]), Files.createDirectories(directory.resolve("keycloak")))) {
            var loads = loads(bare, keyledger, keycloak);
            for (var load : loads) {
                load.send(WARM_UP_SECONDS, CONNECTIONS);
            }
            print(measure(loads, rounds, seconds));
            System.out.printf(
                    "Keyledger holds %d MB after that, without its PostgreSQL.%n", keyledger.residentMegabytes());
        }
    }

    private static String model() throws IOException {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.replaceFirst(".*: ", ""))
                .findFirst()
                .orElse("unknown");
    }

    private static List<Load> loads(Program bare, Program keyledger, @Nullable Keycloak keycloak)
            throws IOException, InterruptedException {
        var loads = new ArrayList<Load>();
        var measured = create(keyledger, "tokens:read");
        var introspecting = create(keyledger, "introspect");
        loads.add(new Load("bare 204", bare, "/", Map.of(), null, true));
        loads.add(new Load("gateway", keyledger, "/api/authenticate", bearer(measured), null, true));
        loads.add(new Load(
                "gateway, bogus", keyledger, "/api/authenticate", bearer("klt_" + "0".repeat(36)), null, false));
        loads.add(new Load(
                "introspection", keyledger, "/oauth2/introspect", bearer(introspecting), "token=" + measured, true));
        if (keycloak != null) {
            var token = keycloak.accessToken();
            var path = "/realms/bench/protocol/openid-connect/";
            loads.add(new Load(
                    "Keycloak's introspection",
                    keycloak.program(),
                    path + "token/introspect",
                    Map.of("Authorization", basic(Keycloak.CLIENT, Keycloak.SECRET)),
                    "token=" + token,
                    true));
            loads.add(
                    new Load("Keycloak's userinfo", keycloak.program(), path + "userinfo", bearer(token), null, true));
            var answer = post(
                    keycloak.program().url() + path + "token/introspect",
                    basic(Keycloak.CLIENT, Keycloak.SECRET),
                    "application/x-www-form-urlencoded",
                    "token=" + token);
            if (!answer.path("active").asBoolean()) {
                throw new IllegalStateException("Keycloak says that its token is not good: " + answer);
            }
        }
        return loads;
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    private static String basic(String name, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static String create(Program keyledger, String permission) throws IOException, InterruptedException {
        return post(
                        keyledger.url() + "/api/tokens",
                        basic("admin@localhost", PASSWORD),
                        "application/json",
                        "{\"name\": \"%s\", \"permissions\": [\"%s\"]}".formatted(permission, permission))
                .path("value")
                .asString();
    }

    private static JsonNode post(String url, String authorization, String type, String body)
            throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create(url))
                    .header("Authorization", authorization)
                    .header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            return JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
        }
    }

    /** A round is repeated in which the machine was lent to others. */
    private static Map<Load, List<Load.Round>> measure(List<Load> loads, int rounds, int seconds)
            throws IOException, InterruptedException {
        var measured = new LinkedHashMap<Load, List<Load.Round>>();
        loads.forEach(load -> measured.put(load, new ArrayList<>()));
        var thrownAway = 0;
        for (var done = 0; done < rounds; ) {
            var round = new LinkedHashMap<Load, Load.Round>();
            for (var load : loads) {
                round.put(load, load.send(seconds, CONNECTIONS));
            }
            if (round.values().stream().anyMatch(one -> one.stolen() > MOST_STOLEN) && thrownAway < 3 * rounds) {
                thrownAway++;
                continue;
            }
            round.forEach((load, one) -> measured.get(load).add(one));
            done++;
        }
        System.out.printf(
                "%d rounds thrown away, in which more than %.0f %% of the CPU time were stolen%n",
                thrownAway, MOST_STOLEN * 100);
        return measured;
    }

    private static void print(Map<Load, List<Load.Round>> measured) {
        System.out.printf(
                "%-26s %10s %8s %9s %9s %9s %9s%n",
                "", "requests/s", "of bare", "p50 ms", "p99 ms", "CPU µs", "wrk µs");
        var bare = measured.values().iterator().next();
        measured.forEach((load, rounds) -> {
            var ratios = new ArrayList<Double>();
            for (var round = 0; round < rounds.size(); round++) {
                ratios.add(rounds.get(round).rate() / bare.get(round).rate());
            }
            ratios.sort(null);
            System.out.printf(
                    "%-26s %10.0f %7.1f%% %9.2f %9.2f %9.0f %9.0f%n",
                    load.name(),
                    median(rounds, Load.Round::rate),
                    100 * ratios.get(ratios.size() / 2),
                    median(rounds, Load.Round::p50),
                    median(rounds, Load.Round::p99),
                    median(rounds, Load.Round::cpu),
                    median(rounds, Load.Round::wrkCpu));
        });
    }

    private static double median(List<Load.Round> rounds, ToDoubleFunction<Load.Round> value) {
        var sorted = rounds.stream().sorted(Comparator.comparingDouble(value)).toList();
        return value.applyAsDouble(sorted.get(sorted.size() / 2));
    }
}
