package io.keyledger.server.journey;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tool, each command in a JVM of its own, with an operator's environment. */
public final class ToolProcess {

    private final Map<String, String> environment = new HashMap<>();

    private ToolProcess() {}

    public static ToolProcess onDirectory(Path dataDirectory) {
        return new ToolProcess().with("KEYLEDGER_DATA_DIR", dataDirectory.toString());
    }

    public static ToolProcess onDatabase(String jdbcUrl) {
        return new ToolProcess()
                .with("SPRING_DATASOURCE_URL", jdbcUrl)
                .with("SPRING_DATASOURCE_USERNAME", "postgres")
                .with("SPRING_DATASOURCE_PASSWORD", "unused")
                .with("KEYLEDGER_MASTER_KEY", ServerProcess.MASTER_KEY);
    }

    public ToolProcess with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** What a command has left behind. */
    public record Result(int exitCode, String out, String err) {

        JsonNode json() {
            return new JsonMapper().readTree(out);
        }

        @Override
        public String toString() {
            return exitCode + "\n" + out + "\n" + err;
        }
    }

    /** A command that is running; nobody reads what it prints. */
    Process start(String... arguments) {
        var command = new ArrayList<>(List.of(
                LibraryArchive.JAVA,
                LibraryArchive.option(),
                "-XX:+UseSerialGC",
                "-Xmx300m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                LibraryArchive.CLASS_PATH,
                "io.keyledger.server.cli.Main"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("KEYLEDGER_") || name.startsWith("SPRING_"));
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Result run(String... arguments) {
        return result(start(arguments));
    }

    /** Reads on, to the end. */
    static Result result(Process process) {
        try {
            process.getOutputStream().close();
            var err = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
            var out = read(process.getInputStream());
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the command does not end: " + out + err.join());
            }
            return new Result(process.exitValue(), out, err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String read(java.io.InputStream in) {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
