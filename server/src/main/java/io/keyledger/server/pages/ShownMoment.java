package io.keyledger.server.pages;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.history.AsOf;
import io.keyledger.api.history.GetTimeOf;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionException;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.ui.Model;

/**
 * The moment that a page about the past shows, as its address names it: the time of a form's field, where the reader is;
 * an instant; or the position of an event. What is none of these leaves the present, and is told.
 */
@Component
@ForRole(ForRole.Role.COMMAND)
class ShownMoment {

    private final QueryGateway queries;
    private final Clock clock;

    ShownMoment(QueryGateway queries, Clock clock) {
        this.queries = queries;
        this.clock = clock;
    }

    /**
     * A moment as a page shows it.
     *
     * @param text as addresses name it
     * @param field as a form's field holds it, where the reader is
     */
    record Moment(AsOf asOf, Instant time, String text, String field) {}

    /**
     * Tells the page the moment as {@code past}, which is absent for the present, and as {@code pastLeftOut} why it is not
     * what was asked for.
     *
     * @param typed from the address
     */
    @Nullable
    Moment of(@Nullable String typed, Model model, HttpServletRequest request) {
        Moment moment = null;
        String leftOut = null;
        if (typed != null && !typed.isBlank()) {
            var asOf = asOf(typed, true, request);
            moment = asOf == null ? null : resolve(asOf, request);
            leftOut = asOf == null ? "past.none" : moment == null ? "past.future" : null;
        }
        model.addAttribute("past", moment);
        model.addAttribute("pastLeftOut", leftOut);
        model.addAttribute("latest", field(clock.instant(), request));
        return moment;
    }

    /** Where a time begins: with the second that the text names, or a day ago. Absent: the text is none, or not yet. */
    @Nullable
    Moment from(@Nullable String typed, HttpServletRequest request) {
        return of(typed, false, clock.instant().minus(1, ChronoUnit.DAYS), request);
    }

    /** Where a time ends: with the second that the text names, or now. Absent: the text is none, or not yet. */
    @Nullable
    Moment upTo(@Nullable String typed, HttpServletRequest request) {
        return of(typed, true, clock.instant(), request);
    }

    private @Nullable Moment of(
            @Nullable String typed, boolean wholeSecond, Instant otherwise, HttpServletRequest request) {
        var asOf = typed == null || typed.isBlank() ? new AsOf.At(otherwise) : asOf(typed, wholeSecond, request);
        return asOf == null ? null : resolve(asOf, request);
    }

    /**
     * A field holds whole seconds, so a form sends behind a comma what it shows: that is meant as long as the second is
     * the same.
     *
     * @param wholeSecond whether what happened in a second that was typed belongs to it
     */
    private @Nullable AsOf asOf(String typed, boolean wholeSecond, HttpServletRequest request) {
        var texts = typed.split(",", 2);
        var asOf = parse(texts[0].strip(), wholeSecond, request);
        var shown = texts.length == 1 ? null : parse(texts[1].strip(), wholeSecond, request);
        if (asOf instanceof AsOf.At(var instant) && shown != null) {
            var moment = resolve(shown, request);
            if (moment != null
                    && moment.time().truncatedTo(ChronoUnit.SECONDS).equals(instant.truncatedTo(ChronoUnit.SECONDS))) {
                return shown;
            }
        }
        return asOf;
    }

    private @Nullable AsOf parse(String text, boolean wholeSecond, HttpServletRequest request) {
        try {
            if (text.matches("[0-9]{1,18}")) {
                return new AsOf.After(Long.parseLong(text));
            }
            // Years of other lengths are more than the database can hold.
            if (text.indexOf('-') != 4) {
                return null;
            }
            if (!text.matches("[0-9T:.-]+") || text.lastIndexOf('-') > 10) {
                return new AsOf.At(OffsetDateTime.parse(text).toInstant());
            }
            var instant =
                    LocalDateTime.parse(text).atZone(ReaderZone.of(request)).toInstant();
            return new AsOf.At(
                    wholeSecond && instant.equals(instant.truncatedTo(ChronoUnit.SECONDS)) ? endOf(instant) : instant);
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** The last moment of a second that the database can tell from the next one; of the present second, now. */
    private Instant endOf(Instant second) {
        var now = clock.instant();
        var end = second.plusSeconds(1).minus(1, ChronoUnit.MICROS);
        return end.isAfter(now) && !second.isAfter(now) ? now : end;
    }

    private @Nullable Moment resolve(AsOf asOf, HttpServletRequest request) {
        try {
            var time = queries.query(new GetTimeOf(asOf), Instant.class).join();
            return new Moment(asOf, time, asOf.toString(), field(time, request));
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refusal.Malformed) {
                return null;
            }
            throw e;
        }
    }

    private static String field(Instant time, HttpServletRequest request) {
        return time.atZone(ReaderZone.of(request))
                .toLocalDateTime()
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
    }
}
