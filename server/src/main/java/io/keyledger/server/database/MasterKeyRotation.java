package io.keyledger.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.crypto.tink.Aead;
import io.keyledger.server.database.MasterKeys.Fingerprints;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Changes the master key while servers run: says in the database that the new key seals from now on, then seals again,
 * some at a time, what the old one has sealed. What was cut short goes on where it is called again.
 */
public final class MasterKeyRotation {

    private static final int AT_ONCE = 500;

    private final DataSource database;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final MasterKeys keys;
    private final @Nullable Path directory;

    /** @param directory that holds the keys; absent: they are configured */
    public MasterKeyRotation(DataSource database, MasterKeys keys, @Nullable Path directory) {
        this.database = database;
        this.jdbc = JdbcClient.create(database);
        this.transaction = new TransactionTemplate(new AcknowledgedCommits(database));
        this.keys = keys;
        this.directory = directory;
    }

    /** Told how far it is. */
    public interface Progress {

        void begin(long total);

        /** @throws InterruptedException to stop, in order */
        void advance(long values) throws InterruptedException;
    }

    /**
     * What came of it.
     *
     * @param rotated whether the key was changed, now or by finishing what was begun; otherwise it was the configured
     *     one already
     * @param resealed how many values were sealed again
     */
    public record Outcome(boolean rotated, long resealed) {}

    /** @throws NotRotated when it cannot be done, with a sentence that says why */
    public Outcome run(Progress progress) throws InterruptedException {
        try (var connection = database.getConnection()) {
            if (!lock(connection)) {
                throw new NotRotated("The master key is being rotated by another command: wait until it has ended.");
            }
            try {
                return rotate(progress);
            } finally {
                unlock(connection);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Outcome rotate(Progress progress) throws InterruptedException {
        keys.reload();
        var found = Objects.requireNonNull(Fingerprints.read(jdbc));
        if (found.previous() == null) {
            if (keys.configured().fingerprint().equals(found.present())) {
                if (directory == null) {
                    return new Outcome(false, 0);
                }
                MasterKey.renew(directory);
                keys.reload();
            }
            begin(found.present(), keys.configured().fingerprint());
            found = new Fingerprints(keys.configured().fingerprint(), found.present());
        }
        var present = require(found.present());
        var previous = require(Objects.requireNonNull(found.previous()));
        keys.require(jdbc);
        progress.begin(count());
        var resealed = 0L;
        for (var sealed : Sealed.ALL) {
            resealed += reseal(sealed, present, previous, progress);
        }
        // As all that was sealed before: who has acknowledged this has that, too.
        transaction.executeWithoutResult(_ -> jdbc.sql("update state.master_key set previous_fingerprint = null")
                .update());
        return new Outcome(true, resealed);
    }

    private MasterKey require(String fingerprint) {
        var key = keys.find(fingerprint);
        if (key == null) {
            throw new NotRotated("A key that the database names is not known here: give both the new master key and the"
                    + " one before (KEYLEDGER_MASTER_KEY, KEYLEDGER_PREVIOUSMASTERKEY).");
        }
        return key;
    }

    /** Waits for those who are sealing by the old key; who seals later does it by the new one. */
    private void begin(String from, String to) {
        var changed = jdbc.sql("""
            update state.master_key set fingerprint = :to, previous_fingerprint = :from where fingerprint = :from\
            """).param("to", to).param("from", from).update();
        if (changed != 1) {
            throw new NotRotated("The master key was changed meanwhile: try again.");
        }
    }

    private long count() {
        var total = 0L;
        for (var sealed : Sealed.ALL) {
            total += jdbc.sql("select count(*) from %s where %s is not null".formatted(sealed.table(), sealed.column()))
                    .query(Long.class)
                    .single();
        }
        return total;
    }

    private long reseal(Sealed sealed, MasterKey present, MasterKey previous, Progress progress)
            throws InterruptedException {
        var to = MasterKeys.aead(present, sealed.purpose());
        var from = MasterKeys.aead(previous, sealed.purpose());
        var resealed = 0L;
        var last = "";
        while (true) {
            var after = last;
            var batch = Objects.requireNonNull(transaction.execute(_ -> reseal(sealed, after, to, from)));
            resealed += batch.resealed();
            progress.advance(batch.seen());
            if (batch.seen() < AT_ONCE) {
                return resealed;
            }
            last = batch.last();
        }
    }

    private record Batch(int seen, int resealed, String last) {}

    private Batch reseal(Sealed sealed, String after, Aead to, Aead from) {
        var keys = new ArrayList<String>();
        var changed = new LinkedHashMap<String, byte[]>();
        jdbc.sql("""
            select %1$s, %2$s from %3$s where %1$s > ? and %2$s is not null order by %1$s limit %4$d for update\
            """.formatted(sealed.key(), sealed.column(), sealed.table(), AT_ONCE))
                .param(after)
                .query(row -> {
                    var key = row.getString(1);
                    keys.add(key);
                    var bytes = reseal(sealed, key, row.getBytes(2), to, from);
                    if (bytes != null) {
                        changed.put(key, bytes);
                    }
                });
        if (!changed.isEmpty()) {
            jdbc.sql("""
                update %3$s set %2$s = changed.value from unnest(?::text[], ?::bytea[]) as changed (key, value)
                where %1$s = changed.key\
                """.formatted(sealed.key(), sealed.column(), sealed.table()))
                    .param(changed.keySet().toArray(String[]::new))
                    .param(changed.values().toArray(byte[][]::new))
                    .update();
        }
        return new Batch(keys.size(), changed.size(), keys.isEmpty() ? after : keys.getLast());
    }

    /** @return null when the new key has sealed it */
    private static byte @Nullable [] reseal(Sealed sealed, String key, byte[] value, Aead to, Aead from) {
        var bound = sealed.associatedData().apply(key).getBytes(UTF_8);
        try {
            to.decrypt(value, bound);
            return null;
        } catch (GeneralSecurityException notTheNewKeys) {
            try {
                return to.encrypt(from.decrypt(value, bound), bound);
            } catch (GeneralSecurityException e) {
                throw new NotRotated(("The %s of %s in %s opens under neither key: it was altered, or comes from"
                                + " another database. What was done stays; mend it, and run this again.")
                        .formatted(sealed.column(), key, sealed.table()));
            }
        }
    }

    private static boolean lock(Connection connection) throws SQLException {
        return ask(connection, "select pg_try_advisory_lock(hashtext('keyledger.master-key-rotation'))");
    }

    private static void unlock(Connection connection) throws SQLException {
        ask(connection, "select pg_advisory_unlock(hashtext('keyledger.master-key-rotation'))");
    }

    private static boolean ask(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    /** Why it was not done, in a sentence for whoever runs the server. */
    public static final class NotRotated extends RuntimeException {

        NotRotated(String sentence) {
            super(sentence, null, false, false);
        }
    }
}
