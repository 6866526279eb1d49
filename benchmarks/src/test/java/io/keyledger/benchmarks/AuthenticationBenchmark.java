package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Keyledger.bearer;
import static io.keyledger.benchmarks.Table.Target.atLeast;
import static io.keyledger.benchmarks.Table.Target.atMost;
import static io.keyledger.benchmarks.Table.percent;
import static io.keyledger.benchmarks.Table.times;

import io.keyledger.api.token.TokenValue;
import io.keyledger.benchmarks.Keyledger.Token;
import io.keyledger.benchmarks.Load.Sample;
import io.keyledger.benchmarks.Wrk.Body;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * How fast tokens are authenticated, side by side with the least that the same web server can do, with Spring
 * Authorization Server, and with Keycloak where a distribution of it is given.
 */
final class AuthenticationBenchmark {

    private static final int CONNECTIONS = 64;
    private static final int ACCOUNTS = 1_000;
    private static final int TOKENS = 10_000;
    private static final int TOKENS_BESIDE = 1_000_000;
    private static final String GATEWAY = "/api/authenticate";
    private static final String INTROSPECTION = "/oauth2/introspect";
    private static final String FORM = "application/x-www-form-urlencoded";

    private AuthenticationBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException, SQLException, ExecutionException {
        if (!Wrk.isInstalled()) {
            bench.table().notMeasured("authentication", "wrk is not installed");
            return;
        }
        var keyledger = bench.keyledger();
        var values = Files.write(
                bench.directory().resolve("values"),
                keyledger.tokens(ACCOUNTS, TOKENS).stream().map(Token::value).toList());
        try (var connection = keyledger.connect()) {
            try (var statement = connection.createStatement()) {
                // As nearly all are. That a token is used for the first time is an event.
                statement.execute("update projection.token set used = true");
            }
            try {
                LookupRows.fill(connection, "projection", TOKENS_BESIDE);
                LookupRows.mix(connection, "projection");
                run(bench, keyledger, values);
            } finally {
                LookupRows.remove(connection, "projection");
            }
        }
    }

