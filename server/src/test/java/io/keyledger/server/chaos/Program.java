package io.keyledger.server.chaos;

import java.io.IOException;
import java.util.List;

/** A program of the system, which may not be there, or may not be allowed to. */
final class Program {

    private Program() {}

    /** Whether it did what it was asked to. */
    static boolean run(String... command) {
        try {
            return new ProcessBuilder(List.of(command))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
