package io.keyledger.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {

    @Test
    void nothing_serve_and_springs_properties_start_the_server() {
        assertThat(Main.startsServer(new String[] {})).isTrue();
        assertThat(Main.startsServer(new String[] {"serve"})).isTrue();
        assertThat(Main.startsServer(new String[] {"--server.port=0", "--keyledger.permissions[0].name=a"}))
                .isTrue();
        assertThat(Main.startsServer(new String[] {"serve", "--server.port=0", "--debug"}))
                .isTrue();

        assertThat(Main.startsServer(new String[] {"--help"})).isFalse();
        assertThat(Main.startsServer(new String[] {"--version"})).isFalse();
        assertThat(Main.startsServer(new String[] {"serve", "now"})).isFalse();
        assertThat(Main.startsServer(new String[] {"account", "list"})).isFalse();
        assertThat(Main.startsServer(new String[] {"--server.port=0", "account"}))
                .isFalse();
    }

    @Test
    void every_command_has_help_that_says_what_it_is_for() {
        check(Main.commandLine());
    }

    @Test
    void a_format_is_completed() {
        var audit = Main.commandLine().getSubcommands().get("audit").getSubcommands();
        assertThat(audit.get("export").getCommandSpec().findOption("--format").completionCandidates())
                .containsExactly("csv", "ndjson");
        assertThat(audit.get("replay").getCommandSpec().findOption("--format").completionCandidates())
                .containsExactly("text", "ndjson");
    }

    private static void check(CommandLine command) {
        assertThat(command.getCommandSpec().usageMessage().description())
                .as(command.getCommandSpec().qualifiedName())
                .isNotEmpty();
        if (!command.getCommandName().equals("help")) {
            var out = new StringWriter();
            command.setOut(new PrintWriter(out));
            assertThat(command.execute("--help")).isZero();
            assertThat(out.toString())
                    .contains("Usage: " + command.getCommandSpec().qualifiedName());
        }
        command.getSubcommands().values().forEach(MainTest::check);
    }

    @Test
    void what_prints_data_prints_it_for_programs_too() {
        var tool = Main.commandLine();
        var events = tool.getSubcommands().get("events").getSubcommands();
        for (var command : List.of(
                events.get("export"),
                events.get("import"),
                tool.getSubcommands().get("restore"))) {
            assertThat(command.getCommandSpec().findOption("--json"))
                    .as(command.getCommandSpec().qualifiedName())
                    .isNotNull();
        }
    }

    @Test
    void progress_is_a_bar_on_a_terminal_and_lines_elsewhere() throws Exception {
        var out = new StringWriter();
        var bar = new Progress(new PrintWriter(out), "Rebuilding lookup", 10_000, true);
        bar.advance(5_000);
        assertThat(bar.text(Duration.ofSeconds(5)))
                .isEqualTo("Rebuilding lookup  [###############---------------]  50 %  5,000 of 10,000  1,000/s"
                        + "  5 s left");

        var lines = new Progress(new PrintWriter(out), "Rebuilding lookup", 10_000, false);
        lines.advance(10_000);
        assertThat(lines.text(Duration.ofSeconds(5))).isEqualTo("Rebuilding lookup  100 %  10,000 of 10,000  2,000/s");
    }
}
