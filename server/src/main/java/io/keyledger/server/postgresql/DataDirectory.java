package io.keyledger.server.postgresql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The server's data directory, held by one server at a time through a lock on its file {@code lock}. The system
 * drops the lock when the process ends, however it ends; so whoever holds it knows that any earlier owner is dead.
 */
final class DataDirectory implements AutoCloseable {

    private static final String LOCK = "lock";

    /** Most end in seconds; a server is restarted by its supervisor meanwhile, and should not fail at once. */
    private static final Duration COMMANDS_TAKE = Duration.ofSeconds(60);

    static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY = mode("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE = mode("rw-------");

    /**
     * The directories held by this process, and as what. Asked before the lock file is opened, because closing any
     * channel on a file gives up the locks that the whole process has on it.
     */
    private static final Map<Path, Holder> HELD = new ConcurrentHashMap<>();

    private final Path path;
    private final FileChannel lock;

    private DataDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Who holds a directory, as its lock file tells. */
    record Holder(String pid, boolean command) {

        private static final String COMMAND = "command";

        static Holder of(Path directory) throws IOException {
            Holder ours = HELD.get(directory);
            if (ours != null) {
                return ours;
            }
            try {
                List<String> lines = Files.readAllLines(directory.resolve(LOCK), UTF_8);
                return new Holder(
                        lines.isEmpty() ? "" : lines.getFirst().strip(),
                        lines.size() > 1 && lines.get(1).equals(COMMAND));
            } catch (NoSuchFileException e) {
                return new Holder("", false);
            }
        }

        static Holder thisProcess(boolean command) {
            return new Holder(String.valueOf(ProcessHandle.current().pid()), command);
        }

        String text() {
            return pid + "\n" + (command ? COMMAND + "\n" : "");
        }
    }

    /** Creates the directory where it is missing, and locks it for a server, which waits for a command to end. */
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
            long start = System.nanoTime();
            while (true) {
                DataDirectory held = tryHold(directory, false);
                if (held != null) {
                    return held;
                }
                if (!Holder.of(directory.toRealPath()).command()
                        || System.nanoTime() - start > COMMANDS_TAKE.toNanos()) {
                    throw inUse(directory);
                }
                Thread.sleep(100);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("Interrupted while waiting for " + directory + ".", e);
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    /**
     * Locks a directory that is there.
     *
     * @param command whether a command does it, and no server
     * @return null while somebody else holds it
     */
    static @Nullable DataDirectory tryHold(Path directory, boolean command) {
        try {
            Path path = directory.toRealPath();
            Holder holder = Holder.thisProcess(command);
            if (HELD.putIfAbsent(path, holder) != null) {
                return null;
            }
            FileChannel lock = null;
            try {
                lock = lock(path, holder);
                return lock == null ? null : new DataDirectory(path, lock);
            } finally {
                if (lock == null) {
                    HELD.remove(path);
                }
            }
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    private static @Nullable FileChannel lock(Path path, Holder holder) throws IOException {
        FileChannel channel = FileChannel.open(path.resolve(LOCK), Set.of(CREATE, READ, WRITE), PRIVATE_FILE);
        boolean locked = false;
        try {
            if (channel.tryLock() == null) {
                return null;
            }
            channel.truncate(0);
            channel.write(UTF_8.encode(holder.text()), 0);
            locked = true;
            return channel;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    /** What to tell whoever cannot have it. */
    static EmbeddedPostgresException inUse(Path directory) throws IOException {
        Path path = directory.toRealPath();
        Holder holder = Holder.of(path);
        return new EmbeddedPostgresException(
                holder.command()
                        ? "The data directory " + path + " is in use by a command (process " + holder.pid()
                                + "): wait until it has ended, or set KEYLEDGER_DATA_DIR to a directory of its own."
                        : "The data directory " + path + " is in use by another Keyledger server (process "
                                + holder.pid() + "): stop that one first, or set KEYLEDGER_DATA_DIR to a directory of"
                                + " its own.");
    }

    static EmbeddedPostgresException unusable(Path path, IOException e) {
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
