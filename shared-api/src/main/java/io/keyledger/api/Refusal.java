package io.keyledger.api;

import java.time.Duration;
import java.util.List;

/**
 * A "no" with a reason that the caller can act on: the one family of expected failures. Each maps to one HTTP status
 * (RFC 9110) and is answered as a problem document (RFC 9457) with a stable code. Its text never holds a secret, nor
 * anything the caller did not know.
 */
public abstract sealed class Refusal extends RuntimeException {

    private final String code;
    private final String detail;

    private Refusal(String code, String detail) {
        super(code + ": " + detail, null, false, false);
        this.code = code;
        this.detail = detail;
    }

    /** Stable, snake_case; what programs compare. */
    public String code() {
        return code;
    }

    /** One or two sentences for a person: the fact, and what to do. */
    public String detail() {
        return detail;
    }

    /** 400: the request cannot be understood. */
    public static final class Malformed extends Refusal {
        private final List<FieldError> errors;

        public Malformed(String code, String detail) {
            this(code, detail, List.of());
        }

        public Malformed(String code, String detail, List<FieldError> errors) {
            super(code, detail);
            this.errors = List.copyOf(errors);
        }

        public List<FieldError> errors() {
            return errors;
        }
    }

    /** 401: nobody known is asking. */
    public static final class Unauthenticated extends Refusal {
        public Unauthenticated(String code, String detail) {
            super(code, detail);
        }
    }

    /** 403: whoever asks may not do this. */
    public static final class Forbidden extends Refusal {
        public Forbidden(String code, String detail) {
            super(code, detail);
        }

        public static Forbidden permissionMissing(String permission) {
            return new Forbidden("permission_missing", "This needs the permission %s.".formatted(permission));
        }
    }

    /** 404: it does not exist, or not for whoever asks. */
    public static final class NotFound extends Refusal {
        public NotFound(String code, String detail) {
            super(code, detail);
        }
    }

    /** 409: the present state says no. */
    public static final class Conflict extends Refusal {
        public Conflict(String code, String detail) {
            super(code, detail);
        }
    }

    /** 412: it was changed since the caller read it. */
    public static final class Stale extends Refusal {
        public Stale(String code, String detail) {
            super(code, detail);
        }
    }

    /** 421: another node does this; this one has done nothing. */
    public static final class Misdirected extends Refusal {
        public Misdirected(String code, String detail) {
            super(code, detail);
        }
    }

    /** 422: understood, but a field or a rule says no. */
    public static final class Unprocessable extends Refusal {
        private final List<FieldError> errors;

        public Unprocessable(List<FieldError> errors) {
            super("invalid_fields", "Some fields were not accepted; see errors.");
            this.errors = List.copyOf(errors);
        }

        public Unprocessable(String field, String code, String message) {
            super(code, message);
            this.errors = List.of(new FieldError(field, code, message));
        }

        public Unprocessable(String code, String detail) {
            super(code, detail);
            this.errors = List.of();
        }

        public List<FieldError> errors() {
            return errors;
        }
    }

    /** 429: too often; try again after a while. */
    public static final class Throttled extends Refusal {
        private final Duration retryAfter;

        public Throttled(String code, String detail, Duration retryAfter) {
            super(code, detail);
            this.retryAfter = retryAfter;
        }

        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** 503: it cannot be known or done right now; nothing was changed. */
    public static final class Unavailable extends Refusal {
        private final Duration retryAfter;

        public Unavailable(String code, String detail, Duration retryAfter) {
            super(code, detail);
            this.retryAfter = retryAfter;
        }

        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /**
     * One field that was not accepted.
     *
     * @param field its name in the request
     * @param code stable, snake_case
     * @param message for a person
     */
    public record FieldError(String field, String code, String message) {}
}
