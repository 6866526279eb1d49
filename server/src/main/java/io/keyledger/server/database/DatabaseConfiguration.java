package io.keyledger.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.query.authentication.TokenLookup;
import io.keyledger.server.postgresql.EmbeddedPostgres;
import io.keyledger.server.postgresql.EmbeddedPostgresException;
import io.keyledger.server.postgresql.SharedPostgres;
import io.keyledger.server.settings.ConfigurationMistake;
import io.keyledger.server.settings.KeyledgerSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.context.WebApplicationContext;

/** Connections to the one database, embedded or not, and what is derived from the master key. */
@Configuration(proxyBeanMethods = false)
public class DatabaseConfiguration {

    /** Commands, queries, sign-ins and projections share one pool, look-ups have their own and cannot be starved. */
    private static final int CONNECTIONS = 10;

    /** One for each kind of work that is done on one node at a time. */
    private static final int LOCKS = 3;

    /**
     * Whatever the database's defaults are: a commit counts when the synchronous standbys have it, and PostgreSQL says so
     * when it has not waited for them.
     */
    private static final String COMMITS = "-c synchronous_commit=on -c client_min_messages=warning";

    /** Whether a command may make the database of a data directory where there is none. */
    public static final String CREATE = "keyledger.create-database";

    /**
     * Where the database is, and as whom.
     *
     * @param ownerUsername the role that owns the tables, as which migrations run
     * @param embedded run by this server; absent: a database that somebody else runs
     * @param shared the embedded one, for a command; absent: another database, or a server's
     */
    public record Database(
            String url,
            String username,
            String password,
            String ownerUsername,
            String ownerPassword,
            @Nullable EmbeddedPostgres embedded,
            @Nullable SharedPostgres shared)
            implements AutoCloseable {

        /** Of a server of its own, which is stopped with it. */
        public static Database of(EmbeddedPostgres postgres) {
            return new Database(
                    postgres.jdbcUrl(),
                    postgres.username(),
                    postgres.password(),
                    postgres.ownerUsername(),
                    postgres.ownerPassword(),
                    postgres,
                    null);
        }

        boolean isInDataDirectory() {
            return embedded != null || shared != null;
        }

        /**
         * A connection of the server's role that belongs to no pool, for what takes long.
         *
         * @param name as PostgreSQL's activity shows it
         */
        public Connection connect(String name) throws SQLException {
            var properties = new Properties();
            properties.setProperty("user", username);
            properties.setProperty("password", password);
            properties.setProperty("ApplicationName", name);
            // Seconds; the second one for a server that accepts the connection and says nothing.
            properties.setProperty("connectTimeout", "5");
            properties.setProperty("loginTimeout", "5");
            properties.setProperty("tcpKeepAlive", "true");
            properties.setProperty("logServerErrorDetail", "false");
            return DriverManager.getConnection(url, properties);
        }

        @Override
        public void close() {
            if (embedded != null) {
                embedded.close();
            }
            if (shared != null) {
                shared.close();
            }
        }

        @Override
        public String toString() {
            return "Database[" + url + "]";
        }
    }

    @Bean
    Database theDatabase(Environment environment, KeyledgerSettings settings, ApplicationContext context) {
        var url = environment.getProperty("spring.datasource.url", "");
        if (url.isBlank()) {
            return context instanceof WebApplicationContext
                    ? embedded(settings)
                    : shared(settings, environment.getProperty(CREATE, Boolean.class, false));
        }
        if (!url.startsWith("jdbc:postgresql:")) {
            throw new ConfigurationMistake(
                    "spring.datasource.url (SPRING_DATASOURCE_URL) is not a PostgreSQL address.",
                    "Give an address such as jdbc:postgresql://db.example.org:5432/keyledger, or none for the embedded"
                            + " database.");
        }
        var username = required(environment, "spring.datasource.username", "SPRING_DATASOURCE_USERNAME");
        var password = environment.getProperty("spring.datasource.password", "");
        var owner = environment.getProperty("spring.flyway.user", "");
        return owner.isBlank()
                ? new Database(url, username, password, username, password, null, null)
                : new Database(
                        url,
                        username,
                        password,
                        owner,
                        environment.getProperty("spring.flyway.password", ""),
                        null,
                        null);
    }

    private static String required(Environment environment, String setting, String variable) {
        var value = environment.getProperty(setting, "");
        if (value.isBlank()) {
            throw new ConfigurationMistake(
                    setting + " (" + variable + ") is not set.", "Give it together with spring.datasource.url.");
        }
        return value;
    }

    private static Database embedded(KeyledgerSettings settings) {
        try {
            return Database.of(EmbeddedPostgres.start(settings.dataDir().toAbsolutePath()));
        } catch (EmbeddedPostgresException e) {
            throw new ConfigurationMistake(
                    String.valueOf(e.getMessage()),
                    "Set keyledger.data-dir (KEYLEDGER_DATA_DIR) for the embedded database, or SPRING_DATASOURCE_URL to"
                            + " use another one.");
        }
    }

