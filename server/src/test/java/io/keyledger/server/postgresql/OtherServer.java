package io.keyledger.server.postgresql;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;

/** Another JVM that runs the embedded PostgreSQL, and can be killed. */
final class OtherServer implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private OtherServer(Process process) {
        this.process = process;
        this.output = process.inputReader();
    }

    static OtherServer on(Path dataDirectory) throws IOException {
        return new OtherServer(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherServer.class.getName(),
                        dataDirectory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** "runs", once it has committed a table {@code other_server}, or the sentence with which it refused to. */
    String answer() throws IOException {
        String line = output.readLine();
        while (line != null && !line.startsWith("> ")) {
            line = output.readLine();
        }
        return line == null ? "" : line.substring(2);
    }

    long pid() {
        return process.pid();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) throws IOException, SQLException {
        try {
            EmbeddedPostgres postgres = EmbeddedPostgres.start(Path.of(arguments[0]), Map.of("fsync", "off"));
            try (Connection owner = DriverManager.getConnection(
                    postgres.jdbcUrl(), postgres.ownerUsername(), postgres.ownerPassword())) {
                owner.createStatement().execute("drop table if exists other_server");
                owner.createStatement().execute("create table other_server as select 42 as answer");
            }
            System.out.println("> runs");
            System.in.read();
        } catch (EmbeddedPostgresException e) {
            System.out.println("> " + e.getMessage());
        }
    }
}
