package io.keyledger.query.record;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Sends checkpoints to where who could alter the database cannot alter them: a file, an address, or both. Each one, in
 * their order, until it has arrived; a place that is away gets them when it is back.
 */
public final class CheckpointPlaces {

    private static final Logger LOG = LoggerFactory.getLogger(CheckpointPlaces.class);

    private static final long LOCK = 7_266_014L;
    private static final int AT_ONCE = 100;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final @Nullable Path file;
    private final @Nullable URI url;
    private final Checkpoints checkpoints;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    /** The size of the last checkpoint in the file; absent: not looked yet. */
    private @Nullable Long inFile;

    private boolean older;

    /**
     * @param file of this node, to which each checkpoint is added; absent: none
     * @param url to which one of the nodes posts each checkpoint; absent: none
     */
    public CheckpointPlaces(
            @Nullable Path file,
            @Nullable URI url,
            Checkpoints checkpoints,
            DataSource dataSource,
            PlatformTransactionManager transactionManager) {
        this.file = file;
        this.url = url;
        this.checkpoints = checkpoints;
        this.jdbc = new JdbcTemplate(dataSource);
        this.transactions = new TransactionTemplate(transactionManager);
    }

    /** Adds to the file what is new. */
    public void write() throws IOException {
        if (file == null) {
            return;
        }
        if (inFile == null) {
            inFile = lastIn(file);
        }
        warnOfAnOlderState(inFile);
        for (var note : checkpoints.after(inFile, AT_ONCE)) {
            // With an empty line between two, which a note cannot begin with.
            Files.writeString(
                    file, note + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            inFile = Checkpoint.parse(note.text()).size();
        }
    }

    private static long lastIn(Path file) throws IOException {
        if (!Files.exists(file)) {
            return -1;
        }
        var notes = SignedNote.parseAll(Files.readString(file));
        return notes.isEmpty() ? -1 : Checkpoint.parse(notes.getLast().text()).size();
    }

    /** Once. Whoever has put back an older database may not have meant to. */
    private void warnOfAnOlderState(long known) {
        var newest =
                checkpoints.newest().map(note -> Checkpoint.parse(note.text()).size());
        var isOlder = newest.isPresent() && newest.get() < known;
        if (isOlder && !older) {
            LOG.error(
                    "The record ends before the last checkpoint in {}: at {}, not {}. The database is an older state,"
                            + " or was cut off; see docs/record.md",
                    file,
                    newest.get(),
                    known);
        }
        older = isOlder;
    }

    /** Posts what is new, unless another node is at it. */
    public void post() {
        if (url == null) {
            return;
        }
        var place = digest(url.toString());
        transactions.executeWithoutResult(_ -> {
            if (!Boolean.TRUE.equals(jdbc.queryForObject("select pg_try_advisory_xact_lock(?)", Boolean.class, LOCK))) {
                return;
            }
            long arrived =
                    jdbc
                            .queryForList("select size from state.checkpoint_place where place = ?", Long.class, place)
                            .stream()
                            .findFirst()
                            .orElse(-1L);
            var last = arrived;
            try {
                for (var note : checkpoints.after(arrived, AT_ONCE)) {
                    post(url, note);
                    last = Checkpoint.parse(note.text()).size();
                }
            } catch (IOException e) {
                LOG.warn("A checkpoint did not arrive at {}, will be sent again: {}", url.getHost(), e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (last != arrived) {
                jdbc.update("""
                    insert into state.checkpoint_place (place, size) values (?, ?)
                    on conflict (place) do update set size = excluded.size
                    """, place, last);
            }
        });
    }

    private void post(URI to, SignedNote note) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(to)
                .timeout(TIMEOUT)
                .header("Content-Type", "text/plain; charset=utf-8")
                .POST(BodyPublishers.ofString(note.toString()))
                .build();
        var status = http.send(request, BodyHandlers.discarding()).statusCode();
        if (status / 100 != 2) {
            throw new IOException("it answered " + status);
        }
    }

    private static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
