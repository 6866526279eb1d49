package io.keyledger.api.history;

import java.util.Map;

/** What became of some tokens since a moment, by their ids. */
public record TokensSince(Map<String, Since> byId) {

    /** What became of one. */
    public enum Since {
        UNCHANGED,
        CHANGED,
        /** Another account has it. */
        MOVED,
        REVOKED
    }
}
