package io.keyledger.command.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class LeakReportKeysTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "null",
                "nonsense",
                "[]",
                "{\"public_keys\":[{}]}",
                "{\"public_keys\":[]}",
                "{\"public_keys\":[{\"key_identifier\":\"k1\",\"key\":\"AAAA\"}]}"
            })
    void where_there_are_no_keys_nothing_can_be_said_of_a_signature(String published) throws IOException {
        var file = Files.writeString(folder.resolve("keys.json"), published);
        assertUnavailable(file);
    }

    @Test
    void nor_where_there_is_nothing() {
        assertUnavailable(folder.resolve("none.json"));
    }

    private static void assertUnavailable(Path file) {
        var keys = new LeakReportKeys(file.toUri(), new JsonMapper(), Clock.systemUTC());
        assertThatThrownBy(() -> keys.isSignedBy("k1", "AAAA", new byte[0]))
                .isInstanceOfSatisfying(
                        Refusal.Unavailable.class, e -> assertThat(e.code()).isEqualTo("keys_unavailable"));
    }
}
