package io.keyledger.server.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.chaos.ChaosRun.Form;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever goes wrong, nothing that was answered was wrong, and all works again by itself. */
class ChaosTest {

    @TempDir
    private Path directory;

    @Test
    void no_fault_makes_an_answer_wrong() throws Exception {
        var result = ChaosRun.run(directory, Form.SHORT);
        System.out.println(result.report());
        assertThat(result.violations()).isEmpty();
        assertThat(result.mishaps()).isEmpty();
    }
}
