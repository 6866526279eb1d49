package io.keyledger.api.webhook;

import com.fasterxml.jackson.annotation.JsonValue;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A webhook and how it does.
 *
 * @param types that it is told of; none: all
 * @param disabledReason why it is disabled; absent while it is enabled
 * @param lastSuccessAt when something was delivered last
 * @param lastFailure since it was last enabled
 * @param waiting how many events are not delivered yet
 * @param version for {@code If-Match}
 */
@Schema(name = "Webhook")
public record WebhookDetails(
        String id,
        String url,
        List<String> types,
        boolean enabled,
        WebhookDisabled.@Nullable Reason disabledReason,
        Instant createdAt,
        @Nullable Instant lastSuccessAt,
        @Nullable Failure lastFailure,
        long waiting,
        long version) {

    @Override
    public String toString() {
        return "WebhookDetails[" + id + "]";
    }

    /**
     * An attempt that was not answered with 2xx.
     *
     * @param status of the answer; absent where there was none
     */
    @Schema(name = "WebhookFailure")
    public record Failure(Instant at, Cause cause, @Nullable Integer status) {}

    /** What went wrong. */
    public enum Cause {
        /** It answered, but not with 2xx. A redirect is not followed. */
        STATUS,
        /** No complete answer within 15 seconds. */
        TIMEOUT,
        /** Its name is not in the DNS. */
        UNKNOWN_HOST,
        /** Its name leads to a private address. */
        PRIVATE_ADDRESS,
        /** Its certificate is not trusted, or TLS failed otherwise. */
        TLS,
        /** No connection, or one that broke. */
        CONNECTION;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
