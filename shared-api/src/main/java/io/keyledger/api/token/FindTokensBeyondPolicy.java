package io.keyledger.api.token;

/** Some of the tokens that the policy ends, as they are now: at most {@code limit}. */
public record FindTokensBeyondPolicy(TokenPolicy policy, int limit) {}
