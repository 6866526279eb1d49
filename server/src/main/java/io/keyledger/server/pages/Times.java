package io.keyledger.server.pages;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;

/** Instants as a reader reads them: in their zone and language. For templates. */
public final class Times {

    /** A token that expires within this time stands out. */
    private static final Duration SOON = Duration.ofDays(7);

    private final ZoneId zone;
    private final Locale locale;
    private final Instant now;
    private final MessageSource messages;

    Times(ZoneId zone, Locale locale, Instant now, MessageSource messages) {
        this.zone = zone;
        this.locale = locale;
        this.now = now;
        this.messages = messages;
    }

    /** For example "22 Nov 2026". */
    public String date(Instant instant) {
        return format(instant, DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM));
    }

    /** A day that belongs to no zone of the reader's, for example "22 Nov 2026". */
    public String dateOf(LocalDate day) {
        return DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM)
                .withLocale(locale)
                .format(day);
    }

    /** For example "22 Nov 2026, 08:15". */
    public String dateTime(Instant instant) {
        return format(instant, DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT));
    }

    /** For example "22 Nov 2026, 08:15:30". */
    public String second(Instant instant) {
        return format(instant, DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.MEDIUM));
    }

    /** To the second, with the zone. */
    public String exact(Instant instant) {
        return format(instant, DateTimeFormatter.ofLocalizedDateTime(FormatStyle.FULL, FormatStyle.LONG));
    }

    /** How far away it is, in the largest unit that fits: "in 3 days", "5 minutes ago". */
    public String relative(Instant instant) {
        var distance = Duration.between(now, instant);
        var seconds = Math.abs(distance.toSeconds());
        var key = distance.isNegative() ? "time.ago." : "time.in.";
        if (seconds < 60) {
            return message(key + "moments", 0);
        }
        if (seconds < 3600) {
            return message(key + "minutes", seconds / 60);
        }
        if (seconds < 86_400) {
            return message(key + "hours", seconds / 3600);
        }
        return message(key + "days", seconds / 86_400);
    }

    /** Whether it comes within a week. */
    public boolean soon(@Nullable Instant instant) {
        return instant != null && instant.isAfter(now) && instant.isBefore(now.plus(SOON));
    }

    /** The reader's day that is so many days from today, as date fields take it. */
    public LocalDate day(int daysFromToday) {
        return now.atZone(zone).toLocalDate().plusDays(daysFromToday);
    }

    /** The reader's day of an instant, as date fields take it. */
    public LocalDate dayOf(Instant instant) {
        return instant.atZone(zone).toLocalDate();
    }

    /** The last moment of a day where the reader is, to the second. */
    public Instant endOf(LocalDate day) {
        return day.plusDays(1).atStartOfDay(zone).toInstant().minus(1, ChronoUnit.SECONDS);
    }

    public Instant now() {
        return now;
    }

    public String zone() {
        return zone.getId();
    }

    private String format(Instant instant, DateTimeFormatter format) {
        return format.withLocale(locale).withZone(zone).format(instant);
    }

    private String message(String key, long count) {
        return messages.getMessage(key, new Object[] {count}, locale);
    }
}
