package io.keyledger.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.crypto.tink.subtle.AesGcmJce;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordSequencer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/** Who watches the server is told that the record was altered, and for as long as it is. */
class RecordHealthTest {

    private final HikariDataSource database = TestDatabase.create();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void a_record_that_was_altered_is_an_alarm_until_it_is_mended() throws Exception {
        var transactions = new DataSourceTransactionManager(database);
        var checkpoints = new Checkpoints(
                database,
                new RecordKeys(JdbcClient.create(database), new AesGcmJce(new byte[32])),
                new RecordSequencer(database, transactions),
                transactions);
        var health = new RecordHealth(checkpoints, meters);
        var log = new TestLog(database);
        log.append("one");
        health.watch("signing", checkpoints::signNow);
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        assertThat(gauge("keyledger.record.altered")).isZero();
        assertThat(gauge("keyledger.record.unsigned.age")).isZero();

        alter("update event.leaf set hash = sha256(hash)");
        log.append("two");
        alter("update event.domain_event set occurred_at = now() - interval '3 minutes' where global_index = 2");
        health.watch("signing", checkpoints::signNow);
        health.watch("appending", () -> {});

        assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(health.health().getDetails().get("reason"))
                .asString()
                .contains("no longer begins with its checkpoint of size 1", "keyledger audit verify");
        assertThat(gauge("keyledger.record.altered")).isEqualTo(1);
        assertThat(gauge("keyledger.record.unsigned.age")).isGreaterThanOrEqualTo(180);

        alter("update event.leaf set hash = (select hash from event.leaf where index = 1) where index = 0");
        alter("delete from event.checkpoint");
        alter("delete from state.log_key");
        health.watch("signing", checkpoints::signNow);
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        assertThat(gauge("keyledger.record.altered")).isZero();
        assertThat(gauge("keyledger.record.unsigned.age")).isZero();
    }

    private double gauge(String name) {
        return meters.get(name).gauge().value();
    }

    private void alter(String statement) {
        new JdbcTemplate(database).execute((Connection connection) -> {
            try (var sql = connection.createStatement()) {
                sql.execute("set session_replication_role = replica");
                sql.execute(statement);
                sql.execute("reset session_replication_role");
            }
            return null;
        });
    }
}
