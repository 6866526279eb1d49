package io.keyledger.api.history;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Some of what changed.
 *
 * @param items fewer than asked for, even none, where many events had to be looked at: there is more while there is a
 *     cursor
 * @param nextCursor where the next page begins; absent on the last one
 */
public record ChangePage(
        Instant from,
        Instant to,
        List<Changed> items,
        @Nullable String nextCursor) {

    /** So many events of one thing are listed at most. */
    public static final int EVENTS = 100;

    /** An account or a token. */
    public enum Kind {
        ACCOUNT,
        TOKEN;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * An account or token to which something happened.
     *
     * @param accountId of a token: whose it was at the end
     * @param name at the end
     * @param created whether it was made in this time; there is nothing before any of its fields then
     * @param changes by the names of the fields; none where what happened came to nothing, or to nothing that is shown
     * @param events the first {@value #EVENTS}
     * @param eventCount all of them
     */
    public record Changed(
            Kind type,
            String id,
            String accountId,
            String name,
            boolean created,
            Map<String, FieldChange> changes,
            List<EventBetween> events,
            int eventCount) {

        @Override
        public String toString() {
            return "Changed[" + id + "]";
        }
    }

    /** What a field held at the beginning and at the end. */
    public record FieldChange(
            @Nullable Object before, @Nullable Object after) {

        @Override
        public String toString() {
            return "FieldChange[***]";
        }
    }

    /** An event in between, where it stands in the log. */
    public record EventBetween(long position, String type, Instant occurredAt) {}
}
