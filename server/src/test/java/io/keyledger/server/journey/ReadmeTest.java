package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the README's first use, its very lines, against a server that was started as the README says. */
class ReadmeTest {

    private static final Pattern FIRST_USE = Pattern.compile("## First use\\s+```sh\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern PRINTED = Pattern.compile("Password: +(\\S+) +\\(shown this once\\)");

    @Test
    void the_first_use_works_line_by_line(@TempDir Path directory) throws Exception {
        try (var server = ServerProcess.onDirectory(directory.resolve("data with a space"))
                .with("KEYLEDGER_ADMIN_PASSWORD", "")
                .start()) {
            var printed = PRINTED.matcher(server.output());
            assertThat(printed.find()).isTrue();
            var script = firstUse()
                    .replace("http://localhost:8080", server.address().toString())
                    .replace("as printed at the first start", printed.group(1));

            var output = run(directory, script);

            assertThat(output)
                    .containsSubsequence(
                            "\"name\":\"ci\"",
                            "\"name\":\"nightly build\"",
                            "\"status\":401",
                            "\"type\":\"token.revoked\"",
                            "\"type\":\"token.renamed\"",
                            "\"details\":{\"name\":{\"before\":\"ci\",\"after\":\"nightly build\"}}",
                            "\"type\":\"token.created\"");
        }
    }

    private static String firstUse() throws IOException {
        var readme = Files.readString(Path.of("..", "README.md"));
        var block = FIRST_USE.matcher(readme);
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    private static String run(Path directory, String script) throws Exception {
        var file = Files.writeString(directory.resolve("first-use.sh"), "set -eu\n" + script);
        var output = directory.resolve("output");
        var process = new ProcessBuilder("sh", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        return Files.readString(output);
    }
}
