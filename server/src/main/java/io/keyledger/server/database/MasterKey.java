package io.keyledger.server.database;

import io.keyledger.server.settings.ConfigurationMistake;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The one secret outside the database. Keys for each purpose are derived from it (HKDF, RFC 5869), so that a dump of the
 * database alone holds nothing that works: no personal data, no session cookie, no email address behind a throttle.
 */
public final class MasterKey {

    static final String FILE = "master-key";
    static final String PREVIOUS_FILE = "master-key.previous";

    private static final int LENGTH = 32;

    private final SecretKey key;
    /** Each request asks for some. */
    private final Map<String, SecretKey> hmacKeys = new ConcurrentHashMap<>();

    private final String fingerprint;

    private MasterKey(byte[] bytes) {
        key = new SecretKeySpec(bytes, "HKDF-SHA256");
        fingerprint = Base64.getEncoder().encodeToString(derive("fingerprint"));
    }

    /** @param base64 of 32 bytes, as configured */
    public static MasterKey of(String base64) {
        return of(base64, "keyledger.master-key (KEYLEDGER_MASTER_KEY)");
    }

    /** @param base64 of 32 bytes, as configured */
    static MasterKey ofPrevious(String base64) {
        return of(base64, "keyledger.previous-master-key (KEYLEDGER_PREVIOUSMASTERKEY)");
    }

    private static MasterKey of(String base64, String setting) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64.strip());
        } catch (IllegalArgumentException e) {
            throw mistake(setting, "is not base64");
        }
        if (bytes.length != LENGTH) {
            throw mistake(setting, "holds " + bytes.length + " bytes");
        }
        return new MasterKey(bytes);
    }

    private static ConfigurationMistake mistake(String setting, String fact) {
        return new ConfigurationMistake(
                setting + " " + fact + ".",
                "Give base64 of 32 random bytes, made for example by: openssl rand -base64 32");
    }

    /** The key of a data directory, made at its first use (mode 0600). */
    public static MasterKey inDirectory(Path dataDir) {
        var file = dataDir.resolve(FILE);
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(dataDir);
                write(dataDir, FILE, random());
            }
            return of(Files.readString(file, StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new ConfigurationMistake(
                    "The master key in " + file + " can't be read or made: " + e.getMessage(),
                    "Make keyledger.data-dir (KEYLEDGER_DATA_DIR) a directory that this user may write to.");
        }
    }

    /** The one before it, where there was one. */
    static Optional<MasterKey> previousInDirectory(Path dataDir) {
        try {
            return Optional.of(of(Files.readString(dataDir.resolve(PREVIOUS_FILE), StandardCharsets.US_ASCII)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new ConfigurationMistake(
                    "The master key in " + dataDir.resolve(PREVIOUS_FILE) + " can't be read: " + e.getMessage(),
                    "Make it readable for this user.");
        }
    }

    /** Makes a new key the directory's. Whatever happens meanwhile, both are there, or the old one alone. */
    static void renew(Path dataDir) {
        try {
            var present = of(Files.readString(dataDir.resolve(FILE), StandardCharsets.US_ASCII));
            write(dataDir, PREVIOUS_FILE, present.bytes());
            write(dataDir, FILE, random());
        } catch (IOException e) {
            throw new ConfigurationMistake(
                    "The master key in " + dataDir + " can't be renewed: " + e.getMessage(),
                    "Make it a directory that this user may write to.");
        }
    }

    private static byte[] random() {
        var bytes = new byte[LENGTH];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    private byte[] bytes() {
        return key.getEncoded();
    }

    /** For whoever owns the directory, who need not be the one who runs a command; after a crash whole or not at all. */
    private static void write(Path dataDir, String name, byte[] bytes) throws IOException {
        var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        var unfinished = Files.createTempFile(dataDir, name, ".new", ownerOnly);
        try (var channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
            channel.write(StandardCharsets.US_ASCII.encode(Base64.getEncoder().encodeToString(bytes) + "\n"));
            channel.force(true);
        }
        if (Files.exists(dataDir.resolve(FILE))) {
            var owner = Files.getOwner(dataDir.resolve(FILE));
            if (!owner.equals(Files.getOwner(unfinished))) {
                Files.setOwner(unfinished, owner);
            }
        }
        Files.move(unfinished, dataDir.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        try (var directory = FileChannel.open(dataDir, StandardOpenOption.READ)) {
            directory.force(true);
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
        return hmacKeys.computeIfAbsent(purpose, _ -> new SecretKeySpec(derive(purpose), "HmacSHA256"));
    }

    /** Tells keys apart without telling anything about them. */
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public String toString() {
        return "MasterKey[***]";
    }
}
