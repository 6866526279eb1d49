package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Keyledger.bearer;
import static io.keyledger.benchmarks.Table.Target.atLeast;
import static io.keyledger.benchmarks.Table.Target.atMost;
import static io.keyledger.benchmarks.Table.percent;
import static io.keyledger.benchmarks.Table.times;

import io.keyledger.benchmarks.Load.Sample;
import io.keyledger.benchmarks.Wrk.Body;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Map;

/**
 * How fast tokens are authenticated, side by side with the least that the same web server can do, with Spring
 * Authorization Server, and with Keycloak where a distribution of it is given.
 */
final class AuthenticationBenchmark {

    private static final int CONNECTIONS = 64;
    private static final String FORM = "application/x-www-form-urlencoded";

    private AuthenticationBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException, SQLException {
        var table = bench.table();
        if (!Wrk.isInstalled()) {
            table.notMeasured("authentication", "wrk is not installed");
            return;
        }
        var keyledger = bench.keyledger();
        var program = keyledger.program();
        var spring = bench.spring();
        var keycloak = bench.keycloak();
        var measured = Keyledger.firstToken(program.url(), "\"tokens:read\"");
        var introspecting = Keyledger.firstToken(program.url(), "\"introspect\"");

        var bare = Wrk.same("an empty 204 of a bare Tomcat", bench.bare(), "/", CONNECTIONS, Map.of(), null, true);
        var gateway = Wrk.same("gateway", program, "/api/authenticate", CONNECTIONS, bearer(measured), null, true);
        var bogus = Wrk.same(
                "bogus", program, "/api/authenticate", CONNECTIONS, bearer("klt_" + "0".repeat(36)), null, false);
        var introspection =
                introspection("introspection", program, "/oauth2/introspect", "Bearer " + introspecting, measured);
        var springs = introspection(
                "Spring Authorization Server's introspection",
                spring.program(),
                "/oauth2/introspect",
                Keyledger.basic(SpringAuthorizationServer.CLIENT, SpringAuthorizationServer.SECRET),
                spring.token());
        var loads = new ArrayList<Load>();
        loads.add(bare);
        loads.add(gateway);
        loads.add(bogus);
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
                "gateway endpoint, " + CONNECTIONS + " connections",
                rounds.figures(gateway),
                rounds.rate(bare),
                percent(ofBare),
                atLeast(100 * ofBare, 40, " %"));
        var cpu = rounds.median(gateway, Sample::cpu);
        table.row("its CPU time with PostgreSQL's", "%.0f µs".formatted(cpu), "", "", atMost(cpu, 60, " µs"));
        var p99 = rounds.median(gateway, Sample::p99);
        table.row("its p99", "%.1f ms".formatted(p99), "", "", atMost(p99, 15, " ms"));
        ofBare = rounds.ratio(bogus, bare, Sample::rate);
        table.row(
                "the same with bogus tokens",
                rounds.figures(bogus),
                rounds.rate(bare),
                percent(ofBare),
                atLeast(100 * ofBare, 60, " %"));
        table.row(
                "introspection",
                rounds.figures(introspection),
                rounds.rate(bare),
                percent(rounds.ratio(introspection, bare, Sample::rate)));
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

    /** Of a token that has to be good. */
    private static Wrk introspection(String name, Program server, String path, String authorization, String token)
            throws IOException, InterruptedException {
        var form = new Body(FORM, "token=" + token);
        var answer = Keyledger.post(server.url() + path, authorization, FORM, form.text());
        if (!answer.path("active").asBoolean()) {
            throw new IllegalStateException(name + " says that the token is not good: " + answer);
        }
        return Wrk.same(name, server, path, CONNECTIONS, Map.of("Authorization", authorization), form, true);
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
