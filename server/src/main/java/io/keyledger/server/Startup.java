package io.keyledger.server;

import io.keyledger.api.ForRole.Role;
import io.keyledger.query.authentication.TokenLookup;
import io.keyledger.query.authentication.TokenUses;
import io.keyledger.query.record.CheckpointPlaces;
import io.keyledger.query.record.RestoreMark;
import io.keyledger.server.database.DatabaseClock;
import io.keyledger.server.database.DatabaseConfiguration.Database;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Migrations;
import io.keyledger.server.database.Outage;
import io.keyledger.server.projections.Projections;
import io.keyledger.server.settings.ConfigurationMistake;
import io.keyledger.server.settings.KeyledgerSettings;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.axonframework.eventhandling.GenericEventMessage;
import org.axonframework.eventhandling.tokenstore.AbstractTokenEntry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What needs the database, in its order, behind the already open port: migrate, check the keys, make the first
 * administrator, start the projections. While the database is down it is waited for, and requests are answered with
 * 503; mistakes that waiting cannot mend stop the server.
 */
final class Startup implements SmartLifecycle, HealthIndicator {

    private static final Logger LOG = LoggerFactory.getLogger(Startup.class);

    private final Database database;
    private final MasterKeys masterKeys;
    private final DatabaseClock clock;
    private final JdbcClient jdbc;
    private final RestoreMark mark;
    private final Projections projections;
    private final FirstAdministrator firstAdministrator;
    private final TokenUses uses;
    private final CheckpointPlaces checkpointPlaces;
    private final TokenLookup lookup;
    private final Housekeeping housekeeping;
    private final KeyledgerSettings settings;
    private final ServletWebServerApplicationContext context;
    private final AtomicBoolean serving = new AtomicBoolean();
    private final AtomicBoolean ready = new AtomicBoolean();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile @Nullable Thread thread;

    /** Of the last migration that this version made or found. */
    private volatile int migrations;

    Startup(
            Database database,
            MasterKeys masterKeys,
            DatabaseClock clock,
            JdbcClient jdbc,
            Projections projections,
            FirstAdministrator firstAdministrator,
            TokenUses uses,
            CheckpointPlaces checkpointPlaces,
            TokenLookup lookup,
            Housekeeping housekeeping,
            KeyledgerSettings settings,
            ServletWebServerApplicationContext context) {
        this.database = database;
        this.masterKeys = masterKeys;
        this.clock = clock;
        this.jdbc = jdbc;
        this.mark = new RestoreMark(jdbc);
        this.projections = projections;
        this.firstAdministrator = firstAdministrator;
        this.uses = uses;
        this.checkpointPlaces = checkpointPlaces;
        this.lookup = lookup;
        this.housekeeping = housekeeping;
        this.settings = settings;
        this.context = context;
    }

    /** Whether requests can be answered. Projections may still be on their way; who has a receipt waits for them. */
    boolean isServing() {
        return serving.get();
    }

    @Override
    public void start() {
        thread = Thread.ofPlatform().name("startup").start(this::run);
    }

    private void run() {
        try {
            prepareWhenDatabaseIsThere();
            lookup.start();
            serving.set(true);
            housekeeping.start();
            if (settings.hasRole(Role.QUERY)) {
                projections.start();
                awaitProjections();
            }
            ready.set(true);
            announce();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ConfigurationMistake e) {
            LOG.error("The server cannot start: {} {}", e.getMessage(), e.expected());
            stopProcess();
        } catch (RuntimeException e) {
            LOG.error("The server cannot start", e);
            stopProcess();
        }
    }

    private void prepareWhenDatabaseIsThere() throws InterruptedException {
        for (var attempt = 0; ; attempt++) {
            try {
                prepare();
                return;
            } catch (RuntimeException e) {
                if (!Outage.isCauseOf(e)) {
                    throw e;
                }
                if (attempt == 0) {
                    LOG.warn("The database is not there yet, waiting for it: {}", e.getMessage());
                }
            }
            if (stopping.await(1, TimeUnit.SECONDS)) {
                throw new InterruptedException();
            }
        }
    }

    /** Each step may be done again. */
    private void prepare() {
        Migrations.run(database);
        migrations = migrations();
        clock.measure(jdbc);
        GenericEventMessage.clock = clock;
        AbstractTokenEntry.clock = clock;
        masterKeys.claim(jdbc);
        refuseAnOlderState();
        if (database.embedded() != null) {
            // The data directory's lock proves that whoever held these claims is dead.
            jdbc.sql("update state.token_entry set owner = null").update();
            uses.othersHaveEnded();
        }
        uses.open();
        var printed = firstAdministrator.register();
        if (printed != null) {
            // At once: it is nowhere else, and the rest of the start may fail.
            System.out.printf(
                    "%n  Administrator:      %s%n  Password:           %s   (shown this once)%n",
                    printed.email(), printed.password());
        }
    }

    private int migrations() {
        return jdbc.sql("select max(installed_rank) from state.flyway_schema_history")
                .query(Integer.class)
                .single();
    }

    /** Before anybody is authenticated. Housekeeping goes on looking, also for a file that cannot be read now. */
    private void refuseAnOlderState() {
        if (settings.hasRole(Role.COMMAND)) {
            try {
                checkpointPlaces.refuseAnOlderState();
            } catch (IOException | IllegalArgumentException e) {
                LOG.warn("Whether the database is an older state is not known yet: {}", e.toString());
            }
        }
    }

    /**
     * So that the first reads after a restart are not behind what was acknowledged before it. An event that cannot be
     * read or applied is not waited for: authentication and commands need no projection, and the readiness says it.
     */
    private void awaitProjections() throws InterruptedException {
        var head = projections.head();
        while (!projections.haveReached(head) && !projections.areFailing()) {
            if (stopping.await(20, TimeUnit.MILLISECONDS)) {
                throw new InterruptedException();
            }
        }
    }

    private void announce() {
        var port = context.getWebServer() == null ? 0 : context.getWebServer().getPort();
        System.out.printf("%n  Keyledger is ready: http://localhost:%d%n%n", port);
        LOG.info("ready on port {}", port);
    }

    private void stopProcess() {
        // Not on this thread: closing the context waits for it.
        Thread.ofPlatform().name("startup-failed").start(() -> System.exit(SpringApplication.exit(context, () -> 1)));
    }

    @Override
    public void stop() {
        serving.set(false);
        stopping.countDown();
        housekeeping.stop();
        thread = null;
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    /** After the web server, which has the phase before the last; so the port is open while the database is away. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }

    /** Whether the start is complete, and the database answers and is the primary. */
    @Override
    public Health health() {
        if (!serving.get() || !ready.get()) {
            return Health.outOfService()
                    .withDetail("reason", serving.get() ? "projections catch up" : "starting")
                    .build();
        }
        try {
            if (mark.isSet()) {
                return Health.outOfService()
                        .withDetail("reason", "restored from a backup: run keyledger restore")
                        .build();
            }
            var health = lookup.isAnswering()
                    ? Health.up()
                    : Health.down().withDetail("reason", "tokens cannot be looked up on a primary; the log says why");
            if (migrations() != migrations) {
                // It goes on: a version's migrations leave alone what the one before needs.
                health.withDetail("schema", "a newer version has migrated it; replace this node");
            }
            return health.build();
        } catch (DataAccessException e) {
            return Health.down()
                    .withDetail("reason", "the database does not answer")
                    .build();
        }
    }
}
