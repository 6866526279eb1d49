package io.keyledger.server.cli;

import io.keyledger.server.Keyledger;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine;

/**
 * The entry of the jar: a server without arguments, with {@code serve} or with Spring's properties
 * ({@code --server.port=8081}); otherwise the tool {@code keyledger}.
 */
public final class Main {

    private static final Pattern PROPERTY = Pattern.compile("--[A-Za-z0-9_.\\[\\]-]+=.*|--debug|--trace");

    private Main() {}

    public static void main(String[] args) {
        if (startsServer(args)) {
            Keyledger.main(
                    args.length > 0 && args[0].equals("serve") ? Arrays.copyOfRange(args, 1, args.length) : args);
        } else {
            System.exit(run(args));
        }
    }

    static boolean startsServer(String[] args) {
        var properties = List.of(args).subList(args.length > 0 && args[0].equals("serve") ? 1 : 0, args.length);
        return properties.stream().allMatch(PROPERTY.asMatchPredicate());
    }

    /** Standard output is for data alone, so that it can be piped: whatever else is printed goes to standard error. */
    private static int run(String[] args) {
        var data = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        var interruption = Interruption.watch(Thread.currentThread());
        try {
            var out = new PrintWriter(data, false, StandardCharsets.UTF_8);
            var exitCode = commandLine()
                    .setOut(out)
                    .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                    .execute(args);
            out.flush();
            return exitCode;
        } finally {
            data.flush();
            interruption.over();
        }
    }

    static CommandLine commandLine() {
        return new CommandLine(new Tool())
                .setExecutionExceptionHandler(Failures::report)
                .setParameterExceptionHandler(Failures::reportUsage)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true);
    }
}
