package io.keyledger.server.database;

import com.google.crypto.tink.Aead;
import io.keyledger.server.settings.ConfigurationMistake;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The master key, and the one before it while it is being replaced. The database says by which one to seal, so that all
 * nodes, which are given the new one at different times, do the same; what either has sealed opens.
 */
public final class MasterKeys {

    private static final String PREVIOUS = "keyledger.previous-master-key (KEYLEDGER_PREVIOUSMASTERKEY)";

    private final Supplier<List<MasterKey>> source;

    /** The one that the database seals by comes first. */
    private volatile List<MasterKey> known;

    private MasterKeys(Supplier<List<MasterKey>> source) {
        this.source = source;
        this.known = source.get();
    }

    /** As configured; the same on every node. */
    public static MasterKeys of(MasterKey present, @Nullable MasterKey previous) {
        var keys = Stream.of(Optional.of(present), Optional.ofNullable(previous))
                .flatMap(Optional::stream)
                .toList();
        return new MasterKeys(() -> keys);
    }

    /** Those of a data directory, which are read again when something does not open: a command may have made a new one. */
    public static MasterKeys inDirectory(Path dataDir) {
        return new MasterKeys(() -> Stream.concat(
                        Stream.of(MasterKey.inDirectory(dataDir)), MasterKey.previousInDirectory(dataDir).stream())
                .toList());
    }

    /** The present one, by what is configured. */
    public MasterKey configured() {
        return source.get().getFirst();
    }

    /** Looks at the settings, or into the directory, again. */
    void reload() {
        var first = known.getFirst().fingerprint();
        known = source.get();
        putFirst(first);
    }

    /**
     * Sees to it that the database was made with this key, and makes a new one so.
     *
     * @throws ConfigurationMistake when it was made with another
     */
    public void claim(JdbcClient jdbc) {
        jdbc.sql("insert into state.master_key (single, fingerprint) values (true, ?) on conflict do nothing")
                .param(configured().fingerprint())
                .update();
        require(jdbc);
    }

    /**
     * Sees to it that all that is sealed can be opened, and seals by the database's key from then on. To be called now
     * and then.
     *
     * @throws ConfigurationMistake when the database's key is not among the known ones
     */
    public void require(JdbcClient jdbc) {
        var wanted = Fingerprints.read(jdbc);
        if (wanted == null || !putFirst(wanted.present())) {
            throw new ConfigurationMistake(
                    "keyledger.master-key (KEYLEDGER_MASTER_KEY) is not the key that this database was made with.",
                    "Give the original key; without it personal data and sessions cannot be read.");
        }
        if (wanted.previous() != null && find(wanted.previous()) == null) {
            throw new ConfigurationMistake(
                    PREVIOUS + " is not the key that the master key is being changed from.",
                    "Give that key too, and run: keyledger key rotate");
        }
    }

    /** Which keys the database says there are. */
    record Fingerprints(String present, @Nullable String previous) {

        static @Nullable Fingerprints read(JdbcClient jdbc) {
            return jdbc.sql("select fingerprint, previous_fingerprint from state.master_key")
                    .query((row, _) -> new Fingerprints(row.getString(1), row.getString(2)))
                    .optional()
                    .orElse(null);
        }
    }

    private boolean putFirst(String fingerprint) {
        var first = find(fingerprint);
        if (first == null) {
            known = source.get();
            first = find(fingerprint);
        }
        if (first == null) {
            return false;
        }
        if (known.getFirst() != first) {
            var ordered = new ArrayList<>(known);
            ordered.remove(first);
            ordered.addFirst(first);
            known = List.copyOf(ordered);
        }
        return true;
    }

    @Nullable
    MasterKey find(String fingerprint) {
        return known.stream()
                .filter(key -> key.fingerprint().equals(fingerprint))
                .findFirst()
                .orElse(null);
    }

    /** The one to seal and to sign with, then another whose seals and signatures still count. */
    public List<MasterKey> all() {
        return known;
    }

    /** For what is not kept. */
    public Aead passing(String purpose) {
        return new ByAll(purpose, () -> known.getFirst());
    }

    /**
     * For what is kept in the database, and listed in {@link Sealed}. Sealing belongs into the transaction that writes:
     * the key cannot be changed before its end.
     */
    public Aead keeping(String purpose, JdbcOperations jdbc) {
        return new ByAll(purpose, () -> {
            var wanted = jdbc.queryForObject("select fingerprint from state.master_key for share", String.class);
            if (wanted == null || !putFirst(wanted)) {
                throw new IllegalStateException("the database's master key is not known here");
            }
            return known.getFirst();
        });
    }

    /** Seals by one key, and opens by any. */
    private final class ByAll implements Aead {

        private final String purpose;
        private final Supplier<MasterKey> sealing;
        private final Map<String, Aead> derived = new ConcurrentHashMap<>();

        ByAll(String purpose, Supplier<MasterKey> sealing) {
            this.purpose = purpose;
            this.sealing = sealing;
        }

        private Aead by(MasterKey key) {
            return derived.computeIfAbsent(key.fingerprint(), _ -> aead(key, purpose));
        }

        @Override
        public byte[] encrypt(byte[] plaintext, byte[] associatedData) throws GeneralSecurityException {
            return by(sealing.get()).encrypt(plaintext, associatedData);
        }

        @Override
        public byte[] decrypt(byte[] ciphertext, byte[] associatedData) throws GeneralSecurityException {
            var tried = known;
            try {
                return decrypt(tried, ciphertext, associatedData);
            } catch (GeneralSecurityException e) {
                reload();
                if (known.stream()
                        .map(MasterKey::fingerprint)
                        .toList()
                        .equals(tried.stream().map(MasterKey::fingerprint).toList())) {
                    throw e;
                }
                return decrypt(known, ciphertext, associatedData);
            }
        }

        private byte[] decrypt(List<MasterKey> keys, byte[] ciphertext, byte[] associatedData)
                throws GeneralSecurityException {
            GeneralSecurityException failure = null;
            for (var key : keys) {
                try {
                    return by(key).decrypt(ciphertext, associatedData);
                } catch (GeneralSecurityException e) {
                    failure = e;
                }
            }
            throw failure != null ? failure : new GeneralSecurityException("there is no master key");
        }
    }

    static Aead aead(MasterKey key, String purpose) {
        return new AesGcm(key.derive(purpose));
    }

    @Override
    public String toString() {
        return "MasterKeys[***]";
    }
}
