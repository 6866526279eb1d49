package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.api.Event;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Tables;
import io.keyledger.query.authentication.LookupProjection;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.database.JdbcPersonalDataKeys;
import io.keyledger.server.database.MasterKey;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.eventstore.PostgresEventStorageEngine;
import io.keyledger.server.journey.Client.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.axonframework.serialization.upcasting.event.NoOpEventUpcaster;
import org.axonframework.spring.jdbc.SpringDataSourceConnectionProvider;
import org.axonframework.spring.messaging.unitofwork.SpringTransactionManager;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/** Every projection can be thrown away: built again from the events, it is the same row by row. */
class RebuildTest {

    private static final int PEOPLE = 6;
    private static final String NEW_PASSWORD = "eight wooden ladders";

    @Test
    void what_is_rebuilt_from_the_events_equals_what_was_there() throws Exception {
        try (var nodes = Nodes.start(2)) {
            busyHistory(nodes);
            createBeforeTheNameIsFree(nodes);
            awaitProjections(nodes);
            nodes.stopServers();
            var live = rows(nodes.jdbc());
            assertThat(live).allSatisfy((_, rows) -> assertThat(rows).hasSizeGreaterThan(PEOPLE));

            rebuildStreaming(nodes);
            rebuildLookup(nodes.database());

            rows(nodes.jdbc())
                    .forEach((table, rows) -> assertThat(rows).as(table).isEqualTo(live.get(table)));
        }
    }

    private static Map<String, List<String>> rows(JdbcClient jdbc) {
        return Stream.of(
                        "projection.account",
                        "projection.token",
                        "projection.token_value",
                        "projection.token_list",
                        "projection.audit_entry")
                .collect(Collectors.toMap(
                        table -> table,
                        table -> jdbc.sql("select t::text from " + table + " t order by 1")
                                .query(String.class)
                                .list()));
    }

