package io.keyledger.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a command writes: standard output, or a file that has another name, ending in {@code .part}, until it is complete
 * and is gone when it never gets so. Only its owner may read it.
 */
final class OutputFile implements Appendable, AutoCloseable {

    /** So often is asked whether anybody still reads standard output. */
    private static final int CHECKED_EVERY = 500;

    private final Writer out;
    private final @Nullable PrintWriter standard;
    private final @Nullable Path file;
    private final @Nullable Path part;
    private long appended;
    private boolean complete;

    private OutputFile(Writer out, @Nullable PrintWriter standard, @Nullable Path file, @Nullable Path part) {
        this.out = out;
        this.standard = standard;
        this.file = file;
        this.part = part;
    }

    /**
     * @param file absent: standard output
     * @throws Failures.CommandFailed when it cannot be written
     */
    static OutputFile open(@Nullable Path file, PrintWriter standard) {
        if (file == null) {
            return new OutputFile(standard, standard, null, null);
        }
        if (Files.isDirectory(file)) {
            throw new Failures.CommandFailed("%s is a directory. Give the name of a file.".formatted(file));
        }
        var part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.deleteIfExists(part);
            var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            var channel = file.getFileSystem().supportedFileAttributeViews().contains("posix")
                    ? Files.newByteChannel(
                            part,
                            options,
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                    : Files.newByteChannel(part, options);
            return new OutputFile(
                    new BufferedWriter(new OutputStreamWriter(Channels.newOutputStream(channel), UTF_8)),
                    null,
                    file,
                    part);
        } catch (IOException e) {
            throw new Failures.CommandFailed("%s cannot be written: %s".formatted(part, Failures.reason(e)));
        }
    }

    @Override
    public OutputFile append(@Nullable CharSequence text) throws IOException {
        out.append(text);
        checkReader();
        return this;
    }

    @Override
    public OutputFile append(@Nullable CharSequence text, int start, int end) throws IOException {
        out.append(text, start, end);
        return this;
    }

    @Override
    public OutputFile append(char character) throws IOException {
        out.append(character);
        return this;
    }

    void flush() throws IOException {
        out.flush();
    }

    /** As in {@code … | head}. */
    private void checkReader() throws IOException {
        if (standard != null && ++appended % CHECKED_EVERY == 0 && standard.checkError()) {
            throw new IOException("nobody reads standard output any more");
        }
    }

    /** Everything was written. */
    void complete() throws IOException {
        out.flush();
        if (file != null && part != null) {
            out.close();
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        }
        complete = true;
    }

    @Override
    public void close() throws IOException {
        if (part != null && !complete) {
            try {
                out.close();
            } finally {
                Files.deleteIfExists(part);
            }
        }
    }
}
