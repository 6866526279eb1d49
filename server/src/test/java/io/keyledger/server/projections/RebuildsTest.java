package io.keyledger.server.projections;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.Tables;
import io.keyledger.server.LogGenerator;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.eventstore.LogReader;
import io.keyledger.server.eventstore.TokenSerializer;
import io.keyledger.server.projections.Rebuilds.State;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.axonframework.serialization.upcasting.event.NoOpEventUpcaster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A rebuild makes the tables what the events tell, says what they were instead, and harms nothing when it ends early. */
class RebuildsTest {

    private static final int EVENTS = 3_000;

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final TestDataKeys keys = new TestDataKeys(database);
    private final LogGenerator log = new LogGenerator(database, keys, 1);
    private final List<Projection> projections = Samples.projections(keys);
    private final LogReader reader = new LogReader(new EventSerializer(Event.types()), NoOpEventUpcaster.INSTANCE);
    private final Rebuilds rebuilds = rebuilds();

    @BeforeEach
    void fill() throws Exception {
        log.append(EVENTS);
        cover();
        rebuilds.names().forEach(this::rebuild);
    }

    @AfterEach
    void close() {
        rebuilds.close();
        database.close();
    }

    private Rebuilds rebuilds() {
        return rebuilds(projections);
    }

    private Rebuilds rebuilds(List<Projection> projections) {
        return new Rebuilds(
                projections,
                reader,
                TokenSerializer.create(),
                () -> DriverManager.getConnection(database.getJdbcUrl()),
                jdbc);
    }

    /** As the processors of the streaming projections do. */
    private void cover() {
        var log = new TestLog(database);
        for (var name : List.of("token", "audit")) {
            jdbc.sql("delete from state.token_entry where processor_name = ?")
                    .param(name)
                    .update();
            log.cover(name, LivePlaces.head(jdbc));
        }
    }

    private Rebuilds.Status rebuild(String name) {
        rebuilds.start(name, null);
        return ended(name);
    }

    private Rebuilds.Status ended(String name) {
        await().atMost(Duration.ofSeconds(60)).until(() -> status(name).state() != State.RUNNING);
        return status(name);
    }

    private Rebuilds.Status status(String name) {
        return rebuilds.status(name).orElseThrow();
    }

    private Map<String, List<String>> rows() {
        var rows = new TreeMap<String, List<String>>();
        for (var projection : projections) {
            for (var table : projection.tables()) {
                rows.put(
                        table,
                        jdbc.sql("select t::text from projection.%s t order by 1".formatted(table))
                                .query(String.class)
                                .list());
            }
        }
        return rows;
    }

    @Test
    void what_the_events_tell_is_built_from_nothing() {
        assertThat(rows())
                .allSatisfy((table, rows) -> assertThat(rows).as(table).isNotEmpty());
        assertThat(status("audit").differences())
                .isEqualTo((long) rows().get("audit_entry").size());
        var before = rows();
        for (var name : rebuilds.names()) {
            var again = rebuild(name);
            assertThat(again.state()).as("%s", again).isEqualTo(State.SUCCEEDED);
            assertThat(again.differences()).as("%s", again).isZero();
            assertThat(again.events()).isEqualTo(rows().get("audit_entry").size());
            assertThat(again.percent()).isEqualTo(100);
        }
        assertThat(rows()).isEqualTo(before);
    }

