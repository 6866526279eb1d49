package io.keyledger.api.history;

import java.time.Instant;

/** A moment in the past, as somebody asks for it. */
public sealed interface AsOf {

    /** With every event that had occurred at this instant. */
    record At(Instant instant) implements AsOf {

        @Override
        public String toString() {
            return instant.toString();
        }
    }

    /** With every event up to this position, at the time of the last of them. */
    record After(long position) implements AsOf {

        @Override
        public String toString() {
            return Long.toString(position);
        }
    }
}
