package io.keyledger.server.cli;

import io.keyledger.server.database.MasterKeyRotation;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.settings.KeyledgerSettings;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The master key, for whoever runs the server. */
@Command(
        name = "key",
        description = "Change the master key.",
        subcommands = {Keys.Rotate.class})
final class Keys extends Tool.Group {

    @Command(
            name = "rotate",
            description = {
                "Change the master key while the server runs.",
                "",
                "With the key in the data directory: makes a new one, and seals again what the old one has sealed. The"
                        + " old one stays as master-key.previous.",
                "",
                "With KEYLEDGER_MASTER_KEY: first make a new key and restart every node, one after the other, with the"
                    + " new one as KEYLEDGER_MASTER_KEY and the old one as KEYLEDGER_PREVIOUSMASTERKEY; then run this"
                    + " with both.",
                "",
                "What was cut short goes on when it is run again."
            })
    static final class Rotate extends OnDatabase {

        @Mixin
        private Output output;

        record Rotated(
                boolean rotated, long resealed, @Nullable Path previousKey) {}

        @Override
        int run(Composition server) throws InterruptedException {
            var settings = server.bean(KeyledgerSettings.class);
            var configured =
                    settings.masterKey() != null && !settings.masterKey().isBlank();
            var directory = configured ? null : settings.dataDir().toAbsolutePath();
            var rotation =
                    new MasterKeyRotation(server.bean(DataSource.class), server.bean(MasterKeys.class), directory);
            var outcome = rotation.run(new Bar());
            var previous = directory == null ? null : directory.resolve("master-key.previous");
            if (output.isJson()) {
                output.value(server.json(), new Rotated(outcome.rotated(), outcome.resealed(), previous));
            } else if (!outcome.rotated()) {
                output.line(
                        "The database is on the configured master key: there is nothing to do. For another one, see:"
                                + " keyledger key rotate --help");
            } else {
                output.line("The master key is changed: %d values were sealed again.", outcome.resealed());
                output.line(
                        "Sessions that began before stay until the old key is taken away: in a day or so, %s.",
                        previous == null
                                ? "restart every node without KEYLEDGER_PREVIOUSMASTERKEY"
                                : "delete " + previous + " and restart the server");
                output.line("Keep the old key with the backups that were made under it.");
            }
            return Tool.DONE;
        }

        private final class Bar implements MasterKeyRotation.Progress {

            private @Nullable Progress progress;

            @Override
            public void begin(long total) {
                progress = new Progress(spec().commandLine().getErr(), "Sealing again", total);
            }

            @Override
            public void advance(long values) throws InterruptedException {
                if (progress != null) {
                    progress.advance(values);
                }
            }
        }
    }
}
