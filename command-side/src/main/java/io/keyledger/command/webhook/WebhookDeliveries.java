package io.keyledger.command.webhook;

import static io.keyledger.command.webhook.Webhooks.utc;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.webhook.DisableWebhook;
import io.keyledger.api.webhook.WebhookDisabled.Reason;
import io.keyledger.command.Commands;
import io.keyledger.command.webhook.WebhookTargets.Outcome;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Sends what waits in {@code state.webhook_delivery}, at least once, in the form of Standard Webhooks 1.0. Of one token
 * or account the next event goes out when the one before was taken or given up. A failed one is sent again, later and
 * later, for three days; a webhook to which nothing could be delivered in this time is disabled.
 *
 * <p>Any number of nodes may be at it. A delivery is leased, not locked: no transaction is open while an answer is
 * awaited, and the lease of a node that was killed runs out. Each webhook has threads of its own, so that a slow target
 * delays no other.
 */
public final class WebhookDeliveries implements AutoCloseable {

    /** Requests of one webhook at the same time, on this node. */
    private static final int AT_ONCE = 4;

    /** Requests of all webhooks at the same time, on this node. */
    static final int MAX_OPEN = 80;

    /** Of the pool's connections, which serve people too. */
    private static final int CONNECTIONS = 2;

    /** Longer than a request may take, name look-up included. */
    private static final Duration LEASE = Duration.ofMinutes(1);

    private static final Duration PATIENCE = Duration.ofDays(3);

    /** Standard Webhooks' own suggestion; up to a tenth is added by chance. */
    private static final List<Duration> PAUSES = List.of(
            Duration.ofSeconds(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(30),
            Duration.ofHours(2),
            Duration.ofHours(5),
            Duration.ofHours(10),
            Duration.ofHours(14),
            Duration.ofHours(20),
            Duration.ofHours(24));

    private static final Logger LOG = LoggerFactory.getLogger(WebhookDeliveries.class);

    private final JdbcClient jdbc;
    private final Webhooks webhooks;
    private final WebhookTargets targets;
    private final Commands commands;
    private final Clock clock;
    private final MeterRegistry meters;
    private final Map<String, Semaphore> slots = new ConcurrentHashMap<>();
    private final Semaphore connections = new Semaphore(CONNECTIONS);
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("webhook-", 0).factory());

    public WebhookDeliveries(
            JdbcClient jdbc,
            Webhooks webhooks,
            WebhookTargets targets,
            Commands commands,
            Clock clock,
            MeterRegistry meters) {
        this.jdbc = jdbc;
        this.webhooks = webhooks;
        this.targets = targets;
        this.commands = commands;
        this.clock = clock;
        this.meters = meters;
    }

    /** Sets threads to work where something is due, and waits for none of them; to be called every second. */
    public void deliverDue() {
        var due = jdbc.sql("""
            select webhook_id from state.webhook w
            where enabled and exists (
                select from state.webhook_delivery d where d.webhook_id = w.webhook_id and d.due_at <= :now)\
            """)
                .param("now", utc(clock.instant()))
                .query((row, _) -> row.getString("webhook_id"))
                .list();
        for (var webhookId : due) {
            var free = slots.computeIfAbsent(webhookId, _ -> new Semaphore(AT_ONCE));
            while (free.tryAcquire()) {
                threads.execute(() -> work(webhookId, free));
            }
        }
    }

    /** Removes what was left behind by events that were appended while their webhook was being disabled or deleted. */
    public void removeStrays() {
        jdbc.sql("""
            delete from state.webhook_delivery d
            where not exists (select from state.webhook w where w.webhook_id = d.webhook_id and w.enabled)\
            """).update();
    }

    private void work(String webhookId, Semaphore slot) {
        try {
            var delivery = inDatabase(() -> lease(webhookId));
            while (delivery != null && !threads.isShutdown()) {
                deliver(delivery);
                delivery = inDatabase(() -> lease(webhookId));
            }
        } catch (RuntimeException e) {
            // What was leased is due again when the lease ends.
            LOG.warn("Delivering to {} failed, will be tried again: {}", webhookId, e.toString());
        } finally {
            slot.release();
        }
    }

