package io.keyledger.server.postgresql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The server's data directory, held by one server at a time through a lock on its file {@code lock}. The system
 * drops the lock when the process ends, however it ends; so whoever holds it knows that any earlier owner is dead.
 */
final class DataDirectory implements AutoCloseable {

    static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY = mode("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE = mode("rw-------");

    /**
     * The directories held by this process. Asked before the lock file is opened, because closing any channel on a
     * file gives up the locks that the whole process has on it.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;

    private DataDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Creates the directory where it is missing, and locks it. */
    static DataDirectory hold(Path directory) {
        try {
            Path absolute = directory.toAbsolutePath();
            if (!Files.isDirectory(absolute)) {
                Path parent = absolute.getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.createDirectory(absolute, PRIVATE_DIRECTORY);
            }
            Path path = absolute.toRealPath();
            if (!HELD.add(path)) {
                throw inUse(path, String.valueOf(ProcessHandle.current().pid()));
            }
            try {
                return new DataDirectory(path, lock(path));
            } catch (IOException | RuntimeException e) {
                HELD.remove(path);
                throw e;
            }
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    private static FileChannel lock(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path.resolve("lock"), Set.of(CREATE, READ, WRITE), PRIVATE_FILE);
        try {
            if (channel.tryLock() == null) {
                ByteBuffer pid = ByteBuffer.allocate(20);
                channel.read(pid, 0);
                throw inUse(path, UTF_8.decode(pid.flip()).toString().strip());
            }
            channel.truncate(0);
            channel.write(UTF_8.encode(ProcessHandle.current().pid() + "\n"), 0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static EmbeddedPostgresException inUse(Path path, String pid) {
        return new EmbeddedPostgresException("The data directory " + path + " is in use by another Keyledger server"
                + " (process " + pid + "): stop that one first, or set KEYLEDGER_DATA_DIR to a directory of its own.");
    }

    private static EmbeddedPostgresException unusable(Path path, IOException e) {
        String reason = switch (e) {
            case AccessDeniedException denied -> "access denied: " + denied.getMessage();
            case FileAlreadyExistsException file -> "not a directory: " + file.getMessage();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
        return new EmbeddedPostgresException(
                "The data directory " + path + " cannot be used (" + reason + "): give the server's account a directory"
                        + " that it may write to and run programs from, on a disk with room, or set KEYLEDGER_DATA_DIR"
                        + " to another.",
                e);
    }

    /** What to tell the operator when something in the directory could not be read, written or run. */
    EmbeddedPostgresException unusable(IOException e) {
        return unusable(path, e);
    }

    Path path() {
        return path;
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    /** Writes a file that only the server's account can read; after a crash it is there whole, or not at all. */
    void writePrivate(String name, String content) throws IOException {
        Path unfinished = resolve(name + ".new");
        Files.deleteIfExists(unfinished);
        try (FileChannel channel = FileChannel.open(unfinished, Set.of(CREATE_NEW, WRITE), PRIVATE_FILE)) {
            channel.write(UTF_8.encode(content));
            channel.force(true);
        }
        rename(unfinished, resolve(name));
    }

    /** Gives something finished its name, in one step that outlives a power cut. */
    void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel parent = FileChannel.open(path, READ)) {
            parent.force(true);
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw unusable(e);
        } finally {
            HELD.remove(path);
        }
    }

    private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }
}
