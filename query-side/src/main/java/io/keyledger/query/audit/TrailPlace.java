package io.keyledger.query.audit;

import io.keyledger.api.Refusal;
import io.keyledger.query.Parameters;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A place in the log, where something begins (inclusive) or ends (exclusive). */
public sealed interface TrailPlace {

    /** A moment: by the times that the events have. */
    record At(Instant instant) implements TrailPlace {}

    /** A position, as {@code Keyledger-Position} counts. */
    record Position(long position) implements TrailPlace {}

    /** @param text an instant (RFC 3339), or a position */
    static @Nullable TrailPlace of(String name, @Nullable String text) {
        if (text != null && text.matches("[0-9]{1,18}")) {
            return new Position(Long.parseLong(text));
        }
        try {
            var instant = Parameters.instant(name, text);
            return instant == null ? null : new At(instant);
        } catch (Refusal.Malformed e) {
            throw new Refusal.Malformed(
                    e.code(),
                    "%s is an instant like 2026-11-30T12:00:00Z (RFC 3339), or a position in the log.".formatted(name));
        }
    }
}
