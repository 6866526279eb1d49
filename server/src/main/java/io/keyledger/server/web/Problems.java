package io.keyledger.server.web;

import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.TextRules;
import io.keyledger.server.database.Outage;
import io.keyledger.server.eventstore.UnknownEventType;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.coyote.BadRequestException;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The one mapper from failures to problem documents. Expected ones say what to do; unexpected ones are logged once,
 * with the correlation id, and the caller sees only that id.
 */
public final class Problems {

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    private static final Duration DATABASE_RETRY = Duration.ofSeconds(2);
    private static final Duration RESTORE_RETRY = Duration.ofMinutes(1);

    /** Where programs ask; everything else is for people. */
    private static final Pattern FOR_PROGRAMS =
            Pattern.compile("/(api|oauth2|\\.well-known|actuator|v3|swagger-ui|webjars|assets)(/.*)?");

    private final JsonMapper json;
    private final @Nullable ProblemPage page;

    /** @param page absent where there are no pages */
    public Problems(JsonMapper json, @Nullable ProblemPage page) {
        this.json = json;
        this.page = page;
    }

    /** Answers with a problem document, unless an answer is under way already. */
    public void answer(HttpServletRequest request, HttpServletResponse response, Throwable failure) throws IOException {
        if (isClientGone(failure)) {
            return;
        }
        if (response.isCommitted()) {
            LOG.error("A request failed after its answer had begun", failure);
            return;
        }
        response.resetBuffer();
        write(request, response, of(request, response, failure));
    }

    void write(HttpServletRequest request, HttpServletResponse response, Problem problem) throws IOException {
        if (page != null && wantsPage(request)) {
            page.show(request, response, problem);
            return;
        }
        response.setStatus(problem.status());
        response.setContentType(Problem.MEDIA_TYPE);
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        json.writeValue(response.getOutputStream(), problem);
        response.flushBuffer();
    }

    private static boolean wantsPage(HttpServletRequest request) {
        var accept = request.getHeader(HttpHeaders.ACCEPT);
        return !FOR_PROGRAMS.matcher(originalPath(request)).matches()
                && ((accept != null && accept.contains(MediaType.TEXT_HTML_VALUE))
                        || request.getHeader("HX-Request") != null);
    }

