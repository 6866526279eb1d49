package io.keyledger.server.postgresql;

import org.jspecify.annotations.Nullable;

/** Why the embedded PostgreSQL does not run: the message is one sentence for the operator and says what to do. */
public final class EmbeddedPostgresException extends RuntimeException {

    EmbeddedPostgresException(String message) {
        this(message, null);
    }

    EmbeddedPostgresException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
