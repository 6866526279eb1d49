package io.keyledger.server.postgresql;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of PostgreSQL's main process, our child, and its log, which goes to ours. */
final class Postmaster {

    private static final Logger log = LoggerFactory.getLogger(Postmaster.class);
    private static final Pattern PROBLEM = Pattern.compile("\\b(WARNING|ERROR|FATAL|PANIC):  ");
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(60);
    private static final Duration RECOVERY_LIMIT = Duration.ofMinutes(5);

    /** What a postmaster tells about itself in its data directory. */
    record PidFile(long pid, int port, String status) {

        static final String NAME = "postmaster.pid";

        /** Empty also while the file is being written. */
        static Optional<PidFile> read(Path cluster) throws IOException {
            try {
                List<String> lines = Files.readAllLines(cluster.resolve(NAME), ISO_8859_1);
                String status = lines.size() < 8 ? "" : lines.get(7).strip();
                int port = lines.size() < 4 ? 0 : Integer.parseInt(lines.get(3).strip());
                return Optional.of(new PidFile(Long.parseLong(lines.getFirst().strip()), port, status));
            } catch (NoSuchFileException | NumberFormatException | NoSuchElementException e) {
                return Optional.empty();
            }
        }
    }

    private final Programs programs;
    private final Path cluster;
    private final Process process;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final Thread reader;
    private volatile boolean ready;

    Postmaster(Programs programs, Path cluster, Process process) {
        this.programs = programs;
        this.cluster = cluster;
        this.process = process;
        reader = Thread.ofPlatform().daemon().name("postgresql-log").start(this::copyLog);
    }

    private void copyLog() {
        try (BufferedReader lines = process.inputReader(UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (lastLines) {
                    lastLines.addLast(line);
                    if (lastLines.size() > 10) {
                        lastLines.removeFirst();
                    }
                }
                if (!ready) {
                    log.debug(line); // Starting and stopping are talkative.
                } else if (PROBLEM.matcher(line).find()) {
                    log.warn(line);
                } else {
                    log.info(line);
                }
            }
        } catch (IOException e) {
            log.debug("PostgreSQL's log ended", e);
        }
    }

    /**
     * Waits until it takes connections. A crash recovery may take minutes, and says that it is at work.
     *
     * @return false when it ended instead
     */
    boolean awaitReady() throws IOException, InterruptedException {
        long start = System.nanoTime();
        // Watching the file rather than connecting, because each refused connection would be a line in the log.
        while (!process.waitFor(10, MILLISECONDS)) {
            String status = PidFile.read(cluster)
                    .filter(file -> file.pid() == process.pid())
                    .map(PidFile::status)
                    .orElse("");
            if (status.equals("ready")) {
                ready = true;
                return true;
            }
            Duration limit = status.equals("starting") ? RECOVERY_LIMIT : SILENCE_LIMIT;
            if (System.nanoTime() - start > limit.toNanos()) {
                throw failure("was not ready after " + limit.toSeconds() + " seconds");
            }
        }
        return false;
    }

    EmbeddedPostgresException failure(String what) throws InterruptedException {
        reader.join(1_000); // What it wrote just before its end may still be on the way.
        synchronized (lastLines) {
            return new EmbeddedPostgresException("PostgreSQL on " + cluster + " (in KEYLEDGER_DATA_DIR) " + what
                    + ": put right what its last lines complain about: "
                    + String.join(" | ", lastLines));
        }
    }

    int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /** Stops it: cleanly, ending the clients' connections, if it can within 15 seconds. */
    void stop() {
        ready = false;
        try {
            for (String signal : List.of("INT", "QUIT")) {
                if (process.isAlive()) {
                    programs.signal(signal, process.pid());
                }
                if (process.waitFor(signal.equals("INT") ? 15 : 4, SECONDS)) {
                    return;
                }
                log.warn("PostgreSQL (process {}) does not stop on SIG{}", process.pid(), signal);
            }
        } catch (IOException e) {
            if (process.isAlive()) {
                log.warn("Could not stop PostgreSQL (process {}) cleanly: {}", process.pid(), e.getMessage());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
