package io.keyledger.server.journey;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.TestDatabase;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The class path of servers and tools that tests start, and an archive of the classes that they load from it (Java's
 * class data sharing): the tests start some hundred processes, and loading these classes is a third of each start's
 * work. It holds libraries only, so that a change of our own classes does not outdate it. The first start makes it, and
 * {@code target} keeps it, for as long as libraries and Java stay the same.
 */
final class LibraryArchive {

    /** In the class path for tests that start one; Spring Boot would configure what it finds. */
    private static final Pattern RESOURCE_SERVER =
            Pattern.compile("security-oauth2-[^/\\\\]*\\.jar$|nimbus-jose-jwt-[^/\\\\]*\\.jar$");

    /** What has a version never changes; modules of ours are snapshots, or directories. */
    private static final Predicate<String> LIBRARY =
            entry -> entry.endsWith(".jar") && !entry.endsWith("-SNAPSHOT.jar");

    static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private static final String LIBRARIES = classPath(LIBRARY);

    private static final String OURS = classPath(LIBRARY.negate());

    /**
     * That of the tests without Spring Security's resource server, so that this is the server as it is shipped. The
     * libraries come first, as the archive demands; in the shipped one they come last, which makes no difference as long
     * as no file of ours has the name of one of theirs (but for spring.factories, which are all read: {@code @Order} tells
     * which is first).
     */
    static final String CLASS_PATH = classPath(List.of());

    private LibraryArchive() {}

    /** @param patches directories with classes in place of ours */
    static String classPath(List<Path> patches) {
        return Stream.of(Stream.of(LIBRARIES), patches.stream().map(Path::toString), Stream.of(OURS))
                .flatMap(part -> part)
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static final class Made {
        static final Path FILE = find();
    }

    /** The option for a JVM that is to use it. */
    static String option() {
        return "-XX:SharedArchiveFile=" + Made.FILE;
    }

    private static String classPath(Predicate<String> which) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(which)
                .filter(entry -> !RESOURCE_SERVER.matcher(entry).find())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Path find() {
        // The JVM refuses an archive when a library has been written anew.
        var key = Objects.hash(
                Runtime.version(),
                LIBRARIES,
                Arrays.stream(LIBRARIES.split(File.pathSeparator))
                        .map(library -> new File(library).lastModified())
                        .toList());
        var archive = Path.of("target", "libraries-%08x.jsa".formatted(key)).toAbsolutePath();
        // Tests run in several JVMs, and one makes it for all.
        try (var file = FileChannel.open(archive.resolveSibling("libraries.lock"), CREATE, WRITE);
                var _ = file.lock()) {
            if (!Files.exists(archive)) {
                make(archive);
            }
            return archive;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void make(Path archive) throws IOException, InterruptedException {
        var classes = archive.resolveSibling("libraries.classes");
        var unfinished = archive.resolveSibling("libraries.unfinished");
        try (var database = TestDatabase.createEmpty();
                var server = ServerProcess.onDatabase(TestDatabase.jdbcUrl(database))
                        .listingClasses(classes)
                        .start()) {
            assertThat(server.client().get("/sign-in").status()).isEqualTo(200);
            assertThat(server.client().administrator().get("/api/account").status())
                    .isEqualTo(200);
        }
        var dump = new ProcessBuilder(
                        JAVA,
                        "-XX:+UseSerialGC",
                        "-Xshare:dump",
                        "-XX:+AOTClassLinking",
                        "-XX:SharedClassListFile=" + classes,
                        "-XX:SharedArchiveFile=" + unfinished,
                        "-cp",
                        LIBRARIES)
                .redirectErrorStream(true)
                .start();
        var output = new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(dump.waitFor()).as("%s", output).isZero();
        Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
    }
}
