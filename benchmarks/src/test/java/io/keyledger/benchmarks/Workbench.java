package io.keyledger.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the parts share: how long to measure, the programs, each started when it is first asked for, and the table. */
final class Workbench implements AutoCloseable {

    private static final int WARM_UP_SECONDS = 30;
    private static final int KEYCLOAKS_WARM_UP_SECONDS = 60;

    private final Path directory;
    private final Path jar;
    private final @Nullable Path keycloakHome;
    private final int rounds;
    private final int seconds;
    private final Table table = new Table();
    private @Nullable Program bare;
    private @Nullable Keyledger keyledger;
    private @Nullable Keycloak keycloak;
    private @Nullable SpringAuthorizationServer spring;

    Workbench(Path directory, Path jar, @Nullable Path keycloakHome, int rounds, int seconds) {
        this.directory = directory;
        this.jar = jar;
        this.keycloakHome = keycloakHome;
        this.rounds = rounds;
        this.seconds = seconds;
    }

    Path directory() {
        return directory;
    }

    Path jar() {
        return jar;
    }

    Table table() {
        return table;
    }

    int rounds() {
        return rounds;
    }

    int seconds() {
        return seconds;
    }

    Program bare() throws IOException, InterruptedException {
        if (bare == null) {
            bare = Program.java(
                    List.of("-cp", System.getProperty("java.class.path"), BareServer.class.getName()),
                    Map.of(),
                    directory.resolve("bare.log"),
                    directory.resolve("none"));
        }
        return bare;
    }

    Keyledger keyledger() throws IOException, InterruptedException {
        if (keyledger == null) {
            keyledger = Keyledger.start(jar, Files.createDirectories(directory.resolve("keyledger")));
        }
        return keyledger;
    }

    /** Absent where no distribution of it was given. */
    @Nullable
    Keycloak keycloak() throws IOException, InterruptedException {
        if (keycloak == null && keycloakHome != null) {
            keycloak = Keycloak.start(keycloakHome, Files.createDirectories(directory.resolve("keycloak")));
        }
        return keycloak;
    }

    SpringAuthorizationServer spring() throws IOException, InterruptedException {
        if (spring == null) {
            spring = SpringAuthorizationServer.start(Files.createDirectories(directory.resolve("spring")));
        }
        return spring;
    }

    /** A PostgreSQL as durable as ours, for what brings none along. */
    static EmbeddedPostgres postgres(Path directory) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve("postgresql"))
                .setServerConfig("fsync", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("synchronous_commit", "on")
                .start();
    }

    /** As many rounds as were asked for; those in which time was stolen are counted in the table. */
    Rounds measure(List<? extends Load> loads) throws IOException, InterruptedException, SQLException {
        var measured = Rounds.of(loads, this::warmUpSeconds, rounds, seconds);
        table.add(measured.thrownAway(), measured.kept());
        return measured;
    }

    /** Keycloak's loads have a minute, however short the rounds are: nobody shall say that it was measured cold. */
    private int warmUpSeconds(Load load) {
        return load instanceof Wrk wrk && keycloak != null && wrk.server().equals(keycloak.program())
                ? KEYCLOAKS_WARM_UP_SECONDS
                : Math.min(WARM_UP_SECONDS, 3 * seconds);
    }

    /** A program of this machine, or none. */
    static @Nullable Path find(String program) {
        var places = new ArrayList<>(List.of(System.getenv("PATH").split(File.pathSeparator, -1)));
        // Debian keeps PostgreSQL's programs apart.
        var versions = new File("/usr/lib/postgresql").list();
        for (var version : versions == null ? new String[0] : versions) {
            places.add("/usr/lib/postgresql/" + version + "/bin");
        }
        return places.stream()
                .map(place -> Path.of(place, program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    /** What a program prints; it must end well. */
    static String run(Map<String, String> environment, List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        var process = builder.start();
        var told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(command.getFirst() + ": " + told);
        }
        return told;
    }

    /** Stops the programs that run; they are started again when they are asked for. */
    @Override
    public void close() throws IOException {
        try (var _ = spring;
                var _ = keycloak;
                var _ = keyledger == null ? null : keyledger.program();
                var _ = bare) {
            // Whatever closing them comes to.
            spring = null;
            keycloak = null;
            keyledger = null;
            bare = null;
        }
    }
}
