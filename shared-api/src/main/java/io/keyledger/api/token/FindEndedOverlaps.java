package io.keyledger.api.token;

/** Ids of tokens whose value from before a rotation is over by time, not recorded yet; the oldest first. */
public record FindEndedOverlaps(int limit) {}
