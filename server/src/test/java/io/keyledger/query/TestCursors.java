package io.keyledger.query;

import java.time.Clock;

/** Cursors under a key that is no secret. */
public final class TestCursors {

    private TestCursors() {}

    public static Cursors create() {
        return new Cursors(new byte[32], Clock.systemUTC());
    }
}
