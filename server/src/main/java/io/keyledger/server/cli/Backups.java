package io.keyledger.server.cli;

import io.keyledger.api.token.RevokeToken;
import io.keyledger.command.webhook.Webhooks;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.CheckpointPlaces;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.ExportWriter;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordReader;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.query.record.RestoreMark;
import io.keyledger.query.record.SignedNote;
import io.keyledger.server.backup.Archive;
import io.keyledger.server.backup.ArchiveProblem;
import io.keyledger.server.backup.Restore;
import io.keyledger.server.backup.Restore.Applied;
import io.keyledger.server.backup.Restore.State;
import io.keyledger.server.cli.Failures.CommandFailed;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.JdbcPersonalDataKeys;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Sealed;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.projections.Rebuilds;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Archives of all that must be kept, and databases that were restored from a backup. */
@Command(
        name = "events",
        description = "Write the whole log, and what stands beside it, into an archive, and make a database of one.",
        subcommands = {Backups.Export.class, Backups.Import.class})
final class Backups extends Tool.Group {

    private static final int REVOKED_AT_ONCE = 100;
    private static final int LEAVES_AT_ONCE = 1_000;

    private static final String AS_IN_THE_BACKUP = """
        Nobody can sign in but by a link that sets a password: an administrator by the one that \"keyledger account \
        reset-link EMAIL\" prints. Accounts and webhooks are as in the backup: who was erased or disabled since is not any \
        more, and who is no administrator any more is one. Put that right before you start the servers, or give out a link \
        (keyledger account list, account disable).\
        """;

    @Command(
            name = "export",
            description =
                    "Write an archive: for the embedded database, which has no pg_dump, and for another major version"
                            + " of PostgreSQL. As secret as the database is.")
    static final class Export extends OnDatabase {

        @Option(names = "--output", required = true, paramLabel = "DIRECTORY", description = "New, or empty.")
        private Path directory;

        @Mixin
        private Output output;

        record Exported(String directory, long events) {}

        @Override
        int run(Composition server) throws IOException, InterruptedException {
            var reader = server.bean(RecordReader.class);
            var events = new long[1];
            try (var progress = new Progress(spec().commandLine().getErr(), "Exporting", 0)) {
                new Archive(server.bean(DataSource.class))
                        .write(
                                directory,
                                out -> events[0] = writeLog(reader, out, progress),
                                schema(server),
                                fingerprint(server));
            } catch (ArchiveProblem e) {
                throw new CommandFailed(String.valueOf(e.getMessage()));
            }
            if (output.isJson()) {
                output.value(server.json(), new Exported(directory.toString(), events[0]));
            } else {
                output.line("Exported %,d events, and what stands beside them, to %s.", events[0], directory);
            }
            return Tool.DONE;
        }

        /**
         * Without what people read: names stand in clear there, and an archive outlives an erasure.
         *
         * @return how many events
         */
        private static long writeLog(RecordReader reader, Appendable out, Progress progress)
                throws IOException, InterruptedException {
            var note = reader.checkpoint();
            var checkpoint = Checkpoint.parse(note.text());
            var writer = new ExportWriter(out, reader.tree(), List.of());
            writer.header(new ExportWriter.Header(checkpoint.origin(), null, null, null, null, null));
            for (var next = 0L; next < checkpoint.size(); ) {
                var leaves = reader.leaves(next, (int) Math.min(LEAVES_AT_ONCE, checkpoint.size() - next));
                for (var leaf : leaves) {
                    if (leaf.index() == next) {
                        writer.event(next, leaf.entry(), null);
                        next++;
                    }
                }
                if (leaves.isEmpty() || leaves.getLast().index() != next - 1) {
                    throw new CommandFailed(
                            "The event of leaf %d is missing: somebody altered the log (keyledger audit verify)."
                                    .formatted(next));
                }
                progress.to(next, checkpoint.size());
            }
            writer.checkpoint(note);
            return checkpoint.size();
        }
    }

