package io.keyledger.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import io.keyledger.server.journey.Proxy;
import io.keyledger.server.journey.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the tests of this package share: a Keyledger that believes the gateway, a backend, an nginx in front of it, and
 * people. Each is started when it is asked for first, and ends with this JVM.
 */
final class GatewaySite {

    static final String READ_INVOICES = "invoices:read";
    static final String APPROVE_INVOICES = "invoices:approve";

    private static final AtomicInteger COUNT = new AtomicInteger();

    private GatewaySite() {}

    private static final class Keyledger {
        static final HikariDataSource DATABASE = TestDatabase.createEmpty();
        static final Proxy WAY_TO_DATABASE = way();
        static final ServerProcess SERVER = start();
        static final Client ADMINISTRATOR =
                People.signIn(SERVER.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);

        private static URI database() {
            return URI.create(TestDatabase.jdbcUrl(DATABASE).substring("jdbc:".length()));
        }

        private static Proxy way() {
            try {
                return new Proxy(database().getPort(), Proxy.Mode.OPEN);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static ServerProcess start() {
            var server = ServerProcess.onDatabase("jdbc:postgresql://127.0.0.1:%d%s"
                            .formatted(WAY_TO_DATABASE.port(), database().getPath()))
                    .with("KEYLEDGER_TRUSTED_PROXIES", "127.0.0.1/32")
                    .with("KEYLEDGER_PERMISSIONS_0_NAME", READ_INVOICES)
                    .with("KEYLEDGER_PERMISSIONS_0_DESCRIPTION", "Read invoices.")
                    .with("KEYLEDGER_PERMISSIONS_1_NAME", APPROVE_INVOICES)
                    .with("KEYLEDGER_PERMISSIONS_1_DESCRIPTION", "Approve invoices.")
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(server::kill));
            return server;
        }
    }

    private static final class Gateway {
        static final Backend BACKEND = new Backend();
        static final Nginx NGINX = start();

        private static Nginx start() {
            var nginx = Nginx.start(Keyledger.SERVER.address(), BACKEND.address());
            Runtime.getRuntime().addShutdownHook(new Thread(nginx::close));
            return nginx;
        }
    }

    static ServerProcess keyledger() {
        return Keyledger.SERVER;
    }

    /** Does this while Keyledger's database is away, and waits until all of Keyledger has it back. */
    static void withoutDatabase(Runnable action) {
        Keyledger.WAY_TO_DATABASE.mode(Proxy.Mode.CUT);
        try {
            action.run();
        } finally {
            Keyledger.WAY_TO_DATABASE.mode(Proxy.Mode.OPEN);
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                var token = People.createToken(person().session(), "back");
                assertThat(client().token(token.value()).get("/").status()).isEqualTo(200);
            });
        }
    }

    static Backend backend() {
        return Gateway.BACKEND;
    }

    /** At the gateway, without credentials. */
    static Client client() {
        return new Client(Gateway.NGINX.address());
    }

    /** The first administrator, with a session at Keyledger. */
    static Client administrator() {
        return Keyledger.ADMINISTRATOR;
    }

    /** Somebody new, with a session at Keyledger. */
    static Person person() {
        return People.register(administrator(), keyledger().client(), unique("person"));
    }

    /** A text that nobody else has. */
    static String unique(String text) {
        return text + "-" + COUNT.incrementAndGet();
    }
}
