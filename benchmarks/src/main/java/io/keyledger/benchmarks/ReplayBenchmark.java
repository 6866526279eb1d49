package io.keyledger.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.JdbcPersonalDataKeys;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.Migrations;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.postgresql.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.jdbc.core.JdbcTemplate;

/** How fast the projections are built from a log of a million events, and in how much memory. */
public final class ReplayBenchmark {

    private ReplayBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        var directory = Path.of(arguments[0]);
        var events = Long.parseLong(arguments[1]);
        Files.createDirectories(directory);
        try (var postgres = EmbeddedPostgres.start(directory);
                var pool = new HikariDataSource()) {
            Migrations.run(new Database(
                    postgres.jdbcUrl(),
                    postgres.username(),
                    postgres.password(),
                    postgres.ownerUsername(),
                    postgres.ownerPassword(),
                    null));
            pool.setJdbcUrl(postgres.jdbcUrl());
            pool.setUsername(postgres.username());
            pool.setPassword(postgres.password());
            var keys = new JdbcPersonalDataKeys(new JdbcTemplate(pool), MasterKey.inDirectory(directory));
            var begun = System.nanoTime();
            new LogGenerator(pool, new EventSerializer(Event.types()), keys, 42).append(events);
            System.out.printf("%,d events in %.1f s%n", events, (System.nanoTime() - begun) / 1e9);
        }
    }
}
