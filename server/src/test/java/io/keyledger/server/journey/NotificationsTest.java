package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Events reach the projections of another node at once, and not much later when nobody tells it of them. */
class NotificationsTest {

    private static final int CHANGES = 41;

    private static HikariDataSource database;
    private static JdbcClient jdbc;
    private static Proxy proxy;
    private static List<ServerProcess> nodes = List.of();
    private static Client administrator;

    /** The projections are the query node's, which reaches its database through the proxy. */
    @BeforeAll
    static void start() throws IOException {
        database = TestDatabase.createEmpty();
        jdbc = JdbcClient.create(database);
        var url = TestDatabase.jdbcUrl(database);
        var port = URI.create(url.substring("jdbc:".length())).getPort();
        proxy = new Proxy(port, Proxy.Mode.OPEN);
        nodes = List.of(
                ServerProcess.onDatabase(url).with("KEYLEDGER_ROLES", "command").launch(),
                ServerProcess.onDatabase(url.replace(":" + port, ":" + proxy.port()))
                        .with("KEYLEDGER_ROLES", "query")
                        .launch());
        nodes.forEach(ServerProcess::awaitReady);
        administrator = People.signIn(command().client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
    }

    @AfterAll
    static void stop() throws IOException {
        nodes.forEach(ServerProcess::close);
        if (proxy != null) {
            proxy.close();
        }
        if (database != null) {
            database.close();
        }
    }

    private static ServerProcess command() {
        return nodes.getFirst();
    }

    private static ServerProcess query() {
        return nodes.getLast();
    }

    @Test
    void an_event_reaches_another_nodes_projections_within_100_ms() {
        awaitTold();
        var delays = new ArrayList<Duration>();
        for (var i = 0; i < CHANGES; i++) {
            delays.add(delay());
        }
        Collections.sort(delays);
        System.out.printf("median %s, longest %s%n", delays.get(CHANGES / 2), delays.getLast());
        // Looking once in a second alone, half of them would take longer than 500 ms.
        assertThat(delays.get(CHANGES / 2)).isLessThan(Duration.ofMillis(100));
    }

    @Test
    void when_the_connection_that_listens_is_lost_in_silence_events_still_come_and_it_is_made_anew() {
        awaitTold();
        var lost = listeningPort().orElseThrow();
        proxy.loseConnectionOf(lost);
        for (var i = 0; i < 3; i++) {
            assertThat(delay()).isLessThan(Duration.ofSeconds(2));
        }
        await().atMost(Duration.ofSeconds(6))
                .until(() -> query().output().contains("New events of other nodes are not told any more"));
        await().atMost(Duration.ofSeconds(6))
                .until(() -> listeningPort().filter(port -> !port.equals(lost)).isPresent());
        awaitTold();
        assertThat(delay()).isLessThan(Duration.ofMillis(900));
    }

    /** From the answer to a change until both projections have stored that they are past it. */
    private static Duration delay() {
        var changed = administrator.patch("/api/account", "{\"displayName\": \"%d\"}".formatted(System.nanoTime()));
        var answered = System.nanoTime();
        assertThat(changed.status()).as("%s", changed).isEqualTo(200);
        var position = Long.parseLong(changed.header("Keyledger-Position"));
        while (jdbc.sql("""
            select min((convert_from(token, 'UTF8')::jsonb ->> 'index')::bigint) from state.token_entry\
            """).query(Long.class).single() < position) {
            LockSupport.parkNanos(2_000_000);
        }
        return Duration.ofNanos(System.nanoTime() - answered);
    }

    private static void awaitTold() {
        await().atMost(Duration.ofSeconds(10))
                .until(() -> query().client()
                        .get("/actuator/health")
                        .json()
                        .at("/components/projections/details/eventsAreTold")
                        .asBoolean());
    }

    /** That of the newest, as a lost connection stays in PostgreSQL's list. */
    private static Optional<Integer> listeningPort() {
        return jdbc.sql("""
            select client_port from pg_stat_activity where application_name = 'keyledger notifications'
                and datname = current_database() order by backend_start desc limit 1\
            """).query(Integer.class).optional();
    }
}