    /** A command joins the server that runs on the directory, and makes no database by mistake. */
    private static Database shared(KeyledgerSettings settings, boolean create) {
        try {
            var postgres = SharedPostgres.open(settings.dataDir().toAbsolutePath(), create);
            return new Database(
                    postgres.jdbcUrl(),
                    postgres.username(),
                    postgres.password(),
                    postgres.ownerUsername(),
                    postgres.ownerPassword(),
                    null,
                    postgres);
        } catch (EmbeddedPostgresException e) {
            throw new ConfigurationMistake(String.valueOf(e.getMessage()), "");
        }
    }

    @Bean
    MasterKeys masterKeys(KeyledgerSettings settings, Database database) {
        if (settings.masterKey() != null && !settings.masterKey().isBlank()) {
            var previous = settings.previousMasterKey();
            return MasterKeys.of(
                    MasterKey.of(settings.masterKey()),
                    previous == null || previous.isBlank() ? null : MasterKey.ofPrevious(previous));
        }
        if (!database.isInDataDirectory()) {
            throw new ConfigurationMistake(
                    "keyledger.master-key (KEYLEDGER_MASTER_KEY) is not set, and the database is not the embedded one.",
                    "Give base64 of 32 random bytes, the same on every node, made for example by:"
                            + " openssl rand -base64 32");
        }
        return MasterKeys.inDirectory(settings.dataDir().toAbsolutePath());
    }

    /** For what may begin anew when the key is rotated: brakes, and what joins uses from one address. */
    @Bean
    MasterKey masterKey(MasterKeys masterKeys) {
        return masterKeys.configured();
    }

    @Bean
    @Primary
    HikariDataSource dataSource(Database database) {
        var config = pool("keyledger", CONNECTIONS, database);
        // For what is done behind the requests. These have less time, and for all their waits together (RequestWaits).
        config.setConnectionTimeout(2_000);
        // Seconds. A connection that the network has lost says nothing, for hours: who waits for it must be told.
        config.addDataSourceProperty("socketTimeout", "10");
        return new SharedPool(config);
    }

    /**
     * For locks that are held while what they guard takes connections of its own: a thread that has one and waits for
     * another must not have it from the same pool.
     */
    @Bean
    HikariDataSource lockDataSource(Database database) {
        var config = pool("locks", LOCKS, database);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(2_000);
        config.addDataSourceProperty("socketTimeout", "10");
        return new HikariDataSource(config);
    }

    @Bean
    HikariDataSource lookupDataSource(Database database) {
        var config = pool("lookup", TokenLookup.LANES, database);
        config.setConnectionTimeout(400);
        // A connection that hangs must not hold a lane for ever: look-ups fail after half a second anyway.
        config.addDataSourceProperty("socketTimeout", "2");
        config.addDataSourceProperty("options", COMMITS + " " + TokenLookup.CONNECTION_OPTIONS);
        return new HikariDataSource(config);
    }

    private static HikariConfig pool(String name, int size, Database database) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(database.url());
        config.setUsername(database.username());
        config.setPassword(database.password());
        config.setMaximumPoolSize(size);
        // The start does not fail when the database is down: it is waited for, and requests get 503 meanwhile.
        config.setInitializationFailTimeout(-1);
        config.setValidationTimeout(1_000);
        config.addDataSourceProperty("ApplicationName", "keyledger " + name);
        config.addDataSourceProperty("connectTimeout", "2");
        // Seconds. Cancelling a statement, which takes a connection of its own, must not hang for longer than that one.
        config.addDataSourceProperty("cancelSignalTimeout", "1");
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("options", COMMITS);
        // PostgreSQL's details quote the row, and so names and addresses, which have no place in exceptions and logs.
        config.addDataSourceProperty("logServerErrorDetail", "false");
        return config;
    }

    /** Of all who commit: commands, web sessions, projections. */
    @Bean
    AcknowledgedCommits transactionManager(DataSource dataSource) {
        return new AcknowledgedCommits(dataSource);
    }

    @Bean
    DatabaseClock clock() {
        return new DatabaseClock();
    }

    /** Closed, and so gone for the others, before the pools are. */
    @Bean("node")
    Nodes nodes(KeyledgerSettings settings, DatabaseClock clock, JdbcClient jdbc) {
        return new Nodes(settings, clock, jdbc);
    }

    @Bean
    PersonalDataKeys personalDataKeys(JdbcTemplate jdbc, MasterKeys masterKeys) {
        return new JdbcPersonalDataKeys(jdbc, masterKeys.keeping(Sealed.DATA_KEYS, jdbc));
    }
}
