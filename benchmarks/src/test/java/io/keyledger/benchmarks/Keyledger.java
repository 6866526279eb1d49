package io.keyledger.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The server as its jar, with its own PostgreSQL, and the heap that the image has in a container of 850 MB.
 *
 * @param administrator a token that may do all that tokens may
 */
record Keyledger(Program program, Path directory, String administrator) {

    static final String EMAIL = "admin@localhost";
    static final String PASSWORD = "correct horse battery staple";

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = new JsonMapper();

    static Keyledger start(Path jar, Path directory) throws IOException, InterruptedException {
        var program = Program.java(
                List.of("-Xmx512m", "-jar", jar.toString()),
                environment(directory, 0),
                directory.resolveSibling("keyledger.log"),
                directory);
        return new Keyledger(program, directory, firstToken(program.url(), """
            "tokens:read", "tokens:write", "audit:read", "introspect", "accounts:provision"\
            """));
    }

    static Map<String, String> environment(Path directory, int port) {
        return Map.of(
                "SERVER_PORT",
                Integer.toString(port),
                "KEYLEDGER_DATA_DIR",
                directory.toString(),
                "KEYLEDGER_ADMIN_PASSWORD",
                PASSWORD);
    }

    /** The administrator's, who signs in for it. */
    static String firstToken(String url, String permissions) throws IOException, InterruptedException {
        return post(
                        url + "/api/tokens",
                        basic(EMAIL, PASSWORD),
                        "application/json",
                        "{\"name\": \"bench %d\", \"permissions\": [%s]}".formatted(System.nanoTime(), permissions))
                .path("value")
                .asString();
    }

    record Account(String id, String token) {}

    /** A new one, without a password, with a token that reads and writes tokens. */
    Account account(String name) throws IOException, InterruptedException {
        var id = post(
                        program.url() + "/api/accounts",
                        "Bearer " + administrator,
                        "application/json",
                        "{\"email\": \"%s@example.org\", \"displayName\": \"%s\"}".formatted(UUID.randomUUID(), name))
                .path("id")
                .asString();
        var token = post(
                        program.url() + "/api/accounts/" + id + "/tokens",
                        "Bearer " + administrator,
                        "application/json",
                        "{\"name\": \"bench\", \"permissions\": [\"tokens:read\", \"tokens:write\"]}")
                .path("value")
                .asString();
        return new Account(id, token);
    }

    /** @param owner a token that may change it */
    record Token(String id, String value, String owner) {}

    /** New ones, which read tokens, of so many new accounts. Neighbours are of different accounts. */
    List<Token> tokens(int accounts, int tokens) throws InterruptedException, ExecutionException {
        // Fewer than the server has connections: on a slow machine the others would be told to come again.
        try (var threads = Executors.newFixedThreadPool(8)) {
            var made = new ArrayList<Future<Account>>();
            for (var i = 0; i < accounts; i++) {
                var name = "Person %d of %d".formatted(i, accounts);
                made.add(threads.submit(() -> account(name)));
            }
            var answers = new ArrayList<Future<Token>>();
            for (var i = 0; i < tokens; i++) {
                var name = "token " + i;
                var owner = made.get(i % accounts).get().token();
                answers.add(threads.submit(() -> {
                    var token = post(
                            program.url() + "/api/tokens",
                            "Bearer " + owner,
                            "application/json",
                            "{\"name\": \"%s\", \"permissions\": [\"tokens:read\"]}".formatted(name));
                    return new Token(
                            token.path("id").asString(), token.path("value").asString(), owner);
                }));
            }
            var all = new ArrayList<Token>();
            for (var answer : answers) {
                all.add(answer.get());
            }
            return all;
        }
    }

    /** To its PostgreSQL, as the role that owns the tables. */
    Connection connect() throws IOException, SQLException {
        return connect("");
    }

    /** @param options of the session, as PostgreSQL's command line takes them */
    Connection connect(String options) throws IOException, SQLException {
        var properties = new Properties();
        properties.setProperty("user", "keyledger_owner");
        properties.setProperty("password", ownerPassword());
        properties.setProperty("options", options);
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:%s/keyledger".formatted(port()), properties);
    }

    /** Of its PostgreSQL. */
    String port() throws IOException {
        // The fourth line (PostgreSQL's miscadmin.h).
        return Files.readAllLines(directory.resolve("postgresql/postmaster.pid"))
                .get(3);
    }

    String ownerPassword() throws IOException {
        return Files.readString(directory.resolve("postgresql-owner-password")).strip();
    }

    static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    static String basic(String name, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    static JsonNode post(String url, String authorization, String type, String body)
            throws IOException, InterruptedException {
        var answer = HTTP.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Authorization", authorization)
                        .header("Content-Type", type)
                        .timeout(Duration.ofMinutes(1))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException("%s: %d %s".formatted(url, answer.statusCode(), answer.body()));
        }
        return JSON.readTree(answer.body());
    }
}
