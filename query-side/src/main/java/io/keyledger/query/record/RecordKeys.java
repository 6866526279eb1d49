package io.keyledger.query.record;

import com.google.crypto.tink.Aead;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The key that this database's checkpoints are signed with, made at its first use and the same on every node. */
public final class RecordKeys {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final JdbcClient jdbc;
    private final Aead sealing;

    /** @param sealing of the private key, with a key derived from the master key */
    public RecordKeys(JdbcClient jdbc, Aead sealing) {
        this.jdbc = jdbc;
        this.sealing = sealing;
    }

    SigningKey signing() {
        return read().orElseGet(() -> {
            make();
            return read().orElseThrow();
        });
    }

    /** Of the key that there is. Who was told of another one by somebody trusted must believe that other one. */
    public Optional<VerifierKey> verifier() {
        return jdbc.sql("select origin, public_key from state.log_key")
                .query((row, _) -> new VerifierKey(row.getString(1), row.getBytes(2)))
                .optional();
    }

    private Optional<SigningKey> read() {
        return jdbc.sql("select origin, public_key, private_key from state.log_key")
                .query((row, _) -> new SigningKey(
                        new VerifierKey(row.getString(1), row.getBytes(2)), open(row.getString(1), row.getBytes(3))))
                .optional();
    }

    /** Unless another node was faster. */
    private void make() {
        var random = new byte[8];
        RANDOM.nextBytes(random);
        var key = SigningKey.generate("keyledger/" + HexFormat.of().formatHex(random));
        var verifier = key.verifier();
        try {
            jdbc.sql("""
                insert into state.log_key (single, origin, public_key, private_key) values (true, ?, ?, ?)
                on conflict do nothing
                """)
                    .params(verifier.name(), verifier.key(), sealing.encrypt(key.seed(), context(verifier.name())))
                    .update();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key of the record cannot be sealed", e);
        }
    }

    private byte[] open(String origin, byte[] sealed) {
        try {
            return sealing.decrypt(sealed, context(origin));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(
                    "the key of the record, " + origin + ", does not open: it was sealed with another master key", e);
        }
    }

    private static byte[] context(String origin) {
        return origin.getBytes(StandardCharsets.UTF_8);
    }
}
