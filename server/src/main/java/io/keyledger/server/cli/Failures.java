package io.keyledger.server.cli;

import io.keyledger.api.Refusal;
import io.keyledger.query.record.RecordAltered;
import io.keyledger.server.database.MasterKeyRotation;
import io.keyledger.server.database.Outage;
import io.keyledger.server.settings.ConfigurationMistake;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.dao.DataAccessResourceFailureException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What went wrong, as one line on standard error and an exit code. */
final class Failures {

    static final String NOT_THE_OWNER = """
        The database's role may not do this. Give the tool the role that owns the tables, too (SPRING_FLYWAY_USER and \
        SPRING_FLYWAY_PASSWORD; see deploy/roles.sql).\
        """;

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private Failures() {}

    static int reportUsage(ParameterException failure, String[] arguments) {
        var commandLine = failure.getCommandLine();
        var name = commandLine.getCommandSpec().qualifiedName();
        commandLine.getErr().printf("%s: %s%n", name, line(String.valueOf(failure.getMessage())));
        UnmatchedArgumentException.printSuggestions(failure, commandLine.getErr());
        commandLine.getErr().printf("Try '%s --help'.%n", name);
        return Tool.USAGE;
    }

    static int report(Exception failure, CommandLine commandLine, ParseResult result) {
        if (Interruption.isHappening()) {
            return Tool.INTERRUPTED;
        }
        var name = commandLine.getCommandSpec().qualifiedName();
        commandLine.getErr().printf("%s: %s%n", name, line(sentence(failure)));
        if (Tool.isVerbose(commandLine.getCommandSpec())) {
            failure.printStackTrace(commandLine.getErr());
        }
        return Tool.FAILED;
    }

    /** For whoever ran the command: the fact, and what to do. */
    static String sentence(Throwable failure) {
        if (Outage.isOfRestore(failure)) {
            return "The database was restored from a backup, and nothing is changed in it until \"keyledger restore\""
                    + " has closed the gap.";
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case MasterKeyRotation.NotRotated refused -> {
                    return String.valueOf(refused.getMessage());
                }
                case CommandFailed failed -> {
                    return String.valueOf(failed.getMessage());
                }
                case Refusal.Unprocessable refusal -> {
                    return refusal.errors().isEmpty()
                            ? refusal.detail()
                            : refusal.errors().stream()
                                    .map(error -> error.field() + ": " + error.message())
                                    .collect(Collectors.joining(" "));
                }
                case Refusal refusal -> {
                    return refusal.detail();
                }
                case RecordAltered altered -> {
                    return String.valueOf(altered.getMessage());
                }
                case ConfigurationMistake mistake -> {
                    return (mistake.getMessage() + " " + mistake.expected()).strip();
                }
                case BindException mistake -> {
                    return "The setting %s cannot be used: %s"
                            .formatted(mistake.getName(), root(mistake).getMessage());
                }
                case FileSystemException problem -> {
                    return "%s: %s".formatted(problem.getFile(), reason(problem));
                }
                case SQLException refused
                when INSUFFICIENT_PRIVILEGE.equals(refused.getSQLState()) -> {
                    return NOT_THE_OWNER;
                }
                case DataAccessResourceFailureException outage -> {
                    return "The database cannot be reached: " + root(outage).getMessage();
                }
                default -> {}
            }
        }
        if (Outage.isCauseOf(failure)) {
            return "The database does not answer: " + root(failure).getMessage();
        }
        return "Unexpected failure, nothing more is known; --verbose says where it comes from: " + root(failure);
    }

    /** What is wrong with a file; the reasons met most often are in the names of Java's exceptions only. */
    static String reason(IOException failure) {
        return switch (failure) {
            case NoSuchFileException _ -> "There is no such file or directory.";
            case FileAlreadyExistsException _ -> "There is such a file already.";
            case AccessDeniedException _ -> "Permission denied.";
            case FileSystemException problem when problem.getReason() != null -> problem.getReason();
            default -> String.valueOf(failure);
        };
    }

    private static Throwable root(Throwable failure) {
        var cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String line(String text) {
        return text.replaceAll("\\R+", " | ");
    }

    /** A command that did not do what it was asked, for a reason that needs no more than a sentence. */
    static final class CommandFailed extends RuntimeException {

        CommandFailed(String sentence) {
            super(sentence, null, false, false);
        }
    }
}
