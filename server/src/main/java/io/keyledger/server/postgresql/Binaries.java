package io.keyledger.server.postgresql;

import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/** PostgreSQL's programs for this machine, unpacked from the class path into the data directory once. */
final class Binaries {

    private static final Logger log = LoggerFactory.getLogger(Binaries.class);
    private static final String PREFIX = "postgresql-binaries-";

    private final DataDirectory directory;
    private final Path path;

    private Binaries(DataDirectory directory, Path path) {
        this.directory = directory;
        this.path = path;
    }

    static Binaries unpackedIn(DataDirectory directory, URL url) throws IOException {
        URLConnection archive = url.openConnection();
        Path path = directory.resolve(PREFIX + identity(archive));
        if (!Files.exists(path)) {
            log.info("Unpacking PostgreSQL into {}", path);
            Path unfinished = directory.resolve(path.getFileName() + ".new");
            FileSystemUtils.deleteRecursively(unfinished);
            try (InputStream in = archive.getInputStream()) {
                unpack(in, unfinished);
                flush(unfinished);
                directory.rename(unfinished, path);
            } finally {
                FileSystemUtils.deleteRecursively(unfinished); // Where the disk is full, it needs the room.
            }
        }
        return new Binaries(directory, path);
    }

    /** The archive for the platform that this process runs on. */
    static URL archive() {
        return archive(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /** The archive for a platform, named as in the jars of io.zonky.test.postgres. */
    static URL archive(String osName, String osArch) {
        String system = osName.toLowerCase(Locale.ROOT);
        String os = system.startsWith("mac") ? "darwin" : system;
        String arch = switch (osArch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> osArch;
        };
        URL archive = Binaries.class.getResource("/postgres-" + os + "-" + arch + ".txz");
        if (archive == null) {
            throw unsupported(osName + " on " + osArch);
        }
        // The programs are linked against glibc; this is where they expect its loader.
        Path loader = Path.of(arch.equals("arm_64") ? "/lib/ld-linux-aarch64.so.1" : "/lib64/ld-linux-x86-64.so.2");
        if (os.equals("linux") && !Files.exists(loader)) {
            throw unsupported("Linux without glibc, such as Alpine");
        }
        return archive;
    }

    private static EmbeddedPostgresException unsupported(String platform) {
        return new EmbeddedPostgresException("There is no embedded PostgreSQL for " + platform
                + ": set SPRING_DATASOURCE_URL to a PostgreSQL of your own instead.");
    }

    /** Differs between any two archives; the check sum stands in the jar's directory, so nothing need be read. */
    private static String identity(URLConnection archive) throws IOException {
        return archive instanceof JarURLConnection jar
                ? Long.toHexString(jar.getJarEntry().getCrc())
                : Long.toHexString(archive.getContentLengthLong());
    }

    /** Everybody may read and run the result: it holds no secret, and the account that runs it may not be ours. */
    private static void unpack(InputStream in, Path target) throws IOException {
        directory(target);
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(in))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path file = target.resolve(entry.getName());
                directory(entry.isDirectory() ? file : Objects.requireNonNull(file.getParent()));
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                } else if (entry.isFile()) {
                    Files.copy(tar, file);
                    boolean executable = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }

    /** To the disk, or a power cut could leave a directory of empty files. Flushing each of the thousand is slow. */
    private static void flush(Path directory) throws IOException {
        try {
            Process sync = new ProcessBuilder("sync", "-f", directory.toString()).start();
            if (sync.waitFor() == 0) {
                return;
            }
        } catch (IOException e) {
            log.debug("No sync program here", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(directory).filter(Files::isRegularFile)) {
            for (Path file : files.toList()) {
                try (FileChannel channel = FileChannel.open(file, WRITE)) {
                    channel.force(true);
                }
            }
        }
    }

    private static void directory(Path path) throws IOException {
        if (!Files.exists(path)) {
            Files.createDirectories(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    Path program(String name) {
        return path.resolve("bin").resolve(name);
    }

    /** The major version, such as 18: the one that must agree with a database's. */
    String majorVersion() throws IOException {
        try (Stream<String> lines = Files.lines(path.resolve("share/postgresql/postgres.bki"))) {
            return lines.findFirst().orElse("").replace("# PostgreSQL ", "").strip();
        }
    }

    /** Removes what other versions, or an unpacking that was cut off, have left in the data directory. */
    void removeOthers() throws IOException {
        List<Path> others;
        try (Stream<Path> files = Files.list(directory.path())) {
            others = files.filter(file -> file.getFileName().toString().startsWith(PREFIX) && !file.equals(path))
                    .toList();
        }
        for (Path other : others) {
            FileSystemUtils.deleteRecursively(other);
        }
    }
}
