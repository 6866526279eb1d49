package io.keyledger.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that works on the database. */
abstract class OnDatabase implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public final Integer call() throws Exception {
        try (var composition = Composition.open(spec.qualifiedName(), Tool.isVerbose(spec), mayCreateDatabase())) {
            return run(composition);
        }
    }

    /** @return the exit code */
    abstract int run(Composition server) throws Exception;

    /** Whether it makes a database where there is none, instead of refusing. */
    boolean mayCreateDatabase() {
        return false;
    }

    final CommandSpec spec() {
        return spec;
    }
}
