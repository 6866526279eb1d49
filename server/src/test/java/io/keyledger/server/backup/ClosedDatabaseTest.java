package io.keyledger.server.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.command.webhook.Webhooks;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RestoreMark;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Outage;
import io.keyledger.server.database.Sealed;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.journey.ServerProcess;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Nothing is added to a database from the moment that it is closed, but what closes the gap. */
class ClosedDatabaseTest {

    private static final String APPEND = """
        insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, occurred_at,
            payload_type, payload_revision, payload, metadata)
        values (gen_random_uuid(), gen_random_uuid(), 0, now(), 'sample', '1', '', '')\
        """;

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final MasterKeys masterKeys = MasterKeys.of(MasterKey.of(ServerProcess.MASTER_KEY), null);
    private final Restore restore = new Restore(
            database,
            new TestDataKeys(database),
            new RecordKeys(jdbc, masterKeys.passing(Sealed.RECORD)),
            new Webhooks(jdbc, masterKeys.passing(Sealed.WEBHOOKS)),
            new EventSerializer(Event.types()));

    @AfterEach
    void close() {
        database.close();
    }

    private long events() {
        return jdbc.sql("select count(*) from event.domain_event")
                .query(Long.class)
                .single();
    }

    private static void append(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(APPEND);
        }
    }

    @Test
    void an_append_is_refused_before_it_draws_a_position() {
        restore.mark();

        assertThatThrownBy(() -> jdbc.sql(APPEND).update())
                .hasMessageContaining("restored from a backup")
                .satisfies(refused -> assertThat(Outage.isOfRestore(refused)).isTrue());

        restore.open();
        jdbc.sql(APPEND).update();
        assertThat(jdbc.sql("select global_index from event.domain_event")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void who_closes_the_gap_appends_in_that_transaction_alone() {
        restore.mark();

        new TransactionTemplate(new JdbcTransactionManager(database)).executeWithoutResult(_ -> {
            new RestoreMark(jdbc).letAppend();
            jdbc.sql(APPEND).update();
        });

        assertThat(events()).isEqualTo(1);
        assertThatThrownBy(() -> jdbc.sql(APPEND).update()).hasMessageContaining("restored from a backup");
    }

    @Test
    void what_is_being_appended_is_there_when_it_is_closed_and_who_waits_then_is_refused() throws Exception {
        try (var first = database.getConnection();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            first.setAutoCommit(false);
            append(first);
            var marking = threads.submit(restore::mark);
            awaitWaiting(1);
            var second = threads.submit(() -> jdbc.sql(APPEND).update());
            awaitWaiting(2);
            assertThat(restore.isMarked()).isFalse();

            first.commit();

            marking.get();
            assertThat(restore.isMarked()).isTrue();
            assertThatThrownBy(second::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("restored from a backup");
            assertThat(events()).isEqualTo(1);
        }
    }

    private void awaitWaiting(long sessions) {
        await().until(() -> jdbc.sql("""
            select count(*) from pg_locks
            where relation = 'event.domain_event'::regclass and not granted
                and database = (select oid from pg_database where datname = current_database())\
            """).query(Long.class).single() == sessions);
    }

    @Test
    void a_rebuild_that_the_backup_was_made_in_the_midst_of_is_ended_and_its_tables_are_removed() {
        leaveRebuild();

        restore.mark();

        assertThat(rebuildState()).isEqualTo("cancelled");
        assertThat(shadows()).isZero();
    }

    /** It writes to the row, too: ended behind its back, it would fail the next rebuild. */
    @Test
    void a_rebuild_that_another_process_is_at_is_left_to_it_to_end() throws Exception {
        leaveRebuild();
        try (var working = database.getConnection();
                var statement = working.createStatement();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            statement.execute("select pg_advisory_lock(hashtext('keyledger.rebuild'))");
            var marking = threads.submit(restore::mark);
            await().until(() -> jdbc.sql("""
                select exists (select from pg_locks where locktype = 'advisory' and not granted
                    and database = (select oid from pg_database where datname = current_database()))\
                """).query(Boolean.class).single());
            assertThat(jdbc.sql("select cancelled from state.projection_rebuild")
                            .query(Boolean.class)
                            .single())
                    .isTrue();
            assertThat(rebuildState()).isEqualTo("running");
            assertThat(restore.isMarked()).isTrue();

            statement.execute("select pg_advisory_unlock(hashtext('keyledger.rebuild'))");

            marking.get();
            assertThat(rebuildState()).isEqualTo("cancelled");
        }
    }

    private void leaveRebuild() {
        jdbc.sql("select shadow.prepare(array['account', 'token'])").query(_ -> {});
        jdbc.sql("""
            insert into state.projection_rebuild (projection, rebuild_id, state, phase, target, place)
            values ('lookup', gen_random_uuid(), 'running', 'loading', 20, 10)\
            """).update();
        assertThat(shadows()).isEqualTo(2);
    }

    private String rebuildState() {
        return jdbc.sql("select state from state.projection_rebuild where projection = 'lookup'")
                .query(String.class)
                .single();
    }

    private long shadows() {
        return jdbc.sql("select count(*) from pg_class where relnamespace = 'shadow'::regnamespace and relkind = 'r'")
                .query(Long.class)
                .single();
    }
}
