package io.keyledger.api.token;

/** The id of the account that has this token now; nothing where there is no such token. */
public record GetTokenAccount(String tokenId) {}
