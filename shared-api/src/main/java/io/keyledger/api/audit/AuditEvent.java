package io.keyledger.api.audit;

import com.fasterxml.jackson.annotation.JsonValue;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An event as a person reads it: who did what, to what, when and from where.
 *
 * @param id the event's own, for ever
 * @param position in the log; what {@code Keyledger-Position} counts
 * @param type for example {@code token.created}
 * @param origin absent parts: unknown, or somebody else's and not for the reader
 * @param details what changed, by field; a change holds {@code before} and {@code after}
 */
@Schema(name = "AuditEvent")
public record AuditEvent(
        String id,
        long position,
        String type,
        Instant occurredAt,
        Actor actor,
        Target target,
        AuditOrigin origin,
        String correlationId,
        Map<String, @Nullable Object> details) {

    @Override
    public String toString() {
        return "AuditEvent[" + id + "]";
    }

    /**
     * Who did it.
     *
     * @param name of the account or token, as it is now
     */
    public record Actor(
            Type type,
            @Nullable String accountId,
            @Nullable String tokenId,
            @Nullable String name) {

        @Override
        public String toString() {
            return "Actor[" + type + "]";
        }

        /** What kind of actor. */
        public enum Type {
            ACCOUNT,
            TOKEN,
            /** Nobody had proved who they are, for example at a failed sign-in. */
            ANONYMOUS,
            /** The service itself. */
            SYSTEM;

            @JsonValue
            @Override
            public String toString() {
                return name().toLowerCase(Locale.ROOT);
            }
        }
    }

    /** What it was done to: {@code account}, {@code token} or {@code webhook}, which has no name. */
    public record Target(String type, String id, @Nullable String name) {

        @Override
        public String toString() {
            return "Target[" + type + " " + id + "]";
        }
    }

    /** From where. */
    public record AuditOrigin(
            @Nullable String ipAddress, @Nullable String userAgent) {

        @Override
        public String toString() {
            return "AuditOrigin[***]";
        }
    }
}
