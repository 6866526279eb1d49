package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.ServerProcess.Setup;
import io.keyledger.server.postgresql.EmbeddedPostgres;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A mistake in the settings stops the start, with one line that names the setting and says what is expected. */
class ConfigurationMistakesTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int AT_ONCE = 2;

    private record Mistake(String name, Setup setup, List<String> said) {}

    private final List<Mistake> mistakes = new ArrayList<>();

    private void mistake(Setup setup, String variable, String value, String... said) {
        var all = new ArrayList<>(List.of(said));
        all.add(variable);
        mistakes.add(new Mistake(variable + "=" + value, setup.with(variable, value), all));
    }

    @Test
    void each_stops_the_start_and_says_what_is_wrong(@TempDir Path directory) throws Exception {
        try (var empty = TestDatabase.createEmpty();
                var newer = TestDatabase.create();
                var others = TestDatabase.create();
                var guarded = EmbeddedPostgres.start(directory);
                var taken = new ServerSocket(0)) {
            JdbcClient.create(newer).sql("""
                insert into state.flyway_schema_history
                select max(installed_rank) + 1, '999', 'from the future', 'SQL', 'V999__future.sql', 1, 'test', now(), 1,
                    true
                from state.flyway_schema_history\
                """).update();
            JdbcClient.create(others)
                    .sql("insert into state.master_key (single, fingerprint) values (true, 'of another key')")
                    .update();

            mistake(on(empty), "SERVER_PORT", "abc");
            mistake(on(empty), "SERVER_PORT", Integer.toString(taken.getLocalPort()), "in use");
            mistake(on(empty), "KEYLEDGER_MASTER_KEY", "not base64!", "base64 of 32");
            mistake(on(empty), "KEYLEDGER_MASTER_KEY", "MDEyMzQ1Njc4OWFiY2RlZg==", "16 bytes", "base64 of 32");
            mistake(on(empty), "KEYLEDGER_MASTER_KEY", "", "not set", "base64 of 32");
            mistake(on(others), "KEYLEDGER_MASTER_KEY", ServerProcess.MASTER_KEY, "not the key that this database");
            mistake(on(empty), "SPRING_DATASOURCE_URL", "jdbc:mysql://localhost/keyledger", "jdbc:postgresql:");
            mistake(
                    on(empty),
                    "SPRING_DATASOURCE_URL",
                    TestDatabase.jdbcUrl(empty).replaceAll("/test\\d+.*", "/nowhere"),
                    "does not exist");
            mistake(
                    ServerProcess.onDatabase(guarded.jdbcUrl()).with("SPRING_DATASOURCE_USERNAME", guarded.username()),
                    "SPRING_DATASOURCE_PASSWORD",
                    "wrong and secret");
            mistake(on(empty), "SPRING_DATASOURCE_USERNAME", "nobody", "refuses the role nobody");
            mistake(on(empty), "KEYLEDGER_ROLES", "foo", "command, query");
            mistake(on(empty), "KEYLEDGER_TOKEN_PREFIX", "bad prefix", "klt_");
            mistake(on(empty), "KEYLEDGER_REGISTRATION", "maybe", "closed", "open");
            mistake(on(empty), "KEYLEDGER_ADMIN_PASSWORD", "sho rt", "15");
            mistake(on(empty), "KEYLEDGER_ADMIN_EMAIL", "nobody", "KEYLEDGER_ADMIN_EMAIL");
            mistake(on(empty), "KEYLEDGER_PUBLIC_URL", "keyledger.example.org", "https://keyledger.example.org");
            mistake(on(empty), "KEYLEDGER_PUBLIC_URL", "https://x/#a", "https://keyledger.example.org");
            mistake(on(empty), "KEYLEDGER_POLICY_MAXLIFETIME", "23h", "keyledger.policy.max-lifetime", "90d");
            mistake(on(empty), "KEYLEDGER_POLICY_MAXUNUSED", "90", "keyledger.policy.max-unused", "90d");
            mistake(
                    on(empty),
                    "KEYLEDGER_CHECKPOINTS_FILE",
                    "/nowhere/checkpoints",
                    "/nowhere/checkpoints",
                    "directory");
            mistake(on(empty), "KEYLEDGER_CHECKPOINTS_URL", "ftp://example.org", "https://witness.example.org");
            mistake(on(empty), "KEYLEDGER_MAIL_FROM", "nobody", "keyledger@example.org");
            mistake(
                    on(empty).with("KEYLEDGER_MAIL_FROM", "keyledger@example.org"),
                    "SPRING_MAIL_HOST",
                    "localhost",
                    "KEYLEDGER_PUBLIC_URL",
                    "not set");
            mistake(
                    on(empty).with("KEYLEDGER_PUBLIC_URL", "https://keyledger.example.org"),
                    "SPRING_MAIL_HOST",
                    "localhost",
                    "KEYLEDGER_MAIL_FROM",
                    "not set");
            mistakes.add(new Mistake(
                    "a permission's name",
                    on(empty).with("KEYLEDGER_PERMISSIONS_0_NAME", "Not good"),
                    List.of("keyledger.permissions", "Not good", "invoices:read")));
            mistakes.add(new Mistake(
                    "no data directory",
                    ServerProcess.onDirectory(Path.of("/proc/x")),
                    List.of("/proc/x", "KEYLEDGER_DATA_DIR")));
            mistakes.add(new Mistake("a newer schema", on(newer), List.of("newer version", "999")));

            var checks = mistakes.stream()
                    .<Callable<String>>map(mistake -> () -> complaint(mistake))
                    .toList();
            var complaints = new ArrayList<String>();
            try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
                for (var check : threads.invokeAll(checks)) {
                    complaints.add(check.get());
                }
            }
            assertThat(complaints).allMatch(String::isEmpty);
        }
    }

    private static Setup on(HikariDataSource database) {
        // Without the user that stands in it, who would win over the setting.
        return ServerProcess.onDatabase(TestDatabase.jdbcUrl(database).replaceAll("\\?.*", ""));
    }

    /** Empty if it is as it should be. */
    private static String complaint(Mistake mistake) {
        try (var server = mistake.setup().launch()) {
            if (!server.exited(PATIENCE)) {
                return mistake.name() + ": it goes on:\n" + server.output();
            }
            var output = server.output();
            var errors = output.lines().filter(line -> line.contains(" ERROR ")).toList();
            if (server.exitCode() == 0
                    || errors.size() != 1
                    || !mistake.said().stream().allMatch(errors.getFirst()::contains)
                    || output.contains("wrong and secret")
                    || output.contains("sho rt")
                    || output.contains("Exception")
                    || output.matches("(?s).*(\\tat |\\| at ).*")) {
                return "%s: exit code %d, expected %s in one line of\n%s"
                        .formatted(mistake.name(), server.exitCode(), mistake.said(), output);
            }
            return "";
        }
    }
}
