package io.keyledger.benchmarks;

import static io.keyledger.benchmarks.Table.Target.atLeast;
import static io.keyledger.benchmarks.Table.percent;
import static io.keyledger.benchmarks.Table.times;

import io.keyledger.benchmarks.Load.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * How many commands a second are taken, each durable when it is answered, beside transactions that do what has to be done at
 * least, and beside Keycloak where users are created.
 */
final class CommandBenchmark {

    private static final int TOKENS = 10_000;
    private static final int FEW_ACCOUNTS = 10;
    private static final int MANY_ACCOUNTS = 1_000;
    private static final int MANY_TOKENS = 10_000;
    private static final int CLIENTS = 8;

    private CommandBenchmark() {}

    static void run(Workbench bench) throws IOException, InterruptedException, SQLException, ExecutionException {
        var table = bench.table();
        if (!Wrk.isInstalled()) {
            table.notMeasured("commands", "wrk is not installed");
            return;
        }
        var keyledger = bench.keyledger();
        var program = keyledger.program();
        var few = tokens(keyledger, FEW_ACCOUNTS, TOKENS, bench.directory().resolve("few"));
        var many =
                tokens(keyledger, MANY_ACCOUNTS, MANY_TOKENS, bench.directory().resolve("many"));
        // So that the reference writes events as long as ours.
        rename("first", program, CLIENTS, few).send(1);

        var create = Wrk.varying(
                "create a token",
                program,
                CLIENTS,
                few,
                "POST",
                "\"/api/tokens\"",
                "f[2]",
                "'{\"name\":\"ROUND-' .. n .. '\",\"permissions\":[\"tokens:read\"]}'");
        var renameOfMany = rename("rename, %,d accounts".formatted(MANY_ACCOUNTS), program, CLIENTS, many);
        var loads = new ArrayList<Load>();
        var renames = new ArrayList<Wrk>();
        var transactions = new ArrayList<Load>();
        var inserts = new ArrayList<@Nullable Load>();
        try (var reference = Transactions.prepare(keyledger, TOKENS)) {
            for (var clients : List.of(1, CLIENTS, 32)) {
                var rename = rename("rename a token, %d clients".formatted(clients), program, clients, few);
                var transaction = reference.load(clients);
                var insert = Pgbench.inserts(keyledger, clients);
                renames.add(rename);
                transactions.add(transaction);
                inserts.add(insert);
                loads.add(rename);
                loads.add(transaction);
                if (insert != null) {
                    loads.add(insert);
                }
            }
            loads.add(renameOfMany);
            loads.add(create);
            var users = users(bench);
            if (users != null) {
                loads.add(users);
            }
            var rounds = bench.measure(loads);

            for (var i = 0; i < renames.size(); i++) {
                var rename = renames.get(i);
                var ratio = rounds.ratio(rename, transactions.get(i), Sample::rate);
                if (rename.connections() == CLIENTS) {
                    table.row(
                            rename.name(),
                            rounds.figures(rename),
                            rounds.rate(transactions.get(i)),
                            percent(ratio),
                            atLeast(100 * ratio, 70, " %"));
                } else {
                    table.row(rename.name(), rounds.figures(rename), rounds.rate(transactions.get(i)), percent(ratio));
                }
                var insert = inserts.get(i);
                if (insert == null) {
                    table.notMeasured("the same beside pgbench", "pgbench is not installed");
                } else {
                    table.row(
                            "the same beside pgbench",
                            "%,.0f/s".formatted(rounds.median(rename, Sample::rate)),
                            rounds.rate(insert),
                            percent(rounds.ratio(rename, insert, Sample::rate)));
                }
            }
            var middle = renames.get(1);
            var ratio = rounds.ratio(renameOfMany, middle, Sample::rate);
            table.row(
                    "%s, %d clients".formatted(renameOfMany.name(), CLIENTS),
                    rounds.figures(renameOfMany),
                    "%d accounts: %,.0f/s".formatted(FEW_ACCOUNTS, rounds.median(middle, Sample::rate)),
                    percent(ratio),
                    // Not slower, within what rounds differ by.
                    atLeast(100 * ratio, 95, " %"));
            if (users == null) {
                table.row("%s, %d clients".formatted(create.name(), CLIENTS), rounds.figures(create), "", "");
                table.notMeasured("beside Keycloak's", "there is no distribution of Keycloak");
            } else {
                ratio = rounds.ratio(create, users, Sample::rate);
                table.row(
                        "%s, %d clients".formatted(create.name(), CLIENTS),
                        rounds.figures(create),
                        rounds.rate(users),
                        times(ratio),
                        atLeast(ratio, 4, "×"));
            }
        }
    }

