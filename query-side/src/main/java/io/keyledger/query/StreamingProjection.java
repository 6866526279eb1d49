package io.keyledger.query;

/** A table that follows the log, a little behind it; its event handlers are methods of the class. */
public interface StreamingProjection {

    /** Names its place in the log ({@code state.token_entry}), its metrics and its health. */
    String name();
}