    @Command(
            name = "import",
            description =
                    "Make a new database of an archive. It authenticates nobody until \"keyledger restore\" says that"
                            + " nothing is missing.")
    static final class Import extends OnDatabase {

        @Parameters(paramLabel = "DIRECTORY", description = "That \"keyledger events export\" has written.")
        private Path directory;

        @Mixin
        private Output output;

        record Imported(long events, Checkpoint checkpoint) {}

        @Override
        boolean mayCreateDatabase() {
            return true;
        }

        @Override
        int run(Composition server) throws Exception {
            if (server.commands().head() > 0) {
                throw new CommandFailed("This database has a log already. An archive is imported into a new one;"
                        + " \"keyledger restore --from\" applies what one lacks.");
            }
            look(server, directory);
            var restore = restore(server);
            restore.mark();
            var applied = apply(server, restore, directory, null, this);
            rebuild(server, this);
            if (output.isJson()) {
                output.value(server.json(), new Imported(applied.events(), applied.checkpoint()));
            } else {
                output.line("Imported %,d events, and what stands beside them.", applied.events());
            }
            spec().commandLine()
                    .getErr()
                    .println("It authenticates nobody yet: \"keyledger restore --nothing-lost\" opens it, when nothing"
                            + " happened since the archive was written.");
            return Tool.DONE;
        }
    }

    /** What closes the gap between a backup and the last that happened. */
    static final class Gap {

        @Option(
                names = "--from",
                paramLabel = "EXPORT",
                description = "Apply what the log lacks of this archive (a directory) or export (a file).")
        private @Nullable Path from;

        @Option(
                names = "--revoke-tokens",
                description = "Revoke every token that there is, and remove every password: links set new ones.")
        private boolean revokeTokens;

        @Option(names = "--nothing-lost", description = "You know that nothing happened since the backup.")
        private boolean nothingLost;
    }

    @Command(
            name = "restore",
            description =
                    "After a database was restored from a backup, before any server is started on it: authenticate"
                            + " nobody, until the gap since the backup is closed in one of the ways below.")
    static final class AfterBackup extends OnDatabase {

        @ArgGroup
        private @Nullable Gap gap;

        @Option(
                names = "--checkpoint",
                paramLabel = "FILE",
                description = "A checkpoint of the log that was kept elsewhere. With --from, the log has to reach it.")
        private @Nullable Path checkpoint;

        @Mixin
        private Output output;

        /**
         * What was done.
         *
         * @param open whether people are authenticated again
         * @param applied by {@code --from}
         * @param revoked by {@code --revoke-tokens}
         */
        record Restored(
                boolean open,
                @Nullable Applied applied,
                @Nullable Revoked revoked) {}

        record Revoked(long tokens, long passwords) {}

        @Override
        int run(Composition server) throws Exception {
            if (checkpoint != null && (gap == null || gap.from == null)) {
                // Nobody must believe that it was compared.
                throw new ParameterException(
                        spec().commandLine(), "--checkpoint is for --from: the log has to reach it.");
            }
            var outside = checkpoint == null ? null : note(checkpoint);
            if (gap != null && gap.from != null) {
                look(server, gap.from);
            }
            var restore = restore(server);
            restore.mark();
            if (gap == null || (gap.from == null && !gap.revokeTokens && !gap.nothingLost)) {
                tell(server, new Restored(false, null, null));
                return Tool.DONE;
            }
            Restored restored;
            try {
                restored = close(server, restore, gap, outside);
                restore.open();
            } catch (Exception e) {
                spec().commandLine()
                        .getErr()
                        .println("The database is closed now: nobody is authenticated until \"keyledger restore\""
                                + " succeeds, with a --from that can be used, with --revoke-tokens, or, when nothing"
                                + " happened since the backup, with --nothing-lost.");
                throw e;
            }
            tell(server, restored);
            return Tool.DONE;
        }

