package io.keyledger.command;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * What sending commands came to.
 *
 * @param position of the last event that was appended; of the log's head when nothing changed. A read that carries it
 *     sees the change.
 * @param result of the last command
 */
public record Receipt(long position, @Nullable Object result) {

    public static final String HEADER = "Keyledger-Position";

    public HttpHeaders headers() {
        var headers = new HttpHeaders();
        headers.set(HEADER, Long.toString(position));
        return headers;
    }

    public <R> R result(Class<R> type) {
        return type.cast(Objects.requireNonNull(result));
    }
}
