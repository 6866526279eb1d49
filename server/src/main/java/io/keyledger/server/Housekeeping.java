package io.keyledger.server;

import io.keyledger.api.ForRole.Role;
import io.keyledger.command.account.PasswordThrottle;
import io.keyledger.command.token.ExpiryAnnouncer;
import io.keyledger.command.token.ExpiryRecorder;
import io.keyledger.command.token.IdempotencyKeys;
import io.keyledger.command.token.PolicyRecorder;
import io.keyledger.command.webhook.WebhookDeliveries;
import io.keyledger.query.authentication.TokenUses;
import io.keyledger.query.record.CheckpointPlaces;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.query.record.RestoreMark;
import io.keyledger.server.database.DatabaseClock;
import io.keyledger.server.database.MasterKeys;
import io.keyledger.server.database.Nodes;
import io.keyledger.server.projections.Projections;
import io.keyledger.server.projections.Rebuilds;
import io.keyledger.server.settings.KeyledgerSettings;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;

/** What is done again and again while the server runs. A failure is logged in a line and tried again next time. */
final class Housekeeping {

    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    private static final int THROTTLE_ROWS_AT_ONCE = 1_000;

    private final KeyledgerSettings settings;
    private final ExpiryRecorder expiry;
    private final PolicyRecorder policy;
    private final ExpiryAnnouncer announcer;
    private final IdempotencyKeys idempotencyKeys;
    private final PasswordThrottle throttle;
    private final WebhookDeliveries webhooks;
    private final Projections projections;
    private final Rebuilds rebuilds;
    private final TokenUses uses;
    private final RecordSequencer sequencer;
    private final Checkpoints checkpoints;
    private final CheckpointPlaces checkpointPlaces;
    private final RecordHealth recordHealth;
    private final JdbcIndexedSessionRepository sessions;
    private final DatabaseClock clock;
    private final MasterKeys masterKeys;
    private final Nodes nodes;
    private final JdbcClient jdbc;
    private final RestoreMark mark;

    /** Some, so that a task that waits for the database, or for a place outside, does not hold up all others. */
    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(
            3, Thread.ofPlatform().name("housekeeping").daemon().factory());

    Housekeeping(
            KeyledgerSettings settings,
            ExpiryRecorder expiry,
            PolicyRecorder policy,
            ExpiryAnnouncer announcer,
            IdempotencyKeys idempotencyKeys,
            PasswordThrottle throttle,
            WebhookDeliveries webhooks,
            Projections projections,
            Rebuilds rebuilds,
            TokenUses uses,
            RecordSequencer sequencer,
            Checkpoints checkpoints,
            CheckpointPlaces checkpointPlaces,
            RecordHealth recordHealth,
            JdbcIndexedSessionRepository sessions,
            DatabaseClock clock,
            MasterKeys masterKeys,
            Nodes nodes,
            JdbcClient jdbc) {
        this.settings = settings;
        this.expiry = expiry;
        this.policy = policy;
        this.announcer = announcer;
        this.idempotencyKeys = idempotencyKeys;
        this.throttle = throttle;
        this.webhooks = webhooks;
        this.projections = projections;
        this.rebuilds = rebuilds;
        this.uses = uses;
        this.sequencer = sequencer;
        this.checkpoints = checkpoints;
        this.checkpointPlaces = checkpointPlaces;
        this.recordHealth = recordHealth;
        this.sessions = sessions;
        this.clock = clock;
        this.masterKeys = masterKeys;
        this.nodes = nodes;
        this.jdbc = jdbc;
        this.mark = new RestoreMark(jdbc);
    }

    private interface Task {
        void run() throws Exception;
    }

    void start() {
        every(Duration.ofSeconds(10), "measuring the database's time", () -> clock.measure(jdbc));
        every(Duration.ofSeconds(10), "looking which master key seals", () -> masterKeys.require(jdbc));
        every(Duration.ofSeconds(2), "telling the other nodes of this one", nodes::report);
        every(Duration.ofSeconds(15), "writing uses of tokens", uses::write);
        every(Duration.ofHours(1), "removing old uses of tokens", uses::removeOld);
        if (settings.hasRole(Role.QUERY)) {
            every(Duration.ofSeconds(2), "going on with the projections", projections::goOn);
            every(Duration.ofSeconds(2), "going on with a rebuild", rebuilds::resume);
        }
        if (settings.hasRole(Role.COMMAND)) {
            every(Duration.ofSeconds(1), "recording expired tokens", whileOpen(expiry::recordDue));
            every(Duration.ofSeconds(1), "delivering to webhooks", whileOpen(webhooks::deliverDue));
            everySecond("adding events to the record", whileOpen(sequencer::sequence));
            everySecond("signing checkpoints", whileOpen(checkpoints::signDue));
            every(Duration.ofSeconds(1), "writing checkpoints to the file", checkpointPlaces::write);
            every(Duration.ofSeconds(1), "sending checkpoints", whileOpen(checkpointPlaces::post));
            every(Duration.ofHours(1), "removing deliveries of former webhooks", webhooks::removeStrays);
            every(Duration.ofSeconds(30), "applying the policy for tokens", whileOpen(policy::apply));
            every(Duration.ofSeconds(30), "announcing the end of tokens", whileOpen(announcer::announce));
            every(Duration.ofHours(1), "removing old idempotency keys", idempotencyKeys::removeExpired);
            every(Duration.ofMinutes(1), "removing expired sessions", sessions::cleanUpExpiredSessions);
            every(Duration.ofMinutes(5), "removing old throttles", () -> throttle.removeExpired(THROTTLE_ROWS_AT_ONCE));
        }
    }

    /**
     * Not while the database is closed after a restore: what would be appended is refused, and what is signed, or given a
     * place in the record, is another history than the one that is about to be brought back.
     */
    private Task whileOpen(Task task) {
        return () -> {
            if (!mark.isSet()) {
                task.run();
            }
        };
    }

    /** What is refused where the record was altered. */
    private void everySecond(String what, Task task) {
        every(Duration.ofSeconds(1), what, () -> recordHealth.watch(what, task::run));
    }

    private void every(Duration period, String what, Task task) {
        var _ = scheduler.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (Exception e) {
                        LOG.warn("{} failed, will be tried again: {}", what, e.toString());
                    }
                },
                period.toMillis(),
                period.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    void stop() {
        scheduler.shutdownNow();
    }
}
