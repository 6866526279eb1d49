package io.keyledger.server.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** For help and mistakes alone: {@link Main} starts the server before there is any command line. */
@Command(name = "serve", description = "Start the server, as without any argument.")
final class Serve implements Runnable {

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "--PROPERTY=VALUE",
            arity = "0..*",
            description = "Spring's properties, which win over the environment's variables; for example"
                    + " --server.port=8081.")
    private List<String> properties;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Properties look like --server.port=8081, not: " + String.join(" ", properties));
    }
}
