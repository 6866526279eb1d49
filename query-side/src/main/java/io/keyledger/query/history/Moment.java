package io.keyledger.query.history;

import io.keyledger.query.LogEntry;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * A moment in the past.
 *
 * @param time by which a status is judged
 * @param position absent: every event that had occurred by that time belongs to it; otherwise those up to the position
 */
record Moment(Instant time, @Nullable Long position) {

    /** Whether an event had happened by then. */
    boolean includes(LogEntry entry) {
        return includes(entry.position(), entry.occurredAt());
    }

    boolean includes(long eventPosition, Instant occurredAt) {
        return position == null ? !occurredAt.isAfter(time) : eventPosition <= position;
    }

    /** The same, in SQL, of a row with these columns; needs the parameter {@code moment}. */
    String includes(String positionColumn, String timeColumn) {
        return position == null ? timeColumn + " <= :moment" : positionColumn + " <= :moment";
    }

    Object parameter() {
        return position == null ? time.atOffset(ZoneOffset.UTC) : position;
    }
}
