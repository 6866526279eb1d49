package io.keyledger.api.authentication;

import org.jspecify.annotations.Nullable;

/**
 * Where a request came from. Personal data: it is kept only sealed.
 *
 * @param ipAddress of the client; absent for what the system does by itself
 * @param userAgent as sent, cut to 300 characters
 * @param correlationId 32 hexadecimal digits that join the answer, the log lines and the events of one request; the
 *     trace id of the caller's {@code traceparent} (W3C Trace Context) where it sent one
 */
public record Origin(@Nullable String ipAddress, @Nullable String userAgent, String correlationId) {

    @Override
    public String toString() {
        return "Origin[" + correlationId + "]";
    }
}
