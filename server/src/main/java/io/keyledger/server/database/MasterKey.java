package io.keyledger.server.database;

import io.keyledger.server.settings.ConfigurationMistake;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The one secret outside the database. Keys for each purpose are derived from it (HKDF, RFC 5869), so that a dump of the
 * database alone holds nothing that works: no personal data, no session cookie, no email address behind a throttle.
 */
public final class MasterKey {

    private static final int LENGTH = 32;

    private final SecretKey key;

    private MasterKey(byte[] bytes) {
        key = new SecretKeySpec(bytes, "HKDF-SHA256");
    }

    /** @param base64 of 32 bytes, as configured */
    public static MasterKey of(String base64) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64.strip());
        } catch (IllegalArgumentException e) {
            throw mistake("is not base64");
        }
        if (bytes.length != LENGTH) {
            throw mistake("holds " + bytes.length + " bytes");
        }
        return new MasterKey(bytes);
    }

    private static ConfigurationMistake mistake(String fact) {
        return new ConfigurationMistake(
                "keyledger.master-key (KEYLEDGER_MASTER_KEY) " + fact + ".",
                "Give base64 of 32 random bytes, made for example by: openssl rand -base64 32");
    }

    /** The key of a data directory, made at its first use (mode 0600). */
    public static MasterKey inDirectory(Path dataDir) {
        var file = dataDir.resolve("master-key");
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(dataDir);
                var bytes = new byte[LENGTH];
                new SecureRandom().nextBytes(bytes);
                var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
                var unfinished = Files.createTempFile(dataDir, "master-key", ".new", ownerOnly);
                Files.writeString(unfinished, Base64.getEncoder().encodeToString(bytes) + "\n");
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return of(Files.readString(file, StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new ConfigurationMistake(
                    "The master key in " + file + " can't be read or made: " + e.getMessage(),
                    "Make keyledger.data-dir (KEYLEDGER_DATA_DIR) a directory that this user may write to.");
        }
    }

    /** 32 bytes for one purpose; another purpose's tell nothing about them. */
    public byte[] derive(String purpose) {
        try {
            var parameters = HKDFParameterSpec.ofExtract()
                    .addIKM(key)
                    .thenExpand(purpose.getBytes(StandardCharsets.UTF_8), LENGTH);
            return KDF.getInstance("HKDF-SHA256").deriveData(parameters);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A key for HMAC-SHA256 for one purpose. */
    public SecretKey deriveHmacKey(String purpose) {
        return new SecretKeySpec(derive(purpose), "HmacSHA256");
    }

    /** Tells keys apart without telling anything about them. */
    public String fingerprint() {
        return Base64.getEncoder().encodeToString(derive("fingerprint"));
    }

    /**
     * Sees to it that the database was made with this key, and makes a new one so.
     *
     * @throws ConfigurationMistake when it was made with another
     */
    public void claim(JdbcClient jdbc) {
        jdbc.sql("insert into state.master_key (single, fingerprint) values (true, ?) on conflict do nothing")
                .param(fingerprint())
                .update();
        require(jdbc);
    }

    /** @throws ConfigurationMistake when the database was made with another key */
    public void require(JdbcClient jdbc) {
        var known = jdbc.sql("select fingerprint from state.master_key")
                .query(String.class)
                .optional();
        if (!known.equals(Optional.of(fingerprint()))) {
            throw new ConfigurationMistake(
                    "keyledger.master-key (KEYLEDGER_MASTER_KEY) is not the key that this database was made with.",
                    "Give the original key; without it personal data and sessions cannot be read.");
        }
    }

    @Override
    public String toString() {
        return "MasterKey[***]";
    }
}
