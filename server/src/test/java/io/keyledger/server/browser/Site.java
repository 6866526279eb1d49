package io.keyledger.server.browser;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import io.keyledger.server.journey.ServerProcess;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The server that all browser tests visit, in a process of its own, and people who use it. What tests do with each
 * other's people is nothing: each makes its own.
 */
final class Site {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private Site() {}

    /** Started when it is asked for first, and killed with this JVM. */
    private static final class Running {
        static final HikariDataSource DATABASE = TestDatabase.createEmpty();
        static final ServerProcess SERVER = start();
        static final Client ADMINISTRATOR =
                People.signIn(SERVER.client(), ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);

        private static ServerProcess start() {
            var server = ServerProcess.onDatabase(TestDatabase.jdbcUrl(DATABASE))
                    .with("KEYLEDGER_PERMISSIONS_0_NAME", "invoices:read")
                    .with("KEYLEDGER_PERMISSIONS_0_DESCRIPTION", "Read invoices.")
                    .with("KEYLEDGER_PERMISSIONS_1_NAME", "invoices:approve")
                    .with("KEYLEDGER_PERMISSIONS_1_DESCRIPTION", "Approve invoices.")
                    .with("KEYLEDGER_PERMISSIONS_1_ADMINISTRATORSONLY", "true")
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(server::kill));
            return server;
        }
    }

    /** By number, as http://127.0.0.1:40123: browsers trust it as they do https, so that pages may use the clipboard. */
    static URI address() {
        return Running.SERVER.address();
    }

    static HikariDataSource database() {
        return Running.DATABASE;
    }

    /** Sends no credentials. */
    static Client anybody() {
        return Running.SERVER.client();
    }

    /** The first administrator, with a session. */
    static Client administrator() {
        return Running.ADMINISTRATOR;
    }

    /** Somebody new, with a session outside the browser, too. */
    static Person person() {
        return People.register(administrator(), anybody(), unique("person"));
    }

    /** A text that nobody else has. */
    static String unique(String text) {
        return text + "-" + COUNT.incrementAndGet();
    }
}