    private static Wrk rename(String name, Program program, int clients, Path tokens) {
        return Wrk.varying(
                name,
                program,
                clients,
                tokens,
                "PATCH",
                "\"/api/tokens/\" .. f[1]",
                "f[2]",
                "'{\"name\":\"ROUND-' .. n .. '\"}'");
    }

    private static @Nullable Wrk users(Workbench bench) throws IOException, InterruptedException {
        var keycloak = bench.keycloak();
        if (keycloak == null) {
            return null;
        }
        var token =
                Files.writeString(bench.directory().resolve("keycloak-token"), keycloak.administratorsToken() + "\n");
        return Wrk.varying(
                "Keycloak's create-user",
                keycloak.program(),
                CLIENTS,
                token,
                "POST",
                "\"" + Keycloak.ADMIN + "users\"",
                "f[1]",
                "'{\"enabled\":true,\"username\":\"ROUND-' .. n .. '\"}'");
    }

    /** A file with a line for each token: its id, and what to change it with. */
    private static Path tokens(Keyledger keyledger, int accounts, int tokens, Path file)
            throws IOException, InterruptedException, ExecutionException {
        return Files.write(
                file,
                keyledger.tokens(accounts, tokens).stream()
                        .map(token -> token.id() + " " + token.owner())
                        .toList());
    }

    /** Debian's pgbench, with one INSERT a transaction. */
    private record Pgbench(String name, Keyledger keyledger, int clients, Path program, Path script) implements Load {

        static @Nullable Pgbench inserts(Keyledger keyledger, int clients) throws IOException {
            var program = Workbench.find("pgbench");
            if (program == null) {
                return null;
            }
            var script = keyledger.directory().resolveSibling("insert.sql");
            Files.writeString(
                    script,
                    "insert into reference.plain (aggregate_identifier, payload)"
                            + " values ('tok_' || :client_id, decode(repeat('ab', 400), 'hex'));\n");
            return new Pgbench("pgbench, one INSERT each", keyledger, clients, program, script);
        }

        @Override
        public Sample send(int seconds) throws IOException, InterruptedException {
            var before = Machine.now();
            var cpuBefore = keyledger.program().cpuSeconds();
            var told = Workbench.run(
                    Map.of("PGPASSWORD", keyledger.ownerPassword()),
                    List.of(
                            program.toString(),
                            "-n",
                            "-M",
                            "prepared",
                            "-h",
                            "127.0.0.1",
                            "-p",
                            keyledger.port(),
                            "-U",
                            "keyledger_owner",
                            "-c",
                            Integer.toString(clients),
                            "-T",
                            Integer.toString(seconds),
                            "-f",
                            script.toString(),
                            "keyledger"));
            var machine = Machine.now();
            var rate = told.lines()
                    .filter(line -> line.startsWith("tps = "))
                    .mapToDouble(line -> Double.parseDouble(line.split(" ", -1)[2]))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(told));
            var requests = rate * seconds;
            return new Sample(
                    rate,
                    0,
                    0,
                    (keyledger.program().cpuSeconds() - cpuBefore) * 1e6 / requests,
                    (machine.childrenSeconds() - before.childrenSeconds()) * 1e6 / requests,
                    machine.stolenSince(before));
        }
    }
}
