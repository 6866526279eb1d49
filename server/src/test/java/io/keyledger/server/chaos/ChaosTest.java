package io.keyledger.server.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.chaos.ChaosRun.Form;
import io.keyledger.server.chaos.HistoryCheck.Rule;
import io.keyledger.server.chaos.HistoryCheck.Violation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
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

    /** Otherwise the other test proves nothing. */
    @Test
    void a_node_that_remembers_look_ups_for_a_second_is_found_out() throws Exception {
        var history = new History();
        List<Violation> violations;
        try (var cluster = new Cluster(directory, Files.createDirectory(directory.resolve("tables")))) {
            cluster.start(
                    List.of(UnaryOperator.identity(), setup -> StaleLookup.in(setup, directory.resolve("patched"))));
            try (var load = new Load(cluster, history, 2, 2)) {
                await().atMost(Duration.ofSeconds(60)).until(() -> history.revocations() > 20);
                load.lookOnceMore();
            }
            violations = HistoryCheck.check(history.requests(), cluster.log());
        }
        assertThat(violations).extracting(Violation::rule).contains(Rule.ACCEPTED_THOUGH_BAD, Rule.WRONG_PERMISSION);
        assertThat(violations)
                .filteredOn(violation -> violation.rule() == Rule.ACCEPTED_THOUGH_BAD)
                .allSatisfy(violation -> assertThat(violation.what()).contains("node=1,"));
    }
}
