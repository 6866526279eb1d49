package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * When a token shall expire, as its form asks: after some days, on a date, never; always at the end of that day where
 * the reader is, so that a form that is sent twice asks for the same twice.
 *
 * @param choice a number of days, {@value #DATE}, {@value #NEVER} or {@value #KEEP}
 * @param date for {@value #DATE}, as ISO 8601 writes it
 */
record Expiry(String choice, String date) {

    static final String DATE = "date";
    static final String NEVER = "none";
    static final String KEEP = "keep";
    static final List<Integer> PRESETS = List.of(7, 30, 60, 90);

    private static final int FIRST_CHOICE = 30;
    private static final int MAX_DAYS = 3_650;

    /** @param choice absent or unknown: {@code otherwise} */
    static Expiry of(@Nullable String choice, @Nullable String date, String otherwise) {
        return new Expiry(
                choice != null && (Set.of(DATE, NEVER, KEEP).contains(choice) || days(choice) > 0) ? choice : otherwise,
                date == null ? "" : date);
    }

    /** For a new token: 30 days, unless the address asks for something else. */
    static Expiry first(@Nullable String choice, @Nullable String date, @Nullable String expiresIn) {
        var first = Integer.toString(FIRST_CHOICE);
        var wanted = of(choice == null ? expiresIn : choice, date, first);
        // There is nothing to keep yet.
        return wanted.isKept() ? new Expiry(first, wanted.date()) : wanted;
    }

    /** Days to choose from: the usual ones, and one that the address asks for. */
    public List<Integer> presets() {
        var days = days(choice);
        return days == 0 || PRESETS.contains(days)
                ? PRESETS
                : Stream.concat(PRESETS.stream(), Stream.of(days)).sorted().toList();
    }

    boolean isKept() {
        return choice.equals(KEEP);
    }

    /** @return absent: never */
    @Nullable
    Instant instant(Times times) {
        return switch (choice) {
            case NEVER, KEEP -> null;
            case DATE -> times.endOf(day());
            default -> times.endOf(times.day(days(choice)));
        };
    }

    private LocalDate day() {
        try {
            var day = LocalDate.parse(date);
            if (day.getYear() < 10_000) {
                return day;
            }
        } catch (DateTimeException e) {
            // Refused below.
        }
        throw new Refusal.Unprocessable("expiresAt", "invalid_date", "Give a date.");
    }

    /** 0: no number of days. */
    private static int days(String choice) {
        if (!choice.matches("[1-9][0-9]{0,3}")) {
            return 0;
        }
        var days = Integer.parseInt(choice);
        return days <= MAX_DAYS ? days : 0;
    }
}
