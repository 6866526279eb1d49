package io.keyledger.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.security.crypto.password.NoOpPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.server.authorization.JdbcOAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;

/** Spring Authorization Server on a PostgreSQL of its own, which keeps opaque tokens. */
record SpringAuthorizationServer(EmbeddedPostgres postgres, Program program) implements AutoCloseable {

    static final String CLIENT = "measured";
    static final String SECRET = "not-a-secret";

    private static final String REGISTRATION = "--spring.security.oauth2.authorizationserver.client.measured.";

    static SpringAuthorizationServer start(Path directory) throws IOException, InterruptedException {
        var postgres = Workbench.postgres(directory);
        try {
            var program = Program.java(
                    List.of(
                            "-cp",
                            System.getProperty("java.class.path"),
                            Application.class.getName(),
                            "--server.port=0",
                            "--spring.threads.virtual.enabled=true",
                            "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                            "--spring.datasource.hikari.maximum-pool-size=40",
                            // In memory: from tables it would be read anew for each question, on a second connection.
                            REGISTRATION + "registration.client-id=" + CLIENT,
                            REGISTRATION + "registration.client-secret=" + SECRET,
                            REGISTRATION + "registration.client-authentication-methods=client_secret_basic",
                            REGISTRATION + "registration.authorization-grant-types=client_credentials",
                            REGISTRATION + "token.access-token-format=reference",
                            REGISTRATION + "token.access-token-time-to-live=1d"),
                    Map.of(),
                    directory.resolve("spring.log"),
                    directory);
            return new SpringAuthorizationServer(postgres, program);
        } catch (IOException | InterruptedException | RuntimeException e) {
            postgres.close();
            throw e;
        }
    }

    /** An access token of the client, good for a day. */
    String token() throws IOException, InterruptedException {
        return Keyledger.post(
                        program.url() + "/oauth2/token",
                        Keyledger.basic(CLIENT, SECRET),
                        "application/x-www-form-urlencoded",
                        "grant_type=client_credentials")
                .path("access_token")
                .asString();
    }

    @Override
    public void close() throws IOException {
        program.close();
        postgres.close();
    }

    /** What runs in its process: Spring Boot's defaults, except where tokens are kept and how secrets are compared. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        /** Prints its port when it serves, and goes on until it is killed. */
        public static void main(String[] arguments) {
            var context = SpringApplication.run(Application.class, arguments);
            System.out.println("authorization server is ready: http://127.0.0.1:"
                    + context.getEnvironment().getRequiredProperty("local.server.port"));
        }

        /** In the table that it brings along, with the types that its comment names for PostgreSQL. */
        @Bean
        OAuth2AuthorizationService authorizations(JdbcOperations jdbc, RegisteredClientRepository clients)
                throws IOException {
            var table = new ClassPathResource("oauth2-authorization-schema.sql", OAuth2AuthorizationService.class)
                    .getContentAsString(StandardCharsets.UTF_8);
            jdbc.execute(table.replace(" blob ", " text ").replace(" timestamp ", " timestamptz "));
            return new JdbcOAuth2AuthorizationService(jdbc, clients);
        }

        /** Otherwise the first question puts a bcrypt hash in the secret's place, and every other one computes it. */
        @Bean
        @SuppressWarnings("deprecation") // Only because it is not safe.
        PasswordEncoder secrets() {
            return NoOpPasswordEncoder.getInstance();
        }
    }
}