        private Restored close(Composition server, Restore restore, Gap gap, @Nullable SignedNote outside)
                throws IOException, InterruptedException {
            Applied applied = null;
            Revoked revoked = null;
            if (gap.from != null) {
                applied = apply(server, restore, gap.from, outside, this);
            } else if (gap.revokeTokens) {
                revoked = new Revoked(revokeAll(server, spec().commandLine().getErr()), restore.removePasswords());
                restore.renameLog();
            }
            rebuild(server, this);
            requireWhatWasPublished(server);
            return new Restored(true, applied, revoked);
        }

        /** The file of the server's own checkpoints knows what the log had come to, if this is its machine. */
        private static void requireWhatWasPublished(Composition server) throws InterruptedException {
            catchUp(server);
            Optional<Checkpoint> lost;
            try {
                lost = server.bean(CheckpointPlaces.class).lost();
            } catch (IOException | IllegalArgumentException e) {
                throw new CommandFailed("The file of checkpoints (KEYLEDGER_CHECKPOINTS_FILE) cannot be read, and so it"
                        + " is not known whether something was lost: " + e.getMessage());
            }
            if (lost.isPresent()) {
                throw new CommandFailed("""
                    The log does not begin with the %d events of the last checkpoint in KEYLEDGER_CHECKPOINTS_FILE: \
                    something was lost. Nobody is authenticated until --from an archive or export that reaches it, or \
                    --revoke-tokens.\
                    """.formatted(lost.get().size()));
            }
        }

        private void tell(Composition server, Restored restored) {
            if (output.isJson()) {
                output.value(server.json(), restored);
                return;
            }
            if (restored.applied() != null) {
                tell(restored.applied());
            }
            if (restored.revoked() != null) {
                output.line(
                        "%,d tokens were revoked, %,d passwords removed.",
                        restored.revoked().tokens(), restored.revoked().passwords());
                output.line(AS_IN_THE_BACKUP);
            }
            output.line(
                    restored.open()
                            ? "The database is open: people and tokens are authenticated again."
                            : "Nobody is authenticated until one of --from, --revoke-tokens or --nothing-lost.");
        }

        private void tell(Applied applied) {
            output.line(
                    "%,d events were appended; the log is now that of %,d events, as its checkpoint says.",
                    applied.events(), applied.checkpoint().size());
            if (applied.erased() > 0) {
                output.line("The personal data of %,d accounts was erased again.", applied.erased());
            }
            if (applied.passwords() > 0) {
                output.line(
                        "%,d passwords were changed since and are in no archive: give these people a link (keyledger"
                                + " account reset-link).",
                        applied.passwords());
            }
            if (applied.webhooks() > 0) {
                output.line(
                        "%,d webhooks were created or changed since, and no export has their addresses: create the new"
                                + " ones again; the changed ones are disabled until somebody has looked at them.",
                        applied.webhooks());
            }
        }
    }

    /** In calls of many, each all or nothing; a token that is revoked twice is revoked once. */
    private static long revokeAll(Composition server, PrintWriter err) throws InterruptedException {
        var mark = new RestoreMark(server.jdbc());
        var all = server.jdbc()
                .sql("select count(*) from projection.token where not revoked")
                .query(Long.class)
                .single();
        var count = 0L;
        try (var progress = new Progress(err, "Revoking", all)) {
            while (true) {
                Interruption.check();
                var tokens = server.jdbc()
                        .sql("select token_id, account_id from projection.token where not revoked limit "
                                + REVOKED_AT_ONCE)
                        .query((row, _) -> new RevokeToken(row.getString(1), row.getString(2)))
                        .list();
                if (tokens.isEmpty()) {
                    return count;
                }
                server.commands().send(server.caller(), RevokeToken.class, () -> {
                    mark.letAppend();
                    return tokens;
                });
                count += tokens.size();
                progress.advance(tokens.size());
            }
        }
    }

    private static void look(Composition server, Path from) throws IOException {
        reading(server, from, (export, state) -> {
            Restore.look(export, state);
            return null;
        });
    }

