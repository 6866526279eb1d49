package io.keyledger.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/** Keycloak on a PostgreSQL of its own, with a realm whose events and admin events are kept. */
record Keycloak(EmbeddedPostgres postgres, Program program) implements AutoCloseable {

    static final String CLIENT = "measured";
    static final String SECRET = "not-a-secret";
    static final String PROTOCOL = "/realms/bench/protocol/openid-connect/";
    static final String ADMIN = "/admin/realms/bench/";

    /** The person signs in with this. */
    static final String PASSWORD_GRANT =
            "grant_type=password&scope=openid&username=person&password=seven+wooden+ladders&client_id=" + CLIENT
                    + "&client_secret=" + SECRET;

    private static final String REALM = """
        {"realm": "bench", "enabled": true, "sslRequired": "none", "accessTokenLifespan": 86400,
         "ssoSessionIdleTimeout": 86400, "ssoSessionMaxLifespan": 86400,
         "eventsEnabled": true, "adminEventsEnabled": true, "adminEventsDetailsEnabled": true,
         "clients": [{"clientId": "measured", "enabled": true, "secret": "not-a-secret", "publicClient": false,
           "serviceAccountsEnabled": true, "directAccessGrantsEnabled": true,
           "protocolMappers": [{"name": "audience", "protocol": "openid-connect",
             "protocolMapper": "oidc-audience-mapper",
             "config": {"included.client.audience": "measured", "access.token.claim": "true"}}]}],
         "users": [
           {"username": "service-account-measured", "enabled": true, "serviceAccountClientId": "measured",
            "clientRoles": {"realm-management": ["realm-admin"]}},
           {"username": "person", "enabled": true, "email": "person@example.org", "emailVerified": true,
           "firstName": "A", "lastName": "Person",
           "credentials": [{"type": "password", "value": "seven wooden ladders"}]}]}\
        """;

    /** @param home an unpacked distribution */
    static Keycloak start(Path home, Path directory) throws IOException, InterruptedException {
        var postgres = Workbench.postgres(directory);
        try {
            var imports = Files.createDirectories(home.resolve("data/import"));
            Files.writeString(imports.resolve("bench.json"), REALM);
            int port;
            try (var free = new ServerSocket(0)) {
                port = free.getLocalPort();
            }
            var program = Program.start(
                    List.of(
                            "sh",
                            home.resolve("bin/kc.sh").toString(),
                            "start",
                            "--import-realm",
                            "--http-enabled=true",
                            "--hostname-strict=false",
                            "--http-port=" + port,
                            "--db=postgres"),
                    Map.of(
                            "KC_DB_URL",
                            postgres.getJdbcUrl("postgres", "postgres"),
                            "KC_DB_USERNAME",
                            "postgres",
                            "KC_DB_PASSWORD",
                            "postgres",
                            "JAVA_HOME",
                            System.getProperty("java.home")),
                    directory.resolve("keycloak.log"),
                    Pattern.compile("Listening on: "),
                    "http://127.0.0.1:" + port,
                    directory);
            return new Keycloak(postgres, program);
        } catch (IOException | InterruptedException | RuntimeException e) {
            postgres.close();
            throw e;
        }
    }

    /** An access token of the person, good for a day. */
    String personsToken() throws IOException, InterruptedException {
        return token(PASSWORD_GRANT);
    }

    /** An access token that may do everything in the realm, good for a day. */
    String administratorsToken() throws IOException, InterruptedException {
        return token("grant_type=client_credentials&client_id=" + CLIENT + "&client_secret=" + SECRET);
    }

    private String token(String form) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create(program.url() + PROTOCOL + "token"))
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .POST(HttpRequest.BodyPublishers.ofString(form))
                            .build(),
                    BodyHandlers.ofString());
            var token = new JsonMapper()
                    .readTree(answer.body())
                    .path("access_token")
                    .asString("");
            if (token.isEmpty()) {
                throw new IllegalStateException("Keycloak gives no token: " + answer.body());
            }
            return token;
        }
    }

    @Override
    public void close() throws IOException {
        program.close();
        postgres.close();
    }
}
