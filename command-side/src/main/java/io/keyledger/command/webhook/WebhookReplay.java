package io.keyledger.command.webhook;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.Refusal;
import io.keyledger.command.webhook.WebhookTargets.Outcome;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells an address what happened, in the messages that webhooks tell of new events: the same ids, types and contents. Those
 * that no webhook is told of have the type of the event, and tell no more than what it is about.
 */
public final class WebhookReplay {

    /** Before the second attempt, and so on: somebody waits. */
    private static final List<Duration> PAUSES =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(20));

    /** A target that asks for a longer pause does not want to be asked again now. */
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final WebhookTargets targets;
    private final WebhookMessages messages;
    private final String url;
    private final @Nullable WebhookSecret secret;
    private final Clock clock;
    private final Pause pause;

    /** Lets time pass. */
    @FunctionalInterface
    public interface Pause {
        void pause(Duration duration) throws InterruptedException;
    }

    /**
     * @param url where webhooks may lead
     * @param secret signs, as a webhook's own does; absent: messages are not signed
     * @param source of the messages: a URI reference that tells this installation from others
     * @throws Refusal.Unprocessable where a webhook may not lead, and when the secret is none
     */
    public WebhookReplay(
            WebhookTargets targets,
            String url,
            @Nullable String secret,
            JsonMapper json,
            String source,
            Clock clock,
            Pause pause) {
        this.targets = targets;
        this.url = targets.check(url);
        this.messages = new WebhookMessages(json, source);
        this.clock = clock;
        this.pause = pause;
        try {
            this.secret = secret == null ? null : WebhookSecret.parse(secret);
        } catch (IllegalArgumentException e) {
            throw new Refusal.Unprocessable("secret", "invalid_secret", String.valueOf(e.getMessage()));
        }
    }

    /**
     * Tells of one event, and returns when it was taken.
     *
     * @throws Refusal.Unavailable when it was not taken after some attempts
     */
    public void tell(String eventId, long position, Instant at, Event event) throws InterruptedException {
        var type = WebhookTypes.of(event);
        var body = messages.message(
                eventId,
                type == null
                        ? Objects.requireNonNull(event.getClass().getAnnotation(EventType.class))
                                .name()
                        : type,
                WebhookTypes.subject(event),
                at,
                WebhookTypes.data(event, position));
        var outcome = send(eventId, body);
        for (var wait : PAUSES) {
            var cause = outcome.cause();
            if (cause == null) {
                return;
            }
            var asked = outcome.retryAfter();
            var longer =
                    asked != null && asked.matches("[0-9]{1,9}") ? Duration.ofSeconds(Long.parseLong(asked)) : wait;
            if (outcome.isGone() || longer.compareTo(LONGEST_PAUSE) > 0) {
                break;
            }
            pause.pause(longer.compareTo(wait) > 0 ? longer : wait);
            outcome = send(eventId, body);
        }
        if (outcome.cause() != null) {
            throw new Refusal.Unavailable("target_failed", """
                The address did not take the event at position %d (%s). Those before it were taken; go on from this \
                position.\
                """.formatted(position, told(outcome)), LONGEST_PAUSE);
        }
    }

    private Outcome send(String eventId, byte[] body) {
        var timestamp = clock.instant().getEpochSecond();
        return targets.post(
                url,
                body,
                secret == null
                        ? Map.of("webhook-id", eventId, "webhook-timestamp", Long.toString(timestamp))
                        : Map.of(
                                "webhook-id", eventId,
                                "webhook-timestamp", Long.toString(timestamp),
                                "webhook-signature", secret.sign(eventId, timestamp, body)));
    }

    private static String told(Outcome outcome) {
        return outcome.status() != null ? "it answered " + outcome.status() : String.valueOf(outcome.cause());
    }
}
