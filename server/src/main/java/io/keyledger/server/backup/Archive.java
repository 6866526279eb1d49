package io.keyledger.server.backup;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * All of a database that must be kept, as two files in a directory: {@code events.ndjson}, the whole log with its proof,
 * which {@code keyledger audit verify --export} reads too, and {@code state.ndjson}, what stands beside it. For the embedded
 * database, which has no pg_dump, and for another major version of PostgreSQL.
 */
public final class Archive {

    public static final String EVENTS = "events.ndjson";
    public static final String STATE = "state.ndjson";

    private final DataSource dataSource;

    public Archive(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Writes a file. */
    public interface Content {
        void write(BufferedWriter out) throws IOException, InterruptedException;
    }

    /**
     * Writes both halves, for nobody else to read. The log first: what stands beside it is then not older.
     *
     * @param directory new or empty
     * @param events writes the log
     * @param schema version of the database's schema
     */
    public void write(Path directory, Content events, String schema, String masterKeyFingerprint)
            throws IOException, InterruptedException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (var files = Files.list(directory)) {
            if (files.findAny().isPresent()) {
                throw new ArchiveProblem("%s is not empty. Name a directory that is new.".formatted(directory));
            }
        }
        write(directory.resolve(EVENTS), events);
        write(
                directory.resolve(STATE),
                out -> inOneSnapshot(() -> StateFile.write(
                        out, new StateFile.Header(schema, masterKeyFingerprint), new StateTables(dataSource))));
    }

    private interface Work {
        void run() throws IOException;
    }

    private void inOneSnapshot(Work work) throws IOException {
        var definition = new DefaultTransactionDefinition();
        definition.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        definition.setReadOnly(true);
        var failed = new IOException[1];
        new TransactionTemplate(new JdbcTransactionManager(dataSource), definition).executeWithoutResult(_ -> {
            try {
                work.run();
            } catch (IOException e) {
                failed[0] = e;
            }
        });
        if (failed[0] != null) {
            throw failed[0];
        }
    }

    /** Under another name until it is whole. */
    private static void write(Path file, Content content) throws IOException, InterruptedException {
        var unfinished = file.resolveSibling(file.getFileName() + ".part");
        Files.createFile(
                unfinished,
                PosixFilePermissions.asFileAttribute(Set.copyOf(PosixFilePermissions.fromString("rw-------"))));
        try (var out = Files.newBufferedWriter(unfinished)) {
            content.write(out);
        }
        Files.move(unfinished, file);
    }
}
