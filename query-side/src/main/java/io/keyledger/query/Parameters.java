package io.keyledger.query;

import io.keyledger.api.Refusal;
import io.keyledger.api.history.AsOf;
import io.keyledger.api.token.TokenPolicy;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.web.util.UriUtils;

/** What the list endpoints read from a request in the same way, and the link that they answer with. */
public final class Parameters {

    /** The position of an event; a read that sends it sees at least that event. */
    public static final String POSITION_HEADER = "Keyledger-Position";

    private static final int MAXIMUM_SEARCH = 200;

    private Parameters() {}

    /** A position in the log, as sent in {@link #POSITION_HEADER}. */
    public static @Nullable Long position(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            var position = Long.parseLong(text.strip());
            if (position >= 0) {
                return position;
            }
        } catch (NumberFormatException e) {
            // Refused below, like a negative one.
        }
        throw new Refusal.Malformed(
                "invalid_position", "%s is the number that a change answered with.".formatted(POSITION_HEADER));
    }

    /** How many rows a page has at most; {@value Page#DEFAULT_LIMIT} unless asked otherwise. */
    public static int limit(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return Page.DEFAULT_LIMIT;
        }
        try {
            var limit = Integer.parseInt(text);
            Page.checkLimit(limit);
            return limit;
        } catch (NumberFormatException e) {
            throw Page.invalidLimit();
        }
    }

    /** Text to search for; absent where there is none in it. */
    public static @Nullable String search(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        var search = text.strip();
        if (search.codePointCount(0, search.length()) > MAXIMUM_SEARCH || search.indexOf('\0') >= 0) {
            throw new Refusal.Malformed(
                    "invalid_search", "search has at most %d characters.".formatted(MAXIMUM_SEARCH));
        }
        return search;
    }

    /** Absent where it is empty. */
    public static @Nullable String text(@Nullable String text) {
        // PostgreSQL refuses this character in any text, so nothing can match it.
        if (text != null && text.indexOf('\0') >= 0) {
            throw new Refusal.Malformed("invalid_parameter", "A parameter holds a character that no id has.");
        }
        return text == null || text.isEmpty() ? null : text;
    }

    /** A point in time (RFC 3339), in any time zone. */
    public static @Nullable Instant instant(String name, @Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            var instant = DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from);
            // RFC 3339 has years of four digits; far beyond them is more than PostgreSQL can hold.
            if (text.indexOf('-') == 4) {
                return instant;
            }
        } catch (DateTimeParseException e) {
            // Refused below.
        }
        throw new Refusal.Malformed(
                "invalid_instant", "%s is an instant like 2026-11-30T12:00:00Z (RFC 3339).".formatted(name));
    }

    /** A moment in the past: an instant, or the position of an event. Absent: the present. */
    public static @Nullable AsOf asOf(String name, @Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            if (text.chars().allMatch(character -> character >= '0' && character <= '9')) {
                return new AsOf.After(Long.parseLong(text));
            }
            return new AsOf.At(Objects.requireNonNull(instant(name, text)));
        } catch (NumberFormatException | Refusal.Malformed e) {
            throw new Refusal.Malformed(
                    "invalid_as_of",
                    "%s is an instant like 2026-11-30T12:00:00Z (RFC 3339), or the position of an event."
                            .formatted(name));
        }
    }

    /** A time of one day or more, such as {@code 90d} or {@code PT2160H}. */
    public static @Nullable Duration days(String name, @Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            var duration = DurationFormatterUtils.detectAndParse(text);
            if (TokenPolicy.isValid(duration)) {
                return duration;
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            // Refused below.
        }
        throw new Refusal.Malformed("invalid_duration", "%s is from 1d to 36500d, for example 90d.".formatted(name));
    }

    /** The values of a parameter that is repeated or holds several, separated by commas; empty ones left out. */
    public static List<String> values(@Nullable List<String> parameters) {
        if (parameters == null) {
            return List.of();
        }
        return parameters.stream()
                .flatMap(parameter -> List.of(parameter.split(",")).stream())
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }

    /** A pattern for SQL's {@code like}: the text anywhere, in small letters, each character standing for itself. */
    public static String containing(String search) {
        var escaped = search.toLowerCase(Locale.ROOT)
                .replace("\\", "\\\\")
                .replace("%", "\\%")
                .replace("_", "\\_");
        return "%" + escaped + "%";
    }

    /**
     * Headers with the link to the next page (RFC 8288), none on the last page.
     *
     * @param kept names of the request's parameters that the next page has too
     */
    public static HttpHeaders next(HttpServletRequest request, @Nullable String cursor, List<String> kept) {
        var headers = new HttpHeaders();
        if (cursor != null) {
            var parts = new ArrayList<String>();
            for (var name : kept) {
                var values = request.getParameterValues(name);
                if (values != null) {
                    for (var value : values) {
                        parts.add(name + "=" + UriUtils.encode(value, StandardCharsets.UTF_8));
                    }
                }
            }
            parts.add("cursor=" + UriUtils.encode(cursor, StandardCharsets.UTF_8));
            headers.set(
                    HttpHeaders.LINK,
                    "<%s?%s>; rel=\"next\"".formatted(request.getRequestURI(), String.join("&", parts)));
        }
        return headers;
    }
}
