package io.keyledger.query.audit;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells what happened once more, in order and at the pace of the times that the events have: the pauses between them are
 * those of the past, or a part of them. A telling that takes longer than the pause delays what follows only until it has
 * caught up.
 */
public final class AuditReplay {

    private final Pace pace;
    private final Speed speed;

    /** Measures and lets time pass. */
    public interface Pace {

        /** The machine's own. */
        Pace REAL = new Pace() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void pause(Duration duration) throws InterruptedException {
                TimeUnit.NANOSECONDS.sleep(duration.toNanos());
            }
        };

        /** As {@link System#nanoTime}. */
        long nanos();

        void pause(Duration duration) throws InterruptedException;
    }

    /**
     * How much faster than it was.
     *
     * @param times absent: without any pause
     */
    public record Speed(@Nullable Double times) {

        private static final Pattern TIMES = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)x?");

        /** Without pauses. */
        public static final Speed MAX = new Speed(null);

        /**
         * @param text {@code 10x}, {@code 0.5x} or {@code max}
         * @throws IllegalArgumentException when it is none
         */
        public static Speed of(String text) {
            if (text.equals("max")) {
                return MAX;
            }
            var matcher = TIMES.matcher(text);
            if (matcher.matches()) {
                var times = Double.parseDouble(matcher.group(1));
                if (times > 0) {
                    return new Speed(times);
                }
            }
            throw new IllegalArgumentException("The speed is a number such as 10x, or max.");
        }
    }

    /** Whom it is told. */
    @FunctionalInterface
    public interface Audience {
        void tell(ToldEntry entry) throws IOException, InterruptedException;
    }

    public AuditReplay(Speed speed, Pace pace) {
        this.speed = speed;
        this.pace = pace;
    }

    /**
     * Returns when everything was told.
     *
     * @throws InterruptedException when the thread is interrupted, between two events or while it pauses
     */
    public void replay(Iterator<ToldEntry> events, Audience audience) throws IOException, InterruptedException {
        var begun = pace.nanos();
        Instant first = null;
        while (events.hasNext()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped");
            }
            var entry = events.next();
            if (first == null) {
                first = entry.told().occurredAt();
            }
            pause(Duration.between(first, entry.told().occurredAt()), begun);
            audience.tell(entry);
        }
    }

    /** @param sinceFirst how long after the first event this one was; before it, by another clock, where negative */
    private void pause(Duration sinceFirst, long begun) throws InterruptedException {
        var times = speed.times();
        if (times == null || sinceFirst.isNegative()) {
            return;
        }
        // In seconds: in nanoseconds it would not fit after 292 years at a tenth of the speed.
        var due = Math.min((sinceFirst.getSeconds() + sinceFirst.getNano() / 1e9) / times, 1e9);
        var left = (long) (due * 1e9) - (pace.nanos() - begun);
        if (left > 0) {
            pace.pause(Duration.ofNanos(left));
        }
    }
}
