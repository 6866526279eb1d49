package io.keyledger.server.database;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The database's time, in milliseconds, carried on between measurements by the machine's monotonic clock. All nodes
 * share it, so that a node whose wall clock is wrong, or is set while it runs, harms nobody.
 */
public final class DatabaseClock extends Clock {

    private static final Logger LOG = LoggerFactory.getLogger(DatabaseClock.class);

    /** Of the machine's clock: a difference from which on it is told. */
    static final Duration NOTICEABLE = Duration.ofSeconds(1);

    private static final Duration LONGEST_QUESTION = Duration.ofMillis(500);

    /** Only to say how wrong it is. */
    private final Clock machine = Clock.systemUTC();

    private volatile @Nullable Measurement last;
    private volatile Duration machineAhead = Duration.ZERO;

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
        var ahead = Duration.between(instant(), machine.instant()).truncatedTo(ChronoUnit.MILLIS);
        if (ahead.minus(machineAhead).abs().compareTo(NOTICEABLE) > 0) {
            LOG.warn("This machine's clock is {} ahead of the database's; only the log's times are by it", ahead);
        }
        machineAhead = ahead;
    }

    /** By how much the machine's clock was ahead of the database's when that was last asked. */
    public Duration machineAhead() {
        return machineAhead;
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
