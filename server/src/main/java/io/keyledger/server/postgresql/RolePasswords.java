package io.keyledger.server.postgresql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The passwords of the two roles that log in; each is in a file of its own that only the server's account can read.
 * The superuser has none, so nobody logs in as that.
 */
record RolePasswords(String owner, String server) {

    private static final String OWNER_FILE = "postgresql-owner-password";
    private static final String SERVER_FILE = "postgresql-password";

    static RolePasswords random() {
        return new RolePasswords(randomPassword(), randomPassword());
    }

    /** The passwords kept in the directory, or null when they are not, or not both, there. */
    static @Nullable RolePasswords read(DataDirectory directory) throws IOException {
        return read(directory.path());
    }

    static @Nullable RolePasswords read(Path directory) throws IOException {
        Path owner = directory.resolve(OWNER_FILE);
        Path server = directory.resolve(SERVER_FILE);
        if (!Files.exists(owner) || !Files.exists(server)) {
            return null;
        }
        return new RolePasswords(
                Files.readString(owner).strip(), Files.readString(server).strip());
    }

    void write(DataDirectory directory) throws IOException {
        directory.writePrivate(OWNER_FILE, owner + "\n");
        directory.writePrivate(SERVER_FILE, server + "\n");
    }

    private static String randomPassword() {
        byte[] bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public String toString() {
        return "RolePasswords[***]";
    }
}
