package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.postgresql.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tool where no server runs: it starts the database of the data directory, and stops it. */
class CommandLineAloneTest {

    @TempDir
    private static Path directory;

    private static ToolProcess tool;

    @BeforeAll
    static void prepare() throws Exception {
        ServerProcess.onDirectory(directory).start().close();
        tool = ToolProcess.onDirectory(directory);
        // More than fits into a pipe that nobody reads.
        try (var database = EmbeddedPostgres.start(directory);
                var connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                var statement = connection.createStatement()) {
            statement.executeUpdate("""
                insert into projection.account
                    (account_id, email, email_key, display_name, administrator, enabled, session_epoch, version, created_at)
                select 'acc_' || i, i || '@example.org', i || '@example.org', repeat('x', 90), false, true, 0, 0, now()
                from generate_series(1, 3000) i\
                """);
        }
    }

    private static boolean databaseRuns() {
        return Files.exists(directory.resolve("postgresql/postmaster.pid"));
    }

    @Test
    void a_command_has_the_database_for_itself_and_leaves_it_stopped() {
        var created = tool.run("account", "create", "alone@example.org", "--name", "Alone");

        assertThat(created.exitCode()).as("%s", created).isZero();
        assertThat(databaseRuns()).isFalse();
        assertThat(tool.run("account", "list", "--search", "alone@", "--json")
                        .json()
                        .size())
                .isEqualTo(1);
        assertThat(databaseRuns()).isFalse();
    }

    @Test
    void commands_at_the_same_time_wait_for_each_other() {
        List<Process> running = new ArrayList<>();
        for (var i = 0; i < 3; i++) {
            running.add(tool.start("account", "list", "--search", "admin@", "--json"));
        }
        for (var process : running) {
            var result = ToolProcess.result(process);
            assertThat(result.exitCode()).as("%s", result).isZero();
            assertThat(result.json().size()).isEqualTo(1);
        }
        assertThat(databaseRuns()).isFalse();
    }

    @Test
    void a_command_waits_for_a_server_that_is_starting() {
        try (var server = ServerProcess.onDirectory(directory).launch()) {
            var result = tool.run("account", "list", "--search", "admin@", "--json");
            assertThat(result.exitCode()).as("%s", result).isZero();
            server.awaitReady();
        }
    }

    @Test
    void ctrl_c_stops_a_command_and_its_database() throws Exception {
        var process = tool.start("account", "list", "--json");
        // It has begun to print, and cannot end: nobody reads on.
        assertThat(process.getInputStream().read()).isEqualTo('[');
        assertThat(databaseRuns()).isTrue();

        assertThat(new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
        var result = ToolProcess.result(process);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(result.exitCode()).isEqualTo(130);
        assertThat(result.err()).isEmpty();
        assertThat(databaseRuns()).isFalse();
        assertThat(tool.run("account", "list", "--search", "admin@").exitCode()).isZero();
    }
}