    private static String originalPath(HttpServletRequest request) {
        var path = request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI);
        return path instanceof String text ? text : request.getRequestURI();
    }

    private static boolean isClientGone(Throwable failure) {
        return causes(failure, ClientAbortException.class) != null
                // Unless it is the database's connection that broke.
                || (causes(failure, SocketException.class) != null && !Outage.isCauseOf(failure))
                // A body that is not what its headers say: Tomcat has decided on the answer already.
                || causes(failure, BadRequestException.class) != null;
    }

    private Problem of(HttpServletRequest request, HttpServletResponse response, Throwable failure) {
        var refusal = causes(failure, Refusal.class);
        if (refusal != null) {
            return ofRefusal(request, response, refusal);
        }
        if (causes(failure, BodyTooLarge.class) != null) {
            return bodyTooLarge();
        }
        var jackson = causes(failure, JacksonException.class);
        if (jackson != null
                && (failure instanceof HttpMessageNotReadableException || failure instanceof JacksonException)) {
            return ofJson(jackson);
        }
        if (Outage.isOfRestore(failure)) {
            retryAfter(response, RESTORE_RETRY);
            return problem(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "restored_from_backup",
                    "The database was restored from a backup, and what happened after it is being put in order. Try"
                            + " again later.");
        }
        if (Outage.isCauseOf(failure)) {
            LOG.warn("The database does not answer: {}", failure.getMessage());
            retryAfter(response, DATABASE_RETRY);
            return problem(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "database_unavailable",
                    "The database does not answer right now. Try again; whether this request's change was made is not"
                            + " known.");
        }
        var unknown = causes(failure, UnknownEventType.class);
        if (unknown != null) {
            LOG.warn("An event cannot be read: {}", unknown.getMessage());
            retryAfter(response, DATABASE_RETRY);
            return problem(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "newer_version",
                    "A newer version of the server has changed this, and this node cannot read it. Nothing was changed."
                            + " Try again, at a node of that version.");
        }
        return switch (failure) {
            case RequestRejectedException _ ->
                problem(
                        HttpStatus.BAD_REQUEST,
                        "malformed_request",
                        "The address, a header or a parameter is malformed.");
            case InvalidParameterException form
            when form.getErrorCode() == HttpStatus.CONTENT_TOO_LARGE.value() -> bodyTooLarge();
            // Percent-encoding that stands for no text, or a thousand parameters.
            case InvalidParameterException _ ->
                problem(
                        HttpStatus.BAD_REQUEST,
                        "malformed_request",
                        "A parameter is malformed, or there are too many.");
            // Spring fails on "Content-Type: */*" itself, before it compares types.
            case IllegalArgumentException _
            when String.valueOf(request.getContentType()).contains("*") ->
                ofStatus(HttpStatus.UNSUPPORTED_MEDIA_TYPE, false);
            case HttpMessageNotReadableException _ ->
                problem(HttpStatus.BAD_REQUEST, "malformed_json", "Send a JSON object as the body.");
            case MethodArgumentTypeMismatchException mismatch ->
                problem(
                        HttpStatus.BAD_REQUEST,
                        "invalid_parameter",
                        "The parameter %s is not of its type.".formatted(mismatch.getName()));
            case MissingServletRequestParameterException missing ->
                problem(
                        HttpStatus.BAD_REQUEST,
                        "missing_parameter",
                        "The parameter %s is missing.".formatted(missing.getParameterName()));
            case ErrorResponse response1 -> ofErrorResponse(response, response1, failure);
            default -> unexpected(failure);
        };
    }

    private static Problem bodyTooLarge() {
        return problem(
                HttpStatus.CONTENT_TOO_LARGE, "body_too_large", "Send at most " + BodyLimitFilter.LIMIT_KIB + " KiB.");
    }

    private static Problem unexpected(Throwable failure) {
        LOG.error(
                "Unexpected failure",
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure);
        return problem(
                HttpStatus.INTERNAL_SERVER_ERROR,
                "internal_error",
                "Something went wrong that should not have. The log knows it under the correlation id.");
    }

    private static Problem ofRefusal(HttpServletRequest request, HttpServletResponse response, Refusal refusal) {
        var errors = switch (refusal) {
            case Refusal.Malformed r -> r.errors();
            case Refusal.Unprocessable r -> r.errors();
            case Refusal.Unauthenticated r -> {
                var authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
                response.setHeader(HttpHeaders.WWW_AUTHENTICATE, challenge(r, authorization));
                yield List.<FieldError>of();
            }
            case Refusal.Throttled r -> {
                retryAfter(response, r.retryAfter());
                yield List.<FieldError>of();
            }
            case Refusal.Unavailable r -> {
                retryAfter(response, r.retryAfter());
                yield List.<FieldError>of();
            }
            default -> List.<FieldError>of();
        };
        return problem(status(refusal), refusal, errors);
    }

    /** The status that each kind of refusal is answered with. */
    public static HttpStatus status(Refusal refusal) {
        return switch (refusal) {
            case Refusal.Malformed _ -> HttpStatus.BAD_REQUEST;
            case Refusal.Unauthenticated _ -> HttpStatus.UNAUTHORIZED;
            case Refusal.Forbidden _ -> HttpStatus.FORBIDDEN;
            case Refusal.NotFound _ -> HttpStatus.NOT_FOUND;
            case Refusal.Conflict _ -> HttpStatus.CONFLICT;
            case Refusal.Stale _ -> HttpStatus.PRECONDITION_FAILED;
            case Refusal.Misdirected _ -> HttpStatus.MISDIRECTED_REQUEST;
            case Refusal.Unprocessable _ -> HttpStatus.UNPROCESSABLE_CONTENT;
            case Refusal.Throttled _ -> HttpStatus.TOO_MANY_REQUESTS;
            case Refusal.Unavailable _ -> HttpStatus.SERVICE_UNAVAILABLE;
        };
    }

    /** A browser asks for a password by itself when it is offered Basic, so that is offered only to those who use it. */
    private static String challenge(Refusal refusal, @Nullable String authorization) {
        // Where only tokens are taken, a password is no way in.
        if (authorization == null || refusal.code().equals("invalid_authorization")) {
            return "Bearer realm=\"keyledger\"";
        }
        if (authorization.toLowerCase(Locale.ROOT).startsWith("basic")) {
            return "Basic realm=\"keyledger\", charset=\"UTF-8\"";
        }
        // RFC 6750, section 3.1.
        return refusal.code().equals("invalid_token")
                ? "Bearer realm=\"keyledger\", error=\"invalid_token\""
                : "Bearer realm=\"keyledger\"";
    }

    private static Problem ofJson(JacksonException e) {
        var field = e.getPath().stream()
                .map(step -> step.getPropertyName() != null ? step.getPropertyName() : "[" + step.getIndex() + "]")
                .collect(Collectors.joining("."))
                .replace(".[", "[");
        if (field.isEmpty() || e instanceof StreamReadException) {
            return problem(
                    HttpStatus.BAD_REQUEST, "malformed_json", "The body is not a JSON object of the expected form.");
        }
        var shown = TextRules.shortened(field);
        var error = e instanceof UnrecognizedPropertyException
                ? new FieldError(shown, "unknown_field", "There is no such field here.")
                : new FieldError(shown, "invalid_type", "This value is not of the field's type.");
        return problem(
                HttpStatus.BAD_REQUEST,
                "malformed_fields",
                "Some fields cannot be understood; see errors.",
                List.of(error));
    }

    private static Problem ofErrorResponse(HttpServletResponse response, ErrorResponse error, Throwable failure) {
        error.getHeaders().forEach((name, values) -> values.forEach(value -> response.addHeader(name, value)));
        var status = HttpStatus.valueOf(error.getStatusCode().value());
        if (status.is5xxServerError()) {
            return unexpected(failure);
        }
        return ofStatus(status, failure instanceof HttpRequestMethodNotSupportedException);
    }

    /** For errors that have no more than a status. */
    static Problem ofStatus(HttpStatus status, boolean methodNotSupported) {
        var detail = switch (status) {
            case NOT_FOUND -> "There is nothing at this address.";
            case METHOD_NOT_ALLOWED -> "This address does not know this method; see the header Allow.";
            case NOT_ACCEPTABLE -> "The answer would be JSON; accept application/json.";
            case UNSUPPORTED_MEDIA_TYPE -> "Send the body as application/json.";
            case BAD_REQUEST -> "The request is malformed.";
            case NOT_IMPLEMENTED -> "This server does not know this method or transfer coding.";
            case HTTP_VERSION_NOT_SUPPORTED -> "Speak HTTP/1.1.";
            case REQUEST_HEADER_FIELDS_TOO_LARGE -> "The headers are too large.";
            default ->
                status.is5xxServerError() ? "Something went wrong that should not have." : "The request was refused.";
        };
        return problem(status, status.name().toLowerCase(Locale.ROOT), detail);
    }

    static Problem problem(HttpStatus status, String code, String detail) {
        return problem(status, code, detail, List.of());
    }

    private static Problem problem(HttpStatus status, Refusal refusal, List<FieldError> errors) {
        return problem(status, refusal.code(), refusal.detail(), errors);
    }

    private static Problem problem(HttpStatus status, String code, String detail, List<FieldError> errors) {
        return new Problem(
                "urn:keyledger:problem:" + code,
                status.getReasonPhrase(),
                status.value(),
                detail,
                code,
                errors,
                MDC.get(CorrelationFilter.CORRELATION_ID));
    }

    private static void retryAfter(HttpServletResponse response, Duration duration) {
        response.setHeader(
                HttpHeaders.RETRY_AFTER,
                Long.toString(Math.max(1, duration.plusMillis(999).toSeconds())));
    }

    private static <T extends Throwable> @Nullable T causes(Throwable failure, Class<T> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }
}
