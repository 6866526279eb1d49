package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.token.TokenValue;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A value whose checksum is wrong never reaches the database: PostgreSQL itself counts what it was asked. */
class WrongChecksumTest {

    /** One after the other, so that no two of them could share a query; more than anything else runs meanwhile. */
    private static final int REQUESTS = 1_000;

    private static InstalledPostgres postgres;
    private static Connection connection;
    private static ServerProcess server;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException, SQLException {
        postgres = InstalledPostgres.start(
                directory, "shared_preload_libraries=pg_stat_statements", "pg_stat_statements.max=10000");
        connection = DriverManager.getConnection(postgres.jdbcUrl("postgres"), "postgres", "unused");
        try (var statement = connection.createStatement()) {
            statement.execute("create extension pg_stat_statements");
            statement.execute("create database keyledger");
        }
        server = ServerProcess.onDatabase(postgres.jdbcUrl("keyledger")).start();
    }

    @AfterAll
    static void stop() throws IOException, SQLException {
        if (server != null) {
            server.close();
        }
        if (connection != null) {
            connection.close();
        }
        if (postgres != null) {
            postgres.close();
        }
    }

    @Test
    void the_gateway_endpoint_asks_nothing() throws SQLException {
        assertNothingIsAsked(value -> bearer(value).get("/api/authenticate"));
    }

    @Test
    void the_api_asks_nothing() throws SQLException {
        assertNothingIsAsked(value -> bearer(value).get("/api/tokens"));
    }

    @Test
    void introspection_asks_nothing_when_it_is_the_value_of_whoever_asks() throws SQLException {
        var asked = People.createToken(server.client().administrator(), "asked", "tokens:read");
        assertNothingIsAsked(value -> introspect(bearer(value), asked.value()));
        assertNothingIsAsked(value -> introspect(server.client().password(asked.id(), value), asked.value()));
    }

    /** Both would be in one query, so PostgreSQL cannot tell; the server counts what it asks about. */
    @Test
    void introspection_asks_only_about_whoever_asks_when_it_is_the_value_in_question() {
        var asking = People.createToken(server.client().administrator(), "asking", "introspect");
        var before = lookUps();
        for (var i = 0; i < REQUESTS; i++) {
            var answer = introspect(bearer(asking.value()), wrong(asking.value()));
            assertThat(answer.status()).as("%s", answer).isEqualTo(200);
            assertThat(answer.json().path("active").asBoolean()).isFalse();
        }
        assertThat(lookUps() - before).isEqualTo(REQUESTS);
    }

    private static double lookUps() {
        return server.client()
                .get("/actuator/prometheus")
                .response()
                .body()
                .lines()
                .filter(line -> line.startsWith("keyledger_token_lookup_batch_sum "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private static void assertNothingIsAsked(Function<String, Client.Answer> request) throws SQLException {
        var value = TokenValue.generate("klt_").reveal();
        var before = calls();
        for (var i = 0; i < REQUESTS; i++) {
            assertThat(request.apply(wrong(value)).status()).isEqualTo(401);
        }
        assertThat(most(before)).isLessThan(REQUESTS);
        // With a right checksum all is asked, so it would have been seen.
        for (var i = 0; i < REQUESTS; i++) {
            assertThat(request.apply(value).status()).isEqualTo(401);
        }
        assertThat(most(before)).isGreaterThanOrEqualTo(REQUESTS);
    }

    private static String wrong(String value) {
        return value.substring(0, value.length() - 1) + (value.endsWith("0") ? '1' : '0');
    }

    private static Client bearer(String value) {
        return server.client().token(value);
    }

    private static Client.Answer introspect(Client client, String value) {
        return client.send("POST", "/oauth2/introspect", "application/x-www-form-urlencoded", "token=" + value);
    }

    /** By statement. */
    private static Map<String, Long> calls() throws SQLException {
        var calls = new HashMap<String, Long>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("select query, calls"
                        + " from pg_stat_statements join pg_database d on d.oid = dbid where datname = 'keyledger'")) {
            while (rows.next()) {
                calls.merge(rows.getString(1), rows.getLong(2), Long::sum);
            }
        }
        return calls;
    }

    /** How much the statement has grown that has grown most. */
    private static long most(Map<String, Long> before) throws SQLException {
        return calls().entrySet().stream()
                .mapToLong(entry -> entry.getValue() - before.getOrDefault(entry.getKey(), 0L))
                .max()
                .orElse(0);
    }
}
