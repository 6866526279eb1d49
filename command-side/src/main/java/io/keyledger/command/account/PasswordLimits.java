package io.keyledger.command.account;

import java.time.Duration;
import java.util.List;

/** Every number about passwords, in one place. */
final class PasswordLimits {

    /** Code points after NFKC; NIST SP 800-63B-4 asks for 15 where the password is the only factor. */
    static final int MIN_LENGTH = 15;

    /** Code points after NFKC; NIST asks that at least 64 are allowed. */
    static final int MAX_LENGTH = 128;

    /** Names shorter than this are not looked for in a password: "Al" is in too many words. */
    static final int MIN_NAME_LENGTH = 4;

    /** Code points that must be left of a password once the names in it are taken away. */
    static final int MIN_LENGTH_WITHOUT_NAMES = 8;

    /** Argon2id as OWASP's password storage cheat sheet asks for it; memory in KiB (19 MiB). */
    static final int ARGON2_MEMORY = 19_456;

    static final int ARGON2_ITERATIONS = 2;
    static final int ARGON2_PARALLELISM = 1;

    /** Bytes. */
    static final int SALT_LENGTH = 16;

    /** Bytes. */
    static final int HASH_LENGTH = 32;

    /** How long a caller waits for one of the places for hashing. */
    static final Duration WAIT_FOR_PLACE = Duration.ofSeconds(2);

    /** How many addresses and browsers that signed in are remembered for one account. */
    static final int FAMILIAR_CLIENTS = 20;

    static final Limit WRONG_PER_ACCOUNT_AND_ADDRESS =
            new Limit("wrong-password-account-address", 30, Duration.ofMinutes(15));

    static final Limit WRONG_PER_ADDRESS = new Limit("wrong-password-address", 300, Duration.ofMinutes(15));

    /** Over all addresses. Familiar clients are exempt, so that a stranger cannot lock the owner out. */
    static final Limit WRONG_PER_ACCOUNT = new Limit("wrong-password-account", 100, Duration.ofHours(1));

    static final List<Limit> WRONG_PASSWORDS =
            List.of(WRONG_PER_ACCOUNT_AND_ADDRESS, WRONG_PER_ADDRESS, WRONG_PER_ACCOUNT);

    private PasswordLimits() {}
}