    /** @param values a file with a line for each token */
    private static void run(Workbench bench, Keyledger keyledger, Path values)
            throws IOException, InterruptedException, SQLException {
        var table = bench.table();
        var program = keyledger.program();
        var spring = bench.spring();
        var keycloak = bench.keycloak();
        var measured = Files.readAllLines(values).getFirst();
        var introspecting = Keyledger.firstToken(program.url(), "\"introspect\"");
        var unknownValues = Files.write(
                bench.directory().resolve("unknown"),
                Stream.generate(() -> TokenValue.generate("klt_").reveal())
                        .limit(TOKENS)
                        .toList());

        var bare = Wrk.same("an empty 204 of a bare Tomcat", bench.bare(), "/", CONNECTIONS, Map.of(), null, true);
        var gateway = gateway("gateway", program, values, true);
        var one = Wrk.same("gateway, one token", program, GATEWAY, CONNECTIONS, bearer(measured), null, true);
        var bogus = Wrk.same("bogus", program, GATEWAY, CONNECTIONS, bearer("klt_" + "0".repeat(36)), null, false);
        var unknown = gateway("unknown", program, unknownValues, false);
        requireActive("introspection", program, INTROSPECTION, "Bearer " + introspecting, measured);
        var introspection = Wrk.inTurn(
                "introspection",
                program,
                INTROSPECTION,
                CONNECTIONS,
                values,
                bearer(introspecting),
                new Body(FORM, "token=LINE"),
                true);
        var springs = introspection(
                "Spring Authorization Server's introspection",
                spring.program(),
                INTROSPECTION,
                Keyledger.basic(SpringAuthorizationServer.CLIENT, SpringAuthorizationServer.SECRET),
                spring.token());
        var loads = new ArrayList<Load>();
        loads.add(bare);
        loads.add(gateway);
        loads.add(one);
        loads.add(bogus);
        loads.add(unknown);
        loads.add(introspection);
        loads.add(springs);
        Wrk theirIntrospection = null;
        Wrk theirUserinfo = null;
        if (keycloak != null) {
            var token = keycloak.personsToken();
            var path = Keycloak.PROTOCOL;
            theirIntrospection = introspection(
                    "Keycloak's introspection",
                    keycloak.program(),
                    path + "token/introspect",
                    Keyledger.basic(Keycloak.CLIENT, Keycloak.SECRET),
                    token);
            theirUserinfo = Wrk.same(
                    "Keycloak's userinfo",
                    keycloak.program(),
                    path + "userinfo",
                    CONNECTIONS,
                    bearer(token),
                    null,
                    true);
            loads.add(theirIntrospection);
            loads.add(theirUserinfo);
        }
        var rounds = bench.measure(loads);

        var ofBare = rounds.ratio(gateway, bare, Sample::rate);
        table.row(
                "gateway endpoint, %d connections, %,d tokens of %,d"
                        .formatted(CONNECTIONS, TOKENS, TOKENS + TOKENS_BESIDE),
                rounds.figures(gateway),
                rounds.rate(bare),
                percent(ofBare),
                atLeast(100 * ofBare, 40, " %"));
        var cpu = rounds.median(gateway, Sample::cpu);
        table.row("its CPU time with PostgreSQL's", "%.0f µs".formatted(cpu), "", "", atMost(cpu, 60, " µs"));
        var p99 = rounds.median(gateway, Sample::p99);
        table.row("its p99", "%.1f ms".formatted(p99), "", "", atMost(p99, 15, " ms"));
        besideBare(table, rounds, "gateway endpoint, one token over and over", one, bare);
        ofBare = rounds.ratio(bogus, bare, Sample::rate);
        table.row(
                "gateway endpoint, a bogus token, whose checksum is wrong",
                rounds.figures(bogus),
                rounds.rate(bare),
                percent(ofBare),
                atLeast(100 * ofBare, 60, " %"));
        besideBare(table, rounds, "gateway endpoint, %,d unknown tokens".formatted(TOKENS), unknown, bare);
        besideBare(
                table,
                rounds,
                "introspection of %,d tokens of %,d".formatted(TOKENS, TOKENS + TOKENS_BESIDE),
                introspection,
                bare);
        beside(table, rounds, introspection, springs, 5);
        if (theirIntrospection == null || theirUserinfo == null) {
            table.notMeasured("beside Keycloak", "there is no distribution of Keycloak");
        } else {
            beside(table, rounds, gateway, theirIntrospection, 10);
            beside(table, rounds, gateway, theirUserinfo, 5);
            beside(table, rounds, introspection, theirIntrospection, 8);
        }
        var memory = program.residentMegabytes();
        table.row(
                "resident memory after that, without PostgreSQL",
                memory + " MB",
                "",
                "",
                atMost((double) memory, 400, " MB"));
    }

    /** Each value in turn. */
    private static Wrk gateway(String name, Program server, Path values, boolean good) {
        return Wrk.inTurn(name, server, GATEWAY, CONNECTIONS, values, bearer("LINE"), null, good);
    }

    /** Of a token that has to be good. */
    private static Wrk introspection(String name, Program server, String path, String authorization, String token)
            throws IOException, InterruptedException {
        requireActive(name, server, path, authorization, token);
        var form = new Body(FORM, "token=" + token);
        return Wrk.same(name, server, path, CONNECTIONS, Map.of("Authorization", authorization), form, true);
    }

    private static void requireActive(String name, Program server, String path, String authorization, String token)
            throws IOException, InterruptedException {
        var answer = Keyledger.post(server.url() + path, authorization, FORM, "token=" + token);
        if (!answer.path("active").asBoolean()) {
            throw new IllegalStateException(name + " says that the token is not good: " + answer);
        }
    }

    private static void besideBare(Table table, Rounds rounds, String what, Wrk ours, Wrk bare) {
        table.row(what, rounds.figures(ours), rounds.rate(bare), percent(rounds.ratio(ours, bare, Sample::rate)));
    }

    private static void beside(Table table, Rounds rounds, Wrk ours, Wrk theirs, double limit) {
        var ratio = rounds.ratio(ours, theirs, Sample::rate);
        table.row(
                ours.name() + " beside " + theirs.name(),
                "%,.0f/s".formatted(rounds.median(ours, Sample::rate)),
                rounds.rate(theirs),
                times(ratio),
                atLeast(ratio, limit, "×"));
    }
}