    private static void busyHistory(Nodes nodes) throws InterruptedException, ExecutionException {
        var administrator = nodes.administrator();
        var lives = new ArrayList<Callable<Boolean>>();
        for (var i = 0; i < PEOPLE; i++) {
            var number = i;
            lives.add(() -> {
                live(nodes, administrator, number);
                return true;
            });
        }
        // No more, as each waits for places to hash passwords, and two seconds at most.
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (var life : threads.invokeAll(lives)) {
                assertThat(life.get()).isTrue();
            }
        }
    }

    /** All that can happen to an account and its tokens, some of it refused. */
    private static void live(Nodes nodes, Client administrator, int number) {
        var person = People.register(administrator, nodes.turn(number).client(), "person" + number);
        var here = person.session().at(nodes.turn(number));
        var there = person.session().at(nodes.turn(number + 1));
        for (var i = 0; i < 6; i++) {
            var token = People.createToken(here, "token " + i, "tokens:read");
            var path = "/api/tokens/" + token.id();
            // In this order, so that names are given up and taken again.
            done(
                    there.patch(
                            path, "{\"name\": \"Renamed %d\", \"description\": \"of %d\"}".formatted(i % 3, number)),
                    true);
            done(here.patch(path, "{\"permissions\": [], \"description\": null}"), true);
            done(
                    there.patch(
                            path,
                            "{\"expiresAt\": \"%s\"}".formatted(Instant.now().plusMillis(i % 2 == 0 ? 3_000 : 90_000))),
                    true);
            done(there.delete("/api/tokens/" + (i == 1 ? "tok_unknown" : token.id())), i != 1);
            assertThat(here.patch(path, "{\"name\": \"too late\"}").status()).isEqualTo(i == 1 ? 200 : 409);
        }
        for (var i = 0; i < 3; i++) {
            var expiring =
                    done(here.post("/api/tokens", """
                        {"name": "expiring %d", "expiresAt": "%s"}\
                        """.formatted(i, Instant.now().plusMillis(3_000))), true);
            if (i == 0) {
                done(there.patch("/api/tokens/" + People.issued(expiring).id(), "{\"expiresAt\": null}"), true);
            }
        }
        done(here.patch("/api/account", """
            {"displayName": "Somebody else", "email": "moved%d@example.org", "currentPassword": "%s"}\
            """.formatted(number, People.PASSWORD)), true);
        done(there.put("/api/account/password", """
            {"currentPassword": "%s", "newPassword": "%s", "confirmNewPassword": "%2$s", "endOtherSessions": %s}\
            """.formatted(People.PASSWORD, NEW_PASSWORD, number % 2 == 0)), true);
        var account = "/api/accounts/" + person.accountId();
        done(administrator.patch(account, "{\"enabled\": false}"), true);
        if (number % 2 == 0) {
            done(administrator.patch(account, "{\"enabled\": true, \"administrator\": true}"), true);
        }
        if (number % 3 == 0) {
            done(administrator.patch(account, "{\"administrator\": false}"), true);
        }
        done(administrator.post(account + "/reset-link", "{}"), number % 2 == 0);
        if (number % 3 == 1) {
            done(administrator.delete(account + "/personal-data"), true);
        }
    }

    private static Answer done(Answer answer, boolean accepted) {
        assertThat(answer.status() < 300).as("%s", answer).isEqualTo(accepted);
        return answer;
    }

    /**
     * An event's index is drawn before the unique index of the names has let it pass: here a creation comes before the
     * renaming that has made room for it.
     */
    private static void createBeforeTheNameIsFree(Nodes nodes) throws Exception {
        var person = People.register(nodes.administrator(), nodes.node(0).client(), "contender");
        var first = People.createToken(person.session(), "contested");
        var jdbc = nodes.jdbc();
        jdbc.sql("""
            create function public.wait() returns trigger language plpgsql as $$
            begin
                if not exists (select from projection.token where token_id = new.token_id) then
                    perform pg_advisory_xact_lock(4711);
                end if;
                return new;
            end
            $$\
            """).update();
        jdbc.sql("create trigger waits before insert on projection.token for each row execute function public.wait()")
                .update();
        Answer second;
        try (var holding = nodes.database().getConnection();
                var statement = holding.createStatement();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            statement.execute("select pg_advisory_lock(4711)");
            var creation = threads.submit(() -> People.tryCreateToken(person.session(), "Contested"));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> jdbc.sql(
                                    "select exists (select from pg_locks where locktype = 'advisory' and objid = 4711"
                                            + " and not granted)")
                            .query(Boolean.class)
                            .single());
            done(
                    person.session().at(nodes.node(1)).patch("/api/tokens/" + first.id(), "{\"name\": \"made room\"}"),
                    true);
            statement.execute("select pg_advisory_unlock(4711)");
            second = done(creation.get(), true);
        }
        jdbc.sql("drop trigger waits on projection.token").update();
        // Of these two alone: tokens of others expire meanwhile.
        assertThat(jdbc.sql("select aggregate_identifier from event.domain_event where aggregate_identifier in (?, ?)"
                                + " order by global_index desc limit 2")
                        .params(first.id(), People.issued(second).id())
                        .query(String.class)
                        .list())
                .containsExactly(first.id(), People.issued(second).id());
    }

    private static void awaitProjections(Nodes nodes) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> nodes.jdbc().sql("""
                    select not exists (select from projection.token
                                       where expires_at < now() + interval '10 s' and not expired and not revoked)
                       and (select count(*) from event.domain_event) = (select count(*) from projection.audit_entry)
                       and (select min((convert_from(token, 'UTF8')::jsonb ->> 'index')::bigint) from state.token_entry)
                           = (select max(global_index) from event.domain_event)\
                    """).query(Boolean.class).single());
    }

    /** By a server that finds them empty, and its processors at no position. */
    private static void rebuildStreaming(Nodes nodes) {
        var jdbc = nodes.jdbc();
        jdbc.sql("delete from projection.token_list").update();
        jdbc.sql("delete from projection.audit_entry").update();
        jdbc.sql("delete from state.token_entry").update();
        ServerProcess.onDatabase(TestDatabase.jdbcUrl(nodes.database())).start().close();
    }

    /** Without its unique indexes meanwhile: in the order of the log, two may have a name for a moment. */
    private static void rebuildLookup(DataSource database) {
        var jdbc = JdbcClient.create(database);
        jdbc.sql("delete from projection.token").update();
        jdbc.sql("delete from projection.token_value").update();
        jdbc.sql("delete from projection.account_owner").update();
        jdbc.sql("delete from projection.account").update();
        jdbc.sql("drop index projection.token_name, projection.account_email").update();
        var keys = new JdbcPersonalDataKeys(new JdbcTemplate(database), MasterKey.of(ServerProcess.MASTER_KEY));
        var projection = new LookupProjection(keys);
        var transactions = new SpringTransactionManager(new DataSourceTransactionManager(database));
        var engine = new PostgresEventStorageEngine(
                new SpringDataSourceConnectionProvider(database),
                transactions,
                new EventSerializer(Event.types()),
                NoOpEventUpcaster.INSTANCE,
                100);
        try (var events = engine.readEvents(null, false)) {
            // As by replay: what was refused when it happened is not in the log.
            events.forEach(event -> projection.apply(
                    List.of(new LogEntry(LogEntry.NOT_YET, event)), Tables.beside(jdbc, "projection")));
        }
        jdbc.sql("create unique index account_email on projection.account (email_key)")
                .update();
        jdbc.sql("create unique index token_name on projection.token (account_id, name_key)")
                .update();
    }
}
