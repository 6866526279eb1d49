package io.keyledger.query.record;

/** What is stored is not what was recorded. */
public final class RecordAltered extends RuntimeException {

    RecordAltered(String message) {
        super(message);
    }

    RecordAltered(String message, Throwable cause) {
        super(message, cause);
    }
}
