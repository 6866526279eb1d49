package io.keyledger.api.history;

/** When a moment was: of a position, the time of its event. Answered by an {@code Instant}. */
public record GetTimeOf(AsOf asOf) {}