    @Test
    void the_new_tables_have_every_index_constraint_and_right_of_the_old_ones() {
        var before = catalogue();
        rebuilds.names().forEach(this::rebuild);
        assertThat(catalogue()).isEqualTo(before);
        assertThat(jdbc.sql("select count(*) from pg_class where relnamespace = 'shadow'::regnamespace")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    private List<String> catalogue() {
        return jdbc.sql("""
            select pg_get_indexdef(indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
            where c.relnamespace = 'projection'::regnamespace
            union all
            select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(o.oid) from pg_constraint o
            where connamespace = 'projection'::regnamespace
            union all
            select c.relname || ' ' || c.relowner::regrole || ' ' || coalesce(c.relacl::text, '') || coalesce(c.reloptions::text, '')
            from pg_class c where c.relnamespace = 'projection'::regnamespace and c.relkind = 'r'
            order by 1\
            """).query(String.class).list();
    }

    @Test
    void rows_that_are_missing_extra_or_different_are_reported_and_repaired() {
        var before = rows();
        var token = one("select token_id from projection.token where not revoked order by 1 limit 1");
        var gone = one("select token_id from projection.token order by 1 desc limit 1");
        var account = one("select account_id from projection.account where service order by 1 limit 1");
        var digest = one("select digest::text from projection.token_value order by 1 limit 1");
        jdbc.sql("update projection.token set permissions = '{accounts:provision}', revoked = true where token_id = ?")
                .param(token)
                .update();
        jdbc.sql("delete from projection.token where token_id = ?").param(gone).update();
        jdbc.sql("""
            insert into projection.account (account_id, email, email_key, display_name, administrator, enabled,
                session_epoch, version, created_at)
            values ('acc_mole', 'mole@example.org', 'mole@example.org', 'Mole', true, true, 0, 0, now())\
            """).update();
        jdbc.sql("delete from projection.account_owner where account_id = ?")
                .param(account)
                .update();
        jdbc.sql("update projection.token_value set state = 'retired', hint = 'other' where digest = ?::bytea")
                .param(digest)
                .update();
        jdbc.sql("update projection.token_list set name = 'Other', version = version - 1 where token_id = ?")
                .param(token)
                .update();
        jdbc.sql("delete from projection.audit_entry where position = 7").update();
        jdbc.sql("update projection.audit_entry set actor_account_id = 'acc_other' where position = 8")
                .update();

        assertThat(rebuild("lookup").differences()).isEqualTo(5);
        assertThat(differences("lookup"))
                .contains(
                        "token {\"token_id\": \"%s\"} different [permissions, revoked]".formatted(token),
                        "token {\"token_id\": \"%s\"} missing []".formatted(gone),
                        "account {\"account_id\": \"acc_mole\"} extra []");
        assertThat(differences("lookup"))
                .filteredOn(difference -> difference.startsWith("account_owner"))
                .hasSize(1)
                .allSatisfy(
                        difference -> assertThat(difference).contains(account).contains("missing"));
        assertThat(differences("lookup"))
                .filteredOn(difference -> difference.startsWith("token_value"))
                .singleElement()
                .asString()
                .contains(digest.substring(2), "different");
        rebuild("token");
        assertThat(differences("token"))
                .containsExactly("token_list {\"token_id\": \"%s\"} different [name, version]".formatted(token));
        rebuild("audit");
        assertThat(differences("audit"))
                .containsExactly(
                        "audit_entry {\"position\": 7} missing []",
                        "audit_entry {\"position\": 8} different [actor_account_id]");
        assertThat(rows()).isEqualTo(before);
    }

    private String one(String sql) {
        return jdbc.sql(sql).query(String.class).single();
    }

    private List<String> differences(String name) {
        return rebuilds.differences(name, 0, 100).stream()
                .map(row -> "%s %s %s %s".formatted(row.table(), row.key(), row.kind(), row.columns()))
                .toList();
    }

    @Test
    void an_unknown_projection_is_refused_with_the_known_names() {
        assertThatThrownBy(() -> rebuilds.start("tokens", null))
                .isInstanceOf(Refusal.NotFound.class)
                .hasMessageContaining("audit, lookup, token");
    }

    @Test
    void one_is_rebuilt_at_a_time_and_it_can_be_cancelled() {
        var before = rows();
        // Whoever reads on and on keeps the new tables from taking the place of these.
        try (var _ = new Reader()) {
            rebuilds.start("lookup", "acc_ada");
            await().until(() -> status("lookup").phase().equals("swapping"));
            for (var name : List.of("lookup", "audit")) {
                assertThatThrownBy(() -> rebuilds.start(name, null))
                        .isInstanceOf(Refusal.Conflict.class)
                        .hasMessageContaining("rebuild_running")
                        .hasMessageContaining("lookup");
            }
            assertThatThrownBy(() -> rebuilds.cancel("audit")).isInstanceOf(Refusal.Conflict.class);
            rebuilds.cancel("lookup");
            assertThat(ended("lookup").state()).isEqualTo(State.CANCELLED);
        }
        assertThat(rows()).isEqualTo(before);
        assertThat(rebuild("audit").state()).isEqualTo(State.SUCCEEDED);
    }

    /** A transaction that has read a table and stays open. */
    private final class Reader implements AutoCloseable {

        private final java.sql.Connection connection;

        Reader() {
            try {
                connection = database.getConnection();
                connection.setAutoCommit(false);
                connection.createStatement().execute("select count(*) from projection.token");
            } catch (java.sql.SQLException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() {
            try {
                connection.rollback();
                connection.close();
            } catch (java.sql.SQLException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void what_one_process_leaves_another_carries_on() throws Exception {
        var before = rows();
        Rebuilds second = rebuilds();
        try (var _ = new Reader()) {
            rebuilds.start("lookup", null);
            await().until(() -> status("lookup").phase().equals("swapping"));
            rebuilds.close();
            assertThat(second.status("lookup").orElseThrow().state()).isEqualTo(State.RUNNING);
            log.append(100);
        }
        second.resume();
        assertThat(ended("lookup").state()).isEqualTo(State.SUCCEEDED);
        assertThat(rows().get("token").size()).isGreaterThan(before.get("token").size());
        second.close();
    }

    @Test
    void what_was_folded_and_not_written_when_a_process_ended_is_folded_again() throws Exception {
        for (var projection : projections) {
            var held = new Held(projection, 2);
            var first = rebuilds(List.of(held));
            first.start(projection.name(), null);
            held.reached.await();
            first.close();
            assertThat(status(projection.name()).position()).isBetween(1L, EVENTS - 1L);
            rebuilds.resume();
            var ended = ended(projection.name());
            assertThat(ended.state()).as("%s", ended).isEqualTo(State.SUCCEEDED);
            assertThat(ended.differences()).as("%s", ended).isZero();
            assertThat(ended.events()).isEqualTo(rows().get("audit_entry").size());
        }
    }

    @Test
    void who_is_erased_while_their_rows_are_only_in_memory_is_erased_in_the_new_tables() throws Exception {
        for (var projection : projections) {
            var held = new Held(projection, 2);
            try (var first = rebuilds(List.of(held))) {
                first.start(projection.name(), null);
                held.reached.await();
                var erased = erase();
                held.released.countDown();
                var ended = ended(projection.name());
                assertThat(ended.state()).as("%s", ended).isEqualTo(State.SUCCEEDED);
                assertThat(ended.differences()).as("%s", ended).isZero();
                assertThat(jdbc.sql("""
                    select a.display_name, t.name, t.allowed_addresses::text as list, k.allowed_addresses::text as lookup
                    from projection.account a
                        join projection.token k on k.account_id = a.account_id
                        join projection.token_list t on t.token_id = k.token_id
                    where a.account_id = ?\
                    """).param(erased).query().listOfRows())
                        .isNotEmpty()
                        .allSatisfy(row -> assertThat(row.values())
                                .allMatch(text -> text == null
                                        || List.of("erased", "{erased}", "{}").contains(text)));
            }
        }
    }

    /** As the server does: the events are in the live tables when the rebuild gets them. */
    private String erase() throws Exception {
        var before = LivePlaces.head(jdbc);
        var erased = log.erase();
        try (var connection = DriverManager.getConnection(database.getJdbcUrl())) {
            var entries = reader.read(connection, List.of(), before, LivePlaces.head(jdbc), List.of(), EVENTS);
            projections.forEach(projection -> projection.apply(entries, Tables.live(jdbc)));
        }
        cover();
        return erased;
    }

    /** Writes what every reading has brought, and stops before it has written so often. */
    private static final class Held implements Projection {

        private final Projection projection;
        private final AtomicInteger left;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        Held(Projection projection, int writes) {
            this.projection = projection;
            left = new AtomicInteger(writes);
        }

        @Override
        public String name() {
            return projection.name();
        }

        @Override
        public List<String> tables() {
            return projection.tables();
        }

        @Override
        public boolean isStreaming() {
            return projection.isStreaming();
        }

        @Override
        public List<String> loadIndexes() {
            return projection.loadIndexes();
        }

        @Override
        public Keyring keyring(List<LogEntry> entries) {
            return projection.keyring(entries);
        }

        @Override
        public Fold fold(Tables tables) {
            var fold = projection.fold(tables);
            return new Fold() {
                @Override
                public void add(List<LogEntry> entries, Keyring keyring) {
                    fold.add(entries, keyring);
                }

                @Override
                public boolean isFull() {
                    return true;
                }

                @Override
                public void write() {
                    if (left.decrementAndGet() == 0) {
                        reached.countDown();
                        try {
                            released.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    fold.write();
                }
            };
        }
    }

    @Test
    void an_event_that_cannot_be_read_stops_it_and_is_named() {
        var before = rows();
        jdbc.sql("alter table event.domain_event disable trigger all").update();
        jdbc.sql("update event.domain_event set payload_type = 'account.teleported' where global_index = 17")
                .update();
        var event = one("select event_identifier from event.domain_event where global_index = 17");
        for (var name : rebuilds.names()) {
            var failed = rebuild(name);
            assertThat(failed.state()).isEqualTo(State.FAILED);
            assertThat(failed.error()).contains(event, "position 17", "account.teleported");
        }
        assertThat(rows()).isEqualTo(before);
        assertThat(jdbc.sql("select count(*) from pg_class where relnamespace = 'shadow'::regnamespace")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void a_prepared_statement_survives_the_swap() throws Exception {
        try (var connection = DriverManager.getConnection(database.getJdbcUrl() + "&prepareThreshold=1");
                var read = connection.prepareStatement("select t.* from projection.token t where token_id = any (?)");
                var write = connection.prepareStatement("update projection.token set used = used where token_id = ?")) {
            var token = one("select token_id from projection.token limit 1");
            read.setArray(1, connection.createArrayOf("text", new String[] {token}));
            write.setString(1, token);
            for (var i = 0; i < 3; i++) {
                for (var again = 0; again < 6; again++) {
                    try (var rows = read.executeQuery()) {
                        assertThat(rows.next()).isTrue();
                    }
                    assertThat(write.executeUpdate()).isEqualTo(1);
                }
                assertThat(rebuild("lookup").state()).isEqualTo(State.SUCCEEDED);
            }
        }
    }
}
