package io.keyledger.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.command.account.FamiliarClients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@Timeout(60)
class FamiliarClientsTest {

    private final SettableClock clock = new SettableClock();
    private HikariDataSource database;
    private JdbcClient jdbc;
    private FamiliarClients clients;

    @BeforeEach
    void start() {
        database = TestDatabase.create();
        jdbc = JdbcClient.create(database);
        clients = new FamiliarClients(database, key("a"), clock);
    }

    @AfterEach
    void stop() {
        database.close();
    }

    @Test
    void an_account_knows_the_address_and_the_browser_it_signed_in_from() {
        var browser = FamiliarClients.newBrowserId();
        assertThat(clients.knows("acc_1", "192.0.2.1", browser)).isFalse();

        clients.remember("acc_1", "192.0.2.1", browser);

        assertThat(clients.knows("acc_1", "192.0.2.1", null)).isTrue();
        assertThat(clients.knows("acc_1", "::ffff:192.0.2.1", null)).isTrue();
        assertThat(clients.knows("acc_1", "198.51.100.1", browser)).isTrue();
        assertThat(clients.knows("acc_1", "198.51.100.1", null)).isFalse();
        assertThat(clients.knows("acc_1", "198.51.100.1", FamiliarClients.newBrowserId()))
                .isFalse();
        assertThat(clients.knows("acc_1", "198.51.100.1", "192.0.2.1"))
                .as("an address is no browser")
                .isFalse();
        assertThat(clients.knows("acc_2", "192.0.2.1", browser)).isFalse();
    }

    @Test
    void a_script_without_a_browser_is_known_by_its_network() {
        clients.remember("acc_1", "2001:db8:0:7::1", null);

        assertThat(clients.knows("acc_1", "2001:db8:0:7::2", null)).isTrue();
        assertThat(clients.knows("acc_1", "2001:db8:0:8::1", null)).isFalse();
    }

    @Test
    void the_last_20_clients_of_each_account_are_kept() {
        clients.remember("acc_2", "192.0.2.1", null);
        for (int i = 1; i <= 20; i++) {
            clock.advance(Duration.ofSeconds(1));
            clients.remember("acc_1", "192.0.2." + i, null);
        }
        clock.advance(Duration.ofSeconds(1));
        clients.remember("acc_1", "192.0.2.1", null);
        clock.advance(Duration.ofSeconds(1));
        clients.remember("acc_1", "192.0.2.21", null);

        assertThat(clients.knows("acc_1", "192.0.2.1", null)).isTrue();
        assertThat(clients.knows("acc_1", "192.0.2.2", null)).isFalse();
        assertThat(clients.knows("acc_1", "192.0.2.3", null)).isTrue();
        assertThat(clients.knows("acc_1", "192.0.2.21", null)).isTrue();
        assertThat(clients.knows("acc_2", "192.0.2.1", null)).isTrue();
        assertThat(rows()).isEqualTo(21);
    }

    @Test
    void sign_ins_at_once_do_not_fail() throws Exception {
        var transactions = new TransactionTemplate(new JdbcTransactionManager(database));
        var results = new ArrayList<Future<?>>();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 1000; i++) {
                var address = "192.0.2." + i % 25;
                var browser = "browser-" + i % 7;
                results.add(callers.submit(() -> {
                    clock.advance(Duration.ofMillis(1));
                    transactions.executeWithoutResult(open -> clients.remember("acc_1", address, browser));
                }));
            }
            for (var result : results) {
                result.get();
            }
        }
        clients.remember("acc_1", "198.51.100.1", null);

        assertThat(rows()).isEqualTo(20);
    }

    @Test
    void an_erased_account_is_forgotten() {
        clients.remember("acc_1", "192.0.2.1", FamiliarClients.newBrowserId());
        clients.remember("acc_2", "192.0.2.1", null);

        clients.forget("acc_1");

        assertThat(clients.knows("acc_1", "192.0.2.1", null)).isFalse();
        assertThat(clients.knows("acc_2", "192.0.2.1", null)).isTrue();
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void a_dump_is_worth_nothing_without_the_key() {
        clients.remember("acc_1", "192.0.2.1", "browser-1");

        var withoutTheKey = new FamiliarClients(database, key("b"), clock);
        assertThat(withoutTheKey.knows("acc_1", "192.0.2.1", "browser-1")).isFalse();
    }

    @Test
    void a_browser_id_is_128_random_bits_for_a_cookie() {
        assertThat(FamiliarClients.newBrowserId())
                .matches("[A-Za-z0-9_-]{22}")
                .isNotEqualTo(FamiliarClients.newBrowserId());
    }

    private int rows() {
        return jdbc.sql("select count(*) from state.familiar_client")
                .query(Integer.class)
                .single();
    }

    private static SecretKey key(String text) {
        return new SecretKeySpec(text.repeat(32).getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }
}
