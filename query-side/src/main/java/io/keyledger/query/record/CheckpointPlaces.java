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
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Sends checkpoints to where who could alter the database cannot alter them: a file, an address, or both. Each one, in
 * their order, until it has arrived; a place that is away gets them when it is back.
 *
 * <p>The file also tells what the database cannot: that the log had come further than it knows, because a backup was put
 * back. Then nobody is authenticated, as in every database that was restored.
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
    private final RestoreMark mark;
    private final TransactionTemplate transactions;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    private @Nullable SignedNote inFile;
    private boolean looked;

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
        this.mark = new RestoreMark(JdbcClient.create(dataSource));
        this.transactions = new TransactionTemplate(transactionManager);
    }

    /**
     * Adds to the file what is new.
     *
     * @throws IOException when it cannot be read or written
     * @throws IllegalArgumentException when it holds something else than checkpoints
     */
    public void write() throws IOException {
        if (file == null || refuseAnOlderState()) {
            return;
        }
        for (var note : checkpoints.after(sizeInFile(), AT_ONCE)) {
            // With an empty line between two, which a note cannot begin with.
            Files.writeString(
                    file, note + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            inFile = note;
        }
    }

    /** What the file has of this log: after a restore that revoked all tokens, it is another one than before. */
    private long sizeInFile() {
        var last = inFile;
        var newest = checkpoints.newest();
        if (last == null || newest.isEmpty()) {
            return -1;
        }
        var checkpoint = Checkpoint.parse(last.text());
        return checkpoint.origin().equals(Checkpoint.parse(newest.get().text()).origin()) ? checkpoint.size() : -1;
    }

    /**
     * Authenticates nobody from now on, on no node, if the log does not begin with the last checkpoint in the file: an older
     * state of the database was put back without telling, or it was altered. Revoked tokens would be accepted again.
     *
     * @return whether nobody is authenticated, for this reason or another
     */
    public boolean refuseAnOlderState() throws IOException {
        if (mark.isSet()) {
            return true;
        }
        var lost = lost();
        if (lost.isEmpty()) {
            return false;
        }
        mark.set();
        LOG.error(
                "The log does not begin with the {} events of the last checkpoint in {}: an older state of the database"
                        + " was put back, or it was altered. Nobody is authenticated until \"keyledger restore\" has"
                        + " closed the gap; see docs/backup.md",
                lost.get().size(),
                file);
        return true;
    }

    /** The last checkpoint in the file, unless the log begins with what it is of, or it is none of this log's. */
    public Optional<Checkpoint> lost() throws IOException {
        if (file != null && !looked) {
            inFile = lastIn(file);
            looked = true;
            if (inFile != null && checkpoints.beginsWith(inFile).isEmpty()) {
                LOG.warn(
                        "The last checkpoint in {} is not signed by the key of this database's log, and says nothing"
                                + " about it: it is of another log, or was altered",
                        file);
            }
        }
        return Optional.ofNullable(inFile)
                .filter(last -> !checkpoints.beginsWith(last).orElse(true))
                .map(last -> Checkpoint.parse(last.text()));
    }

    private static @Nullable SignedNote lastIn(Path file) throws IOException {
        var notes = Files.exists(file) ? SignedNote.parseAll(Files.readString(file)) : List.<SignedNote>of();
        notes.forEach(note -> Checkpoint.parse(note.text()));
        return notes.isEmpty() ? null : notes.getLast();
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
