package io.keyledger.server.database;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The database's time, in milliseconds, carried on between measurements by the machine's monotonic clock. All nodes
 * share it, so that a node whose wall clock is wrong, or is set while it runs, harms nobody.
 */
public final class DatabaseClock extends Clock {

    private static final Duration LONGEST_QUESTION = Duration.ofMillis(500);

    private volatile @Nullable Measurement last;

    private record Measurement(Instant time, long nanoTime) {}

    /** Asks the database. Half of the time that the question took is the error; one that took long is dropped. */
    public void measure(JdbcClient jdbc) {
        var asked = System.nanoTime();
        var time = jdbc.sql("select clock_timestamp()")
                .query((row, _) -> row.getTimestamp(1).toInstant())
                .single();
        var answered = System.nanoTime();
        if (last != null && answered - asked > LONGEST_QUESTION.toNanos()) {
            return;
        }
        last = new Measurement(time, asked + (answered - asked) / 2);
    }

    /** @throws IllegalStateException before the first measurement: nothing may be decided by another time */
    @Override
    public Instant instant() {
        var measured = last;
        if (measured == null) {
            throw new IllegalStateException("the database's time is not known yet");
        }
        return measured.time()
                .plusNanos(System.nanoTime() - measured.nanoTime())
                .truncatedTo(ChronoUnit.MILLIS);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("times are kept in UTC");
    }
}
