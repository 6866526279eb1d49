import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * Checks that every Java source of the project has Palantir's format ({@code check}), or gives it that format
 * ({@code write}). Run by the parent pom, which says why this is not Spotless; the working directory is the root.
 */
final class Format {

    private static final Set<String> NOT_SOURCES = Set.of(".git", "target", "data", "node_modules");

    private static final Formatter FORMATTER = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .build());

    public static void main(String[] args) throws IOException {
        boolean write = switch (args.length == 1 ? args[0] : "") {
            case "check" -> false;
            case "write" -> true;
            default -> throw new IllegalArgumentException("-Dformat=check or -Dformat=write");
        };
        var root = Path.of("").toAbsolutePath();
        var unformatted = new ConcurrentLinkedQueue<Path>();
        var unreadable = new ConcurrentLinkedQueue<String>();
        sources(root).parallelStream().forEach(source -> {
            try {
                var text = Files.readString(source);
                var formatted = FORMATTER.formatSourceAndFixImports(text);
                if (formatted.equals(text)) {
                    return;
                }
                if (write) {
                    Files.writeString(source, formatted);
                }
                unformatted.add(root.relativize(source));
            } catch (FormatterException | IOException e) {
                unreadable.add(root.relativize(source) + ": " + e.getMessage());
            }
        });
        unreadable.forEach(System.err::println);
        unformatted.stream().sorted().forEach(source -> System.err.println((write ? "formatted: " : "") + source));
        // What the build fails on, in words rather than by an exit code, which would bring a stack trace.
        var marker = Path.of("target", "not-formatted");
        Files.deleteIfExists(marker);
        if (!unreadable.isEmpty() || !write && !unformatted.isEmpty()) {
            Files.createDirectories(marker.getParent());
            Files.createFile(marker);
        }
    }

    private static List<Path> sources(Path directory) throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            var sources = Stream.<Path>builder();
            for (Path child : children.toList()) {
                if (Files.isDirectory(child)) {
                    if (!NOT_SOURCES.contains(child.getFileName().toString())) {
                        sources(child).forEach(sources);
                    }
                } else if (child.toString().endsWith(".java")) {
                    sources.add(child);
                }
            }
            return sources.build().toList();
        }
    }
}
