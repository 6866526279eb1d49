package io.keyledger.api.account;

/** A password's Argon2id hash in its encoded form. Kept in one table that a change overwrites; never in an event. */
public record PasswordHash(String encoded) {

    @Override
    public String toString() {
        return "PasswordHash[***]";
    }
}
