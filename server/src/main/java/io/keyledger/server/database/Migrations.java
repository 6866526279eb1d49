package io.keyledger.server.database;

import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.settings.ConfigurationMistake;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;

/** Brings the schema up to date, as the role that owns it. */
public final class Migrations {

    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
    private static final int OLDEST_POSTGRESQL = 15;

    private static final String DATASOURCE = "spring.datasource.username or spring.datasource.password"
            + " (SPRING_DATASOURCE_USERNAME, SPRING_DATASOURCE_PASSWORD)";
    private static final String FLYWAY =
            "spring.flyway.user or spring.flyway.password (SPRING_FLYWAY_USER, SPRING_FLYWAY_PASSWORD)";

    private Migrations() {}

    /**
     * @throws ConfigurationMistake when waiting does not help
     * @throws DataAccessException when the database cannot be reached right now
     */
    public static void run(Database database) {
        var flyway = flyway(database);
        refuseNewer(flyway);
        flyway.migrate();
        if (database.username().equals(database.ownerUsername())) {
            LOG.warn(
                    "The server's database role {} owns the events and could alter them; set SPRING_FLYWAY_USER and"
                            + " SPRING_FLYWAY_PASSWORD to a role of its own (see deploy/roles.sql)",
                    database.username());
        }
    }

    /**
     * Sees to it that the schema is this version's, and changes nothing: a running server may be an older one.
     *
     * @throws ConfigurationMistake when it is not
     * @throws DataAccessException when the database cannot be reached right now
     */
    public static void requireDone(Database database) {
        var flyway = flyway(database);
        refuseNewer(flyway);
        var migrations = flyway.info();
        if (migrations.current() == null) {
            throw new ConfigurationMistake(
                    "The database is empty.", "Start the server on it first, or give the address of the server's.");
        }
        if (migrations.pending().length > 0) {
            throw new ConfigurationMistake(
                    "The database has the schema of an older version ("
                            + migrations.current().getVersion() + ").",
                    "Start the server of this version first, or use the command of the server's version.");
        }
    }

    private static Flyway flyway(Database database) {
        check(database.url(), database.username(), database.password(), DATASOURCE);
        check(database.url(), database.ownerUsername(), database.ownerPassword(), FLYWAY);
        return Flyway.configure()
                .dataSource(database.url(), database.ownerUsername(), database.ownerPassword())
                .locations("classpath:db/migration")
                .defaultSchema("state")
                .schemas("state", "event", "projection")
                .createSchemas(true)
                .placeholders(Map.of("serverRole", database.username()))
                .load();
    }

    private static void refuseNewer(Flyway flyway) {
        for (var migration : flyway.info().all()) {
            if (migration.getState().name().startsWith("FUTURE")) {
                throw new ConfigurationMistake(
                        "The database has the schema of a newer version (" + migration.getVersion() + ").",
                        "Start the version that made it, or a newer one.");
            }
        }
    }

    private static void check(String url, String username, String password, String settings) {
        var properties = new Properties();
        properties.setProperty("user", username);
        properties.setProperty("password", password);
        // Seconds: one that accepts connections and says nothing is not there either.
        properties.setProperty("loginTimeout", "5");
        try (var connection = DriverManager.getConnection(url, properties)) {
            var version = connection.getMetaData().getDatabaseMajorVersion();
            if (version < OLDEST_POSTGRESQL) {
                throw new ConfigurationMistake(
                        "spring.datasource.url (SPRING_DATASOURCE_URL) leads to PostgreSQL " + version + ".",
                        "Use PostgreSQL " + OLDEST_POSTGRESQL + " or later.");
            }
        } catch (SQLException e) {
            var state = Objects.requireNonNullElse(e.getSQLState(), "");
            switch (state) {
                case "28P01", "28000" ->
                    throw new ConfigurationMistake(
                            "PostgreSQL refuses the role " + username + ": " + settings + " is wrong.",
                            "Give a role that may sign in to the database, and its password.");
                case "3D000" ->
                    throw new ConfigurationMistake(
                            "The database named in spring.datasource.url (SPRING_DATASOURCE_URL) does not exist.",
                            "Create it; deploy/roles.sql does.");
                default -> throw new DataAccessResourceFailureException(String.valueOf(e.getMessage()), e);
            }
        }
    }
}
