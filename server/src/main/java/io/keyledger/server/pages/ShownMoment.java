package io.keyledger.server.pages;

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
import org.springframework.context.annotation.Conditional;
import org.springframework.stereotype.Component;
import org.springframework.ui.Model;

/**
 * The moment that a page about the past shows, as its address names it: the time of a form's field, where the reader is;
 * an instant; or the position of an event. What is none of these leaves the present, and is told.
 */
@Component
@Conditional(Page.BothRoles.class)
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
            var asOf = parse(typed.strip(), request);
            moment = asOf == null ? null : resolve(asOf, request);
            leftOut = asOf == null ? "past.none" : moment == null ? "past.future" : null;
        }
        model.addAttribute("past", moment);
        model.addAttribute("pastLeftOut", leftOut);
        model.addAttribute("latest", field(clock.instant(), request));
        return moment;
    }

    /** What the text says, or so long ago. Absent: it says what is none, or not yet. */
    @Nullable
    Moment of(@Nullable String typed, long hoursAgo, HttpServletRequest request) {
        var asOf = typed == null || typed.isBlank()
                ? new AsOf.At(clock.instant().minus(hoursAgo, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS))
                : parse(typed.strip(), request);
        return asOf == null ? null : resolve(asOf, request);
    }

    private static @Nullable AsOf parse(String text, HttpServletRequest request) {
        try {
            if (text.matches("[0-9]{1,18}")) {
                return new AsOf.After(Long.parseLong(text));
            }
            // Years of other lengths are more than the database can hold.
            if (text.indexOf('-') != 4) {
                return null;
            }
            return new AsOf.At(
                    text.matches("[0-9T:.-]+") && !text.substring(10).contains("-")
                            ? LocalDateTime.parse(text)
                                    .atZone(ReaderZone.of(request))
                                    .toInstant()
                            : OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            return null;
        }
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
