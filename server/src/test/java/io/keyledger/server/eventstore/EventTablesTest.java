package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import java.sql.SQLException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

class EventTablesTest {

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcTemplate sql = new JdbcTemplate(database);

    @AfterEach
    void close() {
        database.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update event.domain_event set type = 'Other'",
                "delete from event.domain_event",
                "truncate event.domain_event"
            })
    void events_are_never_changed_or_removed(String change) throws SQLException {
        try (EventWriter writer = new EventWriter(database)) {
            writer.append();
            writer.commit();
        }
        assertThatThrownBy(() -> sql.execute(change)).hasMessageContaining("Events are never changed or removed");
        assertThat(sql.queryForObject("select count(*) from event.domain_event where type = 'Sample'", Long.class))
                .isEqualTo(1);
    }

    @Test
    void a_global_index_cannot_be_chosen() {
        assertThatThrownBy(() -> sql.execute("insert into event.domain_event (global_index) values (5)"))
                .hasMessageContaining("global_index");
    }

    /** Statement triggers fire in the order of their names, so this one looks after the one that is tested. */
    @Test
    void a_transaction_has_its_id_before_it_draws_an_index() {
        sql.execute("create table seen (drawn_until bigint, transaction_id xid8)");
        sql.execute("""
            create function look() returns trigger language plpgsql as $$
            declare
                transaction_id xid8 := pg_current_xact_id_if_assigned();
            begin
                insert into seen select case when is_called then last_value else 0 end, transaction_id
                from event.domain_event_global_index_seq;
                return null;
            end
            $$
            """);
        sql.execute("create trigger look before insert on event.domain_event execute function look()");

        sql.execute("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, occurred_at,
                payload_type, payload_revision, payload, metadata)
            select n, n, 0, now(), 'sample', '1', '', '' from generate_series(1, 3) as n
            """);
        sql.execute("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, occurred_at,
                payload_type, payload_revision, payload, metadata)
            values ('4', '4', 0, now(), 'sample', '1', '', ''), ('5', '5', 0, now(), 'sample', '1', '', '')
            """);
        assertThat(sql.queryForList("select drawn_until from seen where transaction_id is not null", Long.class))
                .containsExactly(0L, 3L);
        assertThat(sql.queryForList("select global_index from event.domain_event", Long.class))
                .containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void the_servers_role_adds_events_and_changes_none_when_another_owns_them() {
        sql.execute("create role ledger_owner login");
        sql.execute("create role ledger_server login");
        sql.execute("create database owned owner ledger_owner");
        String url = database.getJdbcUrl().replaceFirst("/test\\d+", "/owned");
        try (HikariDataSource owner = pool(url, "ledger_owner", 4);
                HikariDataSource server = pool(url, "ledger_server", 1)) {
            TestDatabase.migrate(owner, "ledger_server");
            // All over one connection, as currval() is about a session.
            JdbcTemplate asServer = new JdbcTemplate(server);
            asServer.execute("""
                insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number,
                    occurred_at, payload_type, payload_revision, payload, metadata)
                values ('e', 'a', 0, now(), 'sample', '1', '', '')
                """);
            assertThat(asServer.queryForObject("select max(global_index) from event.domain_event", Long.class))
                    .isEqualTo(1);
            asServer.queryForObject("select currval('event.domain_event_global_index_seq')", Long.class);
            asServer.execute("delete from state.token_entry");
            rebuildTokenList(asServer);
            for (String refused : new String[] {
                "update event.domain_event set type = 'Other'",
                "delete from event.domain_event",
                "truncate event.domain_event",
                "alter table event.domain_event disable trigger all",
                "create table event.other (id bigint)",
                "create table projection.other (id bigint)",
                "create table shadow.other (id bigint)",
                "drop table projection.token_list",
                "select nextval('event.domain_event_global_index_seq')"
            }) {
                assertThatThrownBy(() -> asServer.execute(refused))
                        .as(refused)
                        .rootCause()
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("42501"));
            }

            TestDatabase.migrate(owner, "ledger_server");
            asServer.execute("delete from projection.token_list");
            assertThatThrownBy(() -> asServer.execute("select shadow.prepare(array['domain_event'])"))
                    .hasMessageContaining("There is no table projection.domain_event");
        }
    }

    /** By functions of the owner, who owns the new table, too. */
    private static void rebuildTokenList(JdbcTemplate asServer) {
        asServer.execute("select shadow.prepare(array['token_list'])");
        asServer.execute("""
            insert into shadow.token_list (token_id, account_id, name, name_key, permissions, hint, created_at, version)
            values ('tok_1', 'acc_1', 'a', 'a', '{}', 'h', now(), 0)
            """);
        asServer.queryForList("""
            select indexname from pg_indexes
            where schemaname = 'projection' and tablename = 'token_list' and indexname <> 'token_list_pkey'
            """, String.class)
                .forEach(index -> asServer.execute("select shadow.add_index('" + index + "')"));
        asServer.execute("select shadow.swap(array['token_list'])");
        assertThat(asServer.queryForList("select token_id from projection.token_list", String.class))
                .containsExactly("tok_1");
        assertThat(asServer.queryForObject(
                        "select tableowner from pg_tables where schemaname = 'projection' and tablename = 'token_list'",
                        String.class))
                .isEqualTo("ledger_owner");
    }

    @Test
    void servers_that_start_at_once_do_not_disturb_each_other() throws Exception {
        try (var servers = Executors.newFixedThreadPool(4)) {
            var migrations = Stream.generate(() -> servers.submit(() -> TestDatabase.migrate(database, "postgres")))
                    .limit(40)
                    .toList();
            for (var migration : migrations) {
                migration.get();
            }
        }
    }

    @Test
    void migrating_again_changes_nothing() {
        TestDatabase.migrate(database, "postgres");
    }

    private static HikariDataSource pool(String url, String role, int size) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(url.replaceFirst("user=\\w+", "user=" + role));
        pool.setMaximumPoolSize(size);
        return new HikariDataSource(pool);
    }
}
