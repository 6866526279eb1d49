package io.keyledger.server.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.LogGenerator;
import io.keyledger.server.cli.Main;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.JdbcPersonalDataKeys;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.Migrations;
import io.keyledger.server.eventstore.TokenSerializer;
import io.keyledger.server.postgresql.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/**
 * How fast each projection is built from a long log: {@code keyledger projection rebuild}, in a process of its own with a
 * heap of 300 MB, PostgreSQL beside it. Arguments: a directory, kept for the next time, and how many events to make where
 * it has none yet.
 */
public final class ReplayBenchmark {

    private static final int ROUNDS = 3;
    private static final long SEED = 42;

    private ReplayBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        var directory = Path.of(arguments[0]).toAbsolutePath();
        var events = Long.parseLong(arguments[1]);
        Files.createDirectories(directory);
        System.out.printf(
                "%d processors, %s %s, Java %s; ReplayBenchmark %s%n",
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.version(),
                String.join(" ", arguments));
        try (var postgres = EmbeddedPostgres.start(directory);
                var pool = new HikariDataSource()) {
            Migrations.run(Database.of(postgres));
            pool.setJdbcUrl(postgres.jdbcUrl());
            pool.setUsername(postgres.username());
            pool.setPassword(postgres.password());
            prepare(pool, MasterKey.inDirectory(directory), events);
            for (var name : List.of("lookup", "token", "audit")) {
                var rates = new ArrayList<Double>();
                for (var round = 0; round < ROUNDS; round++) {
                    rates.add(rebuild(directory, name, JdbcClient.create(pool)));
                }
                rates.sort(null);
                System.out.printf("%-6s median %,.0f events/s while loading%n", name, rates.get(ROUNDS / 2));
            }
        }
    }

    private static void prepare(HikariDataSource pool, MasterKey masterKey, long events) throws Exception {
        var jdbc = JdbcClient.create(pool);
        var made = jdbc.sql("select count(*) from event.domain_event")
                .query(Long.class)
                .single();
        if (made == 0) {
            jdbc.sql("insert into state.master_key (single, fingerprint) values (true, ?)")
                    .param(masterKey.fingerprint())
                    .update();
            new LogGenerator(pool, new JdbcPersonalDataKeys(new JdbcTemplate(pool), masterKey), SEED).append(events);
            // The streaming ones are built up to where their live tables are said to be.
            var head = jdbc.sql("select max(global_index) from event.domain_event")
                    .query(Long.class)
                    .single();
            var token = TokenSerializer.create()
                    .serialize(GapAwareTrackingToken.newInstance(head, List.of()), byte[].class);
            for (var name : List.of("token", "audit")) {
                jdbc.sql("insert into state.token_entry (processor_name, segment, token, token_type, claimed_at)"
                                + " values (?, 0, ?, ?, '2026-01-01T00:00:00Z')")
                        .params(name, token.getData(), token.getType().getName())
                        .update();
            }
        }
    }

    private static double rebuild(Path directory, String name, JdbcClient jdbc)
            throws IOException, InterruptedException {
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx300m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "projection",
                        "rebuild",
                        name,
                        "--json")
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("KEYLEDGER_DATA_DIR", directory.toString());
        var process = builder.start();
        var postmaster = Long.parseLong(Files.readAllLines(directory.resolve("postgresql/postmaster.pid"))
                .getFirst());
        var tool = 0.0;
        var database = 0.0;
        var phase = "";
        var memory = 0L;
        // What loading took of the processors, as the operating system counts it.
        while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
            var now = jdbc.sql("select phase from state.projection_rebuild where state = 'running'")
                    .query(String.class)
                    .optional()
                    .orElse("");
            if (now.equals("loading") != phase.equals("loading")) {
                var sign = now.equals("loading") ? -1 : 1;
                tool += sign * seconds(process.pid(), false);
                database += sign * seconds(postmaster, true);
            }
            phase = now;
            memory = Math.max(memory, peakMemory(process.pid()));
        }
        var status = new JsonMapper().readTree(process.getInputStream());
        if (process.exitValue() != 0) {
            throw new IllegalStateException("the rebuild of " + name + " failed: " + status);
        }
        var rate = status.path("eventsPerSecond").asDouble();
        System.out.printf(
                "%-6s %,10.0f events/s while loading, %.1f s of processor in the tool, %.1f s in PostgreSQL, at most"
                        + " %d MB of memory in the tool; %s to the end%n",
                name,
                rate,
                tool,
                database,
                memory / 1000,
                Duration.between(
                        Instant.parse(status.path("startedAt").asString()),
                        Instant.parse(status.path("endedAt").asString())));
        return rate;
    }

    /** In kB, as Linux counts it; 0 when it has ended. */
    private static long peakMemory(long process) throws IOException {
        try {
            return Files.readAllLines(Path.of("/proc/%d/status".formatted(process))).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElse(0);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Time on a processor that a process has had, and its children. */
    private static double seconds(long process, boolean withChildren) throws IOException {
        var seconds = 0.0;
        try (var all = Files.list(Path.of("/proc"))) {
            for (var one : all.filter(path -> path.getFileName().toString().matches("[0-9]+"))
                    .toList()) {
                String line;
                try {
                    line = Files.readString(one.resolve("stat"));
                } catch (IOException e) {
                    // It has ended meanwhile; its parent has its time.
                    continue;
                }
                var fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
                var itself = one.endsWith(Long.toString(process));
                if (itself || (withChildren && fields[1].equals(Long.toString(process)))) {
                    seconds += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
                }
                if (itself && withChildren) {
                    seconds += (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / 100.0;
                }
            }
        }
        return seconds;
    }
}
