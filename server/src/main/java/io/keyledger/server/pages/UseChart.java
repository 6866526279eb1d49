package io.keyledger.server.pages;

import io.keyledger.api.token.TokenUse;
import io.keyledger.api.token.TokenUse.UsedDay;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;

/**
 * The uses of a token by day, as bars. For templates.
 *
 * @param days how many it shows, the last one today
 * @param first in UTC, as all days
 * @param bars of the days in which it was used
 * @param used those days, the latest first
 * @param accepted in all of these days
 * @param refused in all of these days
 * @param most uses of one day
 */
public record UseChart(
        int days,
        LocalDate first,
        LocalDate last,
        List<Bar> bars,
        List<UsedDay> used,
        long accepted,
        long refused,
        long most) {

    /** Of the drawing; the page stretches it. */
    public static final int HEIGHT = 100;

    /** A day's place in the drawing; a tenth of it stays free on either side. */
    private static final int DAY = 10;

    /**
     * A day's bar, the refused uses on top of the accepted ones.
     *
     * @param x where it begins
     * @param accepted height of that part
     * @param refused height of that part
     */
    public record Bar(UsedDay day, int x, int accepted, int refused) {

        public int acceptedTop() {
            return HEIGHT - accepted;
        }

        public int refusedTop() {
            return HEIGHT - accepted - refused;
        }
    }

    static UseChart of(TokenUse use, int days) {
        var last = LocalDate.ofInstant(use.countedUntil(), ZoneOffset.UTC);
        var first = last.minusDays(days - 1L);
        var used = use.days().stream().filter(day -> !day.day().isBefore(first)).toList();
        var most = used.stream().mapToLong(UseChart::uses).max().orElse(0);
        var bars = used.stream()
                .sorted(Comparator.comparing(UsedDay::day))
                .map(day -> new Bar(
                        day,
                        (int) (day.day().toEpochDay() - first.toEpochDay()) * DAY + 1,
                        height(day.accepted(), most),
                        height(day.refused(), most)))
                .toList();
        return new UseChart(
                days,
                first,
                last,
                bars,
                used,
                used.stream().mapToLong(UsedDay::accepted).sum(),
                used.stream().mapToLong(UsedDay::refused).sum(),
                most);
    }

    public int width() {
        return days * DAY;
    }

    /** The day with the most uses, the latest of them. */
    public UsedDay busiest() {
        return used.stream().max(Comparator.comparingLong(UseChart::uses)).orElseThrow();
    }

    private static long uses(UsedDay day) {
        return day.accepted() + day.refused();
    }

    /** One use among thousands is still to be seen. */
    private static int height(long uses, long most) {
        return uses == 0 ? 0 : (int) Math.max(2, uses * (HEIGHT - 4) / most);
    }
}
