package io.keyledger.server.cli;

import org.jspecify.annotations.Nullable;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The commands there are. */
@Command(
        name = "keyledger",
        description = "The server, and the tool of whoever runs it.%n"
                + "It works on the server's database, with the server's settings (environment variables), beside a"
                + " running server or without one.",
        subcommands = {
            Serve.class,
            Accounts.class,
            Tokens.class,
            Projections.class,
            Audit.class,
            Keys.class,
            Backups.class,
            Backups.AfterBackup.class,
            HelpCommand.class,
            GenerateCompletion.class
        },
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Tool.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "  0:done",
            "  1:failed or refused; one sentence on standard error says why",
            "  2:not understood",
            "  3:a verification found something",
            "130:stopped by Ctrl-C"
        })
final class Tool implements Runnable {

    static final int DONE = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int FOUND = 3;
    static final int INTERRUPTED = 130;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Tell on standard error what is done, and where an unexpected failure comes from.")
    private boolean verbose;

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        throw missingCommand(spec);
    }

    /** A group of commands, by itself. */
    abstract static class Group implements Runnable {

        @Spec
        private CommandSpec spec;

        @Override
        public void run() {
            throw missingCommand(spec);
        }
    }

    private static ParameterException missingCommand(CommandSpec spec) {
        return new ParameterException(
                spec.commandLine(),
                "Give one of the commands "
                        + String.join(", ", spec.subcommands().keySet()) + ".");
    }

    /** Whether the command that is running was asked to tell more. */
    static boolean isVerbose(CommandSpec spec) {
        return spec.root().userObject() instanceof Tool tool && tool.verbose;
    }

    /** From the jar's manifest. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            return new String[] {"keyledger " + version(Tool.class.getPackage().getImplementationVersion())};
        }

        private static String version(@Nullable String built) {
            return built == null ? "(not from a jar)" : built;
        }
    }
}
