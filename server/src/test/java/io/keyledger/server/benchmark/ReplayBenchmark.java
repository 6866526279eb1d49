package io.keyledger.server.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.server.LogGenerator;
import io.keyledger.server.cli.Main;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.JdbcPersonalDataKeys;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Migrations;
import io.keyledger.server.database.Sealed;
import io.keyledger.server.eventstore.TokenSerializer;
import io.keyledger.server.postgresql.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import tools.jackson.databind.json.JsonMapper;

/**
 * How fast each projection is built from a long log, {@code keyledger projection rebuild}, and how long it takes to verify
 * it, {@code keyledger audit verify}, in the database and as an export; each time in a process of its own with a heap of 300
 * MB, PostgreSQL beside it. Arguments: a directory, kept for the next time; how many events to make where it has none yet;
 * and how many rounds.
 */
public final class ReplayBenchmark {

    private static final long SEED = 42;

    /** So many events are in the log from one checkpoint to the next. */
    private static final int STRETCH = 1_000;

    private ReplayBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        var directory = Path.of(arguments[0]).toAbsolutePath();
        var events = Long.parseLong(arguments[1]);
        var rounds = Integer.parseInt(arguments[2]);
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
            prepare(pool, directory, events);
            for (var name : List.of("lookup", "token", "audit")) {
                var rates = new ArrayList<Double>();
                for (var round = 0; round < rounds; round++) {
                    rates.add(rebuild(directory, name, JdbcClient.create(pool)));
                }
                System.out.printf("%-6s median %,.0f events/s while loading%n", name, median(rates));
            }
            verify(directory, pool, rounds);
        }
    }

    private static double median(List<Double> values) {
        values.sort(null);
        return values.get(values.size() / 2);
    }

    private static void prepare(HikariDataSource pool, Path directory, long events) throws Exception {
        var jdbc = JdbcClient.create(pool);
        var template = new JdbcTemplate(pool);
        var masterKeys = MasterKeys.inDirectory(directory);
        masterKeys.claim(jdbc);
        var transactions = new DataSourceTransactionManager(pool);
        var checkpoints = new Checkpoints(
                pool,
                new RecordKeys(jdbc, masterKeys.keeping(Sealed.RECORD, template)),
                new RecordSequencer(pool, transactions),
                transactions);
        long made = jdbc.sql("select count(*) from event.domain_event")
                .query(Long.class)
                .single();
        if (made == 0) {
            var generator =
                    new LogGenerator(pool, new JdbcPersonalDataKeys(template, MasterKey.inDirectory(directory)), SEED);
            while (made < events) {
                made = generator.append(Math.min(STRETCH, events - made));
                checkpoints.signNow();
            }
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
        // A log that was made before there were checkpoints in it has one of all.
        checkpoints.signNow();
    }

    /** The export is made from the audit trail, which was built before. */
    private static void verify(Path directory, HikariDataSource pool, int rounds)
            throws IOException, InterruptedException {
        var key = new RecordKeys(
                        JdbcClient.create(pool),
                        MasterKeys.inDirectory(directory).keeping(Sealed.RECORD, new JdbcTemplate(pool)))
                .verifier()
                .orElseThrow()
                .toString();
        var notes = JdbcClient.create(pool)
                .sql("select note from event.checkpoint order by size")
                .query(String.class)
                .list();
        long events = JdbcClient.create(pool)
                .sql("select count(*) from event.domain_event")
                .query(Long.class)
                .single();
        var export = directory.resolve("export.ndjson");
        var kept = directory.resolve("checkpoints");
        try {
            Files.writeString(kept, String.join("\n", notes));
            finish(start(directory, "audit", "export", "--output", export.toString()));
            var database = new ArrayList<Double>();
            var file = new ArrayList<Double>();
            for (var round = 0; round < rounds; round++) {
                database.add(verify(directory, "signedUpTo", events, "--key", key));
                file.add(verify(
                        directory,
                        "events",
                        events,
                        "--key",
                        key,
                        "--export",
                        export.toString(),
                        "--checkpoint",
                        kept.toString()));
            }
            var verified = "%-8s median %.1f s to verify %,d events with %,d checkpoints%n";
            System.out.printf(verified, "database", median(database), events, notes.size());
            System.out.printf(verified, "export", median(file), events, notes.size());
        } finally {
            Files.deleteIfExists(export);
            Files.deleteIfExists(kept);
        }
    }

    /**
     * @param field of what it tells: how many events are as they were recorded
     * @return seconds from the start of the process to its end
     */
    private static double verify(Path directory, String field, long events, String... options)
            throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("audit", "verify", "--json"));
        arguments.addAll(List.of(options));
        var start = System.nanoTime();
        var outcome = finish(start(directory, arguments.toArray(String[]::new)));
        var seconds = (System.nanoTime() - start) / 1e9;
        if (new JsonMapper().readTree(outcome).path(field).asLong() != events) {
            throw new IllegalStateException("not all is verified: " + outcome);
        }
        System.out.printf("verified in %.1f s%n", seconds);
        return seconds;
    }

    private static Process start(Path directory, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx300m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("KEYLEDGER_DATA_DIR", directory.toString());
        return builder.start();
    }

    /** What it prints; it has to end well. */
    private static String finish(Process process) throws IOException, InterruptedException {
        var told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("it ended with " + process.exitValue() + ": " + told);
        }
        return told;
    }

    private static double rebuild(Path directory, String name, JdbcClient jdbc)
            throws IOException, InterruptedException {
        var process = start(directory, "projection", "rebuild", name, "--json");
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
        var status = new JsonMapper().readTree(finish(process));
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
