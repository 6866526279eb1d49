package io.keyledger.api.webhook;

import com.fasterxml.jackson.annotation.JsonValue;
import io.keyledger.api.EventType;
import java.util.Locale;

/** A webhook is told nothing any more, until it is enabled again; what was waiting for it is dropped. */
@EventType(name = "webhook.disabled", revision = 1)
public record WebhookDisabled(String webhookId, String accountId, Reason reason) implements WebhookEvent {

    /** Why. */
    public enum Reason {
        /** An administrator asked for it. */
        REQUESTED,
        /** Nothing could be delivered for three days. */
        FAILING,
        /** It answered 410. */
        GONE;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