    private static Applied apply(
            Composition server, Restore restore, Path from, @Nullable SignedNote outside, OnDatabase command)
            throws IOException, InterruptedException {
        var key = server.bean(RecordKeys.class).verifier().orElse(null);
        var bytes = Files.size(events(from));
        Applied applied;
        try (var progress = new Progress(command.spec().commandLine().getErr(), "Applying", 0)) {
            // Read, and then compared.
            applied = reading(
                    server,
                    from,
                    (export, state) -> restore.apply(export, state, key, outside, progress.upTo(2 * bytes)));
        }
        if (Files.isDirectory(from)) {
            // The archive's key comes without a memory of what it signed. The log is proven to be the archive's by now.
            catchUp(server);
            server.bean(Checkpoints.class).signNow();
        }
        return applied;
    }

    private static void catchUp(Composition server) throws InterruptedException {
        while (!server.bean(RecordSequencer.class).catchUp()) {
            Interruption.check();
        }
    }

    private static Path events(Path from) {
        return Files.isDirectory(from) ? from.resolve(Archive.EVENTS) : from;
    }

    private interface Work<T extends @Nullable Object> {
        T read(InputStream export, @Nullable State state) throws IOException;
    }

    /** With an archive, or with an export alone. */
    private static <T extends @Nullable Object> T reading(Composition server, Path from, Work<T> work)
            throws IOException {
        try (var export = Files.newInputStream(events(from));
                var rows = Files.isDirectory(from) ? Files.newBufferedReader(from.resolve(Archive.STATE)) : null) {
            return work.read(export, rows == null ? null : new State(rows, schema(server), fingerprint(server)));
        } catch (NoSuchFileException e) {
            throw new CommandFailed("There is no " + e.getFile() + ".");
        } catch (ArchiveProblem e) {
            throw new CommandFailed(String.valueOf(e.getMessage()));
        }
    }

    private static SignedNote note(Path file) throws IOException {
        try {
            // The newest of a file with many, as the server writes it.
            return SignedNote.parseAll(Files.readString(file, StandardCharsets.UTF_8))
                    .getLast();
        } catch (IllegalArgumentException | NoSuchElementException e) {
            throw new CommandFailed("%s holds no checkpoint: %s".formatted(file, e.getMessage()));
        }
    }

    private static Restore restore(Composition server) {
        var database = server.bean(Database.class);
        // As the owner of the tables: the server's role cannot say which positions were given out.
        var owner = new DriverManagerDataSource(database.url(), database.ownerUsername(), database.ownerPassword());
        var properties = new Properties();
        // PostgreSQL's details quote rows.
        properties.setProperty("logServerErrorDetail", "false");
        owner.setConnectionProperties(properties);
        // Now, and not after half of it.
        if (!JdbcClient.create(owner)
                .sql("select pg_has_role(relowner, 'usage') from pg_class where oid = 'event.domain_event'::regclass")
                .query(Boolean.class)
                .single()) {
            throw new CommandFailed(Failures.NOT_THE_OWNER);
        }
        var template = new JdbcTemplate(owner);
        var masterKeys = server.bean(MasterKeys.class);
        return new Restore(
                owner,
                new JdbcPersonalDataKeys(template, server.bean(MasterKey.class)),
                new RecordKeys(JdbcClient.create(template), masterKeys.keeping(Sealed.RECORD, template)),
                new Webhooks(JdbcClient.create(template), masterKeys.keeping(Sealed.WEBHOOKS, template)),
                server.bean(EventSerializer.class));
    }

    private static String schema(Composition server) {
        return server.jdbc()
                .sql("select version from state.flyway_schema_history where success and version is not null"
                        + " order by installed_rank desc limit 1")
                .query(String.class)
                .single();
    }

    /** Of the key that the database's secrets are sealed under. */
    private static String fingerprint(Composition server) {
        return server.jdbc()
                .sql("select fingerprint from state.master_key")
                .query(String.class)
                .single();
    }

    private static void rebuild(Composition server, OnDatabase command) throws InterruptedException {
        for (var name : server.bean(Rebuilds.class).names()) {
            Projections.rebuild(server, name, command.spec().commandLine().getErr());
        }
    }
}