    private <T extends @Nullable Object> T inDatabase(Supplier<T> work) {
        connections.acquireUninterruptibly();
        try {
            return work.get();
        } finally {
            connections.release();
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // Deliveries are never compared.
    private record Delivery(
            String webhookId,
            String eventId,
            String subject,
            byte[] body,
            Instant createdAt,
            int attempts,
            String url,
            WebhookSecret secret) {

        @Override
        public String toString() {
            return "Delivery[" + webhookId + " " + eventId + "]";
        }
    }

    /** The next one that is due and the first of its subject. */
    private @Nullable Delivery lease(String webhookId) {
        var now = clock.instant();
        return jdbc.sql("""
            with next as (
                select webhook_id, event_id from state.webhook_delivery d
                where webhook_id = :webhook and due_at <= :now and (leased_until is null or leased_until <= :now)
                    and not exists (
                        select from state.webhook_delivery before
                        where before.webhook_id = d.webhook_id and before.subject = d.subject
                            and before.position < d.position)
                order by position limit 1 for update of d skip locked)
            update state.webhook_delivery d set leased_until = :until, attempts = d.attempts + 1
            from next, state.webhook w
            where d.webhook_id = next.webhook_id and d.event_id = next.event_id
                and w.webhook_id = d.webhook_id and w.enabled
            returning d.event_id, d.subject, d.body, d.created_at, d.attempts, w.url, w.secret\
            """)
                .param("webhook", webhookId)
                .param("now", utc(now))
                .param("until", utc(now.plus(LEASE)))
                .query((row, _) -> delivery(webhookId, row))
                .optional()
                .orElse(null);
    }

    private Delivery delivery(String webhookId, ResultSet row) throws SQLException {
        return new Delivery(
                webhookId,
                row.getString("event_id"),
                row.getString("subject"),
                row.getBytes("body"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getInt("attempts"),
                webhooks.openUrl(webhookId, row),
                webhooks.openSecret(webhookId, row));
    }

    private void deliver(Delivery delivery) {
        var timestamp = clock.instant().getEpochSecond();
        var outcome = targets.post(
                delivery.url(),
                delivery.body(),
                Map.of(
                        "webhook-id", delivery.eventId(),
                        "webhook-timestamp", Long.toString(timestamp),
                        "webhook-signature", delivery.secret().sign(delivery.eventId(), timestamp, delivery.body())));
        meters.counter("keyledger.webhook.attempts", "outcome", outcome.cause() == null ? "delivered" : "failed")
                .increment();
        inDatabase(() -> {
            if (outcome.cause() == null) {
                delivered(delivery);
            } else {
                failed(delivery, outcome, outcome.cause().name());
            }
            return true;
        });
    }

    private void delivered(Delivery delivery) {
        // What waited behind it, perhaps for its next attempt, is due at once.
        statement(delivery, """
            with delivered as (delete from state.webhook_delivery where webhook_id = :webhook and event_id = :event),
                followers as (
                    update state.webhook_delivery set due_at = :now
                    where webhook_id = :webhook and subject = :subject and event_id <> :event and due_at > :now)
            update state.webhook set last_success_at = :now where webhook_id = :webhook\
            """).update();
    }

    private void failed(Delivery delivery, Outcome outcome, String cause) {
        jdbc.sql("""
            update state.webhook set last_failure_at = :now, last_failure = :cause, last_failure_status = :status
            where webhook_id = :webhook\
            """)
                .param("now", utc(clock.instant()))
                .param("cause", cause)
                .param("status", outcome.status(), Types.INTEGER)
                .param("webhook", delivery.webhookId())
                .update();
        if (outcome.isGone()) {
            disable(delivery.webhookId(), Reason.GONE);
        } else if (clock.instant().isBefore(delivery.createdAt().plus(PATIENCE))) {
            postpone(delivery, outcome);
        } else {
            giveUp(delivery);
        }
    }

    /** Those behind it with it, so that they are not looked at again and again meanwhile. */
    private void postpone(Delivery delivery, Outcome outcome) {
        statement(delivery, """
            update state.webhook_delivery
            set due_at = :next, leased_until = case when event_id = :event then null else leased_until end
            where webhook_id = :webhook and subject = :subject and (event_id = :event or due_at < :next)\
            """).param("next", utc(next(delivery, outcome))).update();
    }

    private Instant next(Delivery delivery, Outcome outcome) {
        var now = clock.instant();
        var pause = PAUSES.get(Math.min(delivery.attempts(), PAUSES.size()) - 1);
        var jitter = ThreadLocalRandom.current().nextLong(pause.toMillis() / 10 + 1);
        var next = now.plus(pause).plusMillis(jitter);
        var asked = asked(outcome, now);
        if (asked != null && asked.isAfter(next)) {
            next = asked;
        }
        var last = delivery.createdAt().plus(PATIENCE);
        return next.isAfter(last) ? last : next;
    }

    /** When a target that is too busy wants to be asked again: {@code Retry-After} (RFC 9110, section 10.2.3). */
    private static @Nullable Instant asked(Outcome outcome, Instant now) {
        var header = outcome.retryAfter();
        if (header == null || outcome.status() == null || (outcome.status() != 429 && outcome.status() != 503)) {
            return null;
        }
        if (header.matches("[0-9]{1,9}")) {
            return now.plusSeconds(Long.parseLong(header));
        }
        try {
            return ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** After three days. What waits behind it is tried, unless nothing at all arrived in this time. */
    private void giveUp(Delivery delivery) {
        LOG.warn("{} was not taken by {} for three days and is given up", delivery.eventId(), delivery.webhookId());
        statement(delivery, """
            with given_up as (delete from state.webhook_delivery where webhook_id = :webhook and event_id = :event)
            update state.webhook_delivery set due_at = :now
            where webhook_id = :webhook and subject = :subject and event_id <> :event and due_at > :now\
            """).update();
        var lives = jdbc.sql("select last_success_at > ? from state.webhook where webhook_id = ?")
                .params(utc(delivery.createdAt()), delivery.webhookId())
                .query(Boolean.class)
                .optional()
                .orElse(false);
        if (!lives) {
            disable(delivery.webhookId(), Reason.FAILING);
        }
    }

    private void disable(String webhookId, Reason reason) {
        LOG.warn("{} is disabled: {}", webhookId, reason);
        try {
            commands.send(
                    Caller.system(UUID.randomUUID().toString().replace("-", "")),
                    new DisableWebhook(webhookId, reason));
        } catch (Refusal.NotFound e) {
            // It was deleted meanwhile.
        }
    }

    private JdbcClient.StatementSpec statement(Delivery delivery, String sql) {
        var statement = jdbc.sql(sql)
                .param("webhook", delivery.webhookId())
                .param("subject", delivery.subject())
                .param("event", delivery.eventId());
        return sql.contains(":now") ? statement.param("now", utc(clock.instant())) : statement;
    }

    /** Lets those that are under way come to an end for a moment; the others are sent after the next start. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(3, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
