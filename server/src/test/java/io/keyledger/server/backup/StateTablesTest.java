package io.keyledger.server.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.TestDatabase;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class StateTablesTest {

    @Test
    void every_table_is_either_archived_or_left_out() {
        try (var database = TestDatabase.create()) {
            assertThat(JdbcClient.create(database)
                            .sql("select table_name from information_schema.tables where table_schema = 'state'")
                            .query(String.class)
                            .list())
                    .containsExactlyInAnyOrderElementsOf(
                            Stream.concat(StateTables.ARCHIVED.stream(), StateTables.LEFT_OUT.stream())
                                    .toList());
        }
    }
}
