package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import java.sql.DriverManager;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class EventNotificationsTest {

    private final HikariDataSource database = TestDatabase.create();

    /** With a permit for each time that it is to look. */
    private final class Node implements AutoCloseable {

        final Semaphore looks = new Semaphore(0);
        final EventNotifications notifications;

        Node(String id) throws InterruptedException {
            notifications = new EventNotifications(
                    id,
                    () -> DriverManager.getConnection(TestDatabase.jdbcUrl(database), "postgres", ""),
                    JdbcClient.create(database));
            notifications.start(looks::release);
            // When it begins to listen.
            assertLooks();
        }

        void assertLooks() throws InterruptedException {
            assertThat(looks.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public void close() {
            notifications.close();
        }
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Notifications arrive in one order: what a node hears of another one comes after all that it has sent before. */
    @Test
    void a_node_is_told_of_the_events_of_others_and_not_of_its_own() throws InterruptedException {
        try (var one = new Node("one");
                var other = new Node("other")) {
            for (var i = 0; i < 5; i++) {
                one.notifications.send();
                other.assertLooks();
            }
            other.notifications.send();
            one.assertLooks();
            assertThat(one.looks.availablePermits()).isZero();
            assertThat(other.looks.availablePermits()).isZero();
        }
    }
}
