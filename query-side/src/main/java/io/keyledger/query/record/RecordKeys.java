package io.keyledger.query.record;

import com.google.crypto.tink.Aead;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The key that this database's checkpoints are signed with, made at its first use and the same on every node. Sealed with it
 * is what it signed last: without the master key nobody makes it forget that, short of putting back what was sealed before.
 */
public final class RecordKeys {

    private static final SecureRandom RANDOM = new SecureRandom();

    private static final int SEED_LENGTH = 32;

    private final JdbcClient jdbc;
    private final Aead sealing;

    /** @param sealing of the private key, with a key derived from the master key */
    public RecordKeys(JdbcClient jdbc, Aead sealing) {
        this.jdbc = jdbc;
        this.sealing = sealing;
    }

    /** @param last what it signed last; absent: nothing, or it was by a version that did not remember it */
    record Kept(SigningKey key, @Nullable Checkpoint last) {

        @Override
        public String toString() {
            return "Kept[" + key + "]";
        }
    }

    /**
     * The key, for whoever signs, and for nobody else until the end of the transaction.
     *
     * @throws RecordAltered when it is not what was kept
     */
    Kept lock() {
        return read("for update").orElseGet(() -> {
            make();
            return read("for update").orElseThrow();
        });
    }

    /**
     * Forgets what was signed, where an archive brought a key that had signed more than its events; in a transaction. Who
     * says that the archive is all there is signs that next.
     */
    public void forgetLast() {
        read("for update").ifPresent(kept -> keep(kept.key(), null));
    }

    /** Remembers what was signed; in the transaction that locked the key. */
    void keep(SigningKey key, @Nullable Checkpoint last) {
        jdbc.sql("update state.log_key set private_key = ?")
                .param(seal(key, last))
                .update();
    }

    /**
     * What the key signed last. Empty: nothing, or by a version that did not remember it.
     *
     * @throws RecordAltered when the key is not what was kept
     */
    Optional<Checkpoint> last() {
        return read("").map(Kept::last);
    }

    /** Of the key that there is. Who was told of another one by somebody trusted must believe that other one. */
    public Optional<VerifierKey> verifier() {
        return jdbc.sql("select origin, public_key from state.log_key")
                .query((row, _) -> new VerifierKey(row.getString(1), row.getBytes(2)))
                .optional();
    }

    private Optional<Kept> read(String lock) {
        return jdbc.sql("select origin, public_key, private_key from state.log_key " + lock)
                .query((row, _) -> open(row.getString(1), row.getBytes(2), row.getBytes(3)))
                .optional();
    }

    /** Unless another node was faster. */
    private void make() {
        var random = new byte[8];
        RANDOM.nextBytes(random);
        var key = SigningKey.generate("keyledger/" + HexFormat.of().formatHex(random));
        var verifier = key.verifier();
        jdbc.sql("""
            insert into state.log_key (single, origin, public_key, private_key) values (true, ?, ?, ?)
            on conflict do nothing
            """).params(verifier.name(), verifier.key(), seal(key, null)).update();
    }

    private byte[] seal(SigningKey key, @Nullable Checkpoint last) {
        var seed = key.seed();
        var kept = last == null
                ? seed
                : ByteBuffer.allocate(SEED_LENGTH + Long.BYTES + Hash.LENGTH)
                        .put(seed)
                        .putLong(last.size())
                        .put(last.root().bytes())
                        .array();
        try {
            return sealing.encrypt(kept, context(key.verifier().name()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key of the record cannot be sealed", e);
        }
    }

    private Kept open(String origin, byte[] publicKey, byte[] sealed) {
        try {
            var kept = ByteBuffer.wrap(sealing.decrypt(sealed, context(origin)));
            var seed = new byte[SEED_LENGTH];
            kept.get(seed);
            var key = new SigningKey(new VerifierKey(origin, publicKey), seed);
            if (!kept.hasRemaining()) {
                return new Kept(key, null);
            }
            var size = kept.getLong();
            var root = new byte[Hash.LENGTH];
            kept.get(root);
            return new Kept(key, new Checkpoint(origin, size, Hash.of(root)));
        } catch (GeneralSecurityException e) {
            throw new RecordAltered(
                    "The key of the record, " + origin
                            + ", does not open: it was sealed with another master key, or altered.",
                    e);
        } catch (IllegalArgumentException e) {
            throw new RecordAltered(
                    "The public key of the record, " + origin + ", is not that of its sealed private key: it was"
                            + " replaced.",
                    e);
        }
    }

    private static byte[] context(String origin) {
        return origin.getBytes(StandardCharsets.UTF_8);
    }
}
