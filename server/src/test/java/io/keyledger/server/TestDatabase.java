package io.keyledger.server;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.JdbcTemplate;

/** A real PostgreSQL for tests: one server for the JVM, and an empty, migrated database for whoever asks. */
public final class TestDatabase {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private TestDatabase() {}

    /** A pool on a new database. Closing the pool is up to the test; the server ends with the JVM. */
    public static HikariDataSource create() {
        return createFrom(Migrated.TEMPLATE);
    }

    public static void migrate(DataSource owner, String serverRole) {
        Flyway.configure()
                .dataSource(owner)
                .defaultSchema("state")
                .schemas("state", "event", "projection")
                .placeholders(Map.of("serverRole", serverRole))
                .load()
                .migrate();
    }

    /** The address of a database that was made here; any password will do for the role postgres. */
    public static String jdbcUrl(HikariDataSource database) {
        return database.getJdbcUrl();
    }

    /** As {@link #create()}, without the migrations. */
    public static HikariDataSource createEmpty() {
        return createFrom("template1");
    }

    /** As it is now, when nobody else is connected to it: a backup. */
    public static HikariDataSource copyOf(HikariDataSource database) {
        var name = database.getJdbcUrl().replaceFirst(".*/([^/?]*)(\\?.*)?$", "$1");
        database.close();
        return createFrom(name);
    }

    private static HikariDataSource createFrom(String template) {
        String name = "test" + COUNT.incrementAndGet();
        execute("create database " + name + " template " + template);
        return pool(name);
    }

    private static void execute(String sql) {
        new JdbcTemplate(Server.POSTGRES.getPostgresDatabase()).execute(sql);
    }

    private static HikariDataSource pool(String name) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(Server.POSTGRES.getJdbcUrl("postgres", name));
        pool.setMaximumPoolSize(16);
        pool.setMinimumIdle(0);
        return new HikariDataSource(pool);
    }

    /** Migrating takes ten times as long as copying what was migrated. */
    private static final class Migrated {
        static final String TEMPLATE = make();

        private static String make() {
            execute("create database migrated");
            try (HikariDataSource database = pool("migrated")) {
                migrate(database, "postgres");
            }
            return "migrated";
        }
    }

    private static final class Server {
        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
