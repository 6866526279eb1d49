package io.keyledger.command.account;

import static io.keyledger.command.account.PasswordLimits.ARGON2_ITERATIONS;
import static io.keyledger.command.account.PasswordLimits.ARGON2_MEMORY;
import static io.keyledger.command.account.PasswordLimits.ARGON2_PARALLELISM;
import static io.keyledger.command.account.PasswordLimits.HASH_LENGTH;
import static io.keyledger.command.account.PasswordLimits.SALT_LENGTH;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.PasswordHash;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Hashes and verifies passwords with Argon2id, NFKC first. A hash takes 19 MiB and tens of milliseconds of a core, so
 * only as many run at once as there are processors (at least two); others queue for a {@linkplain #takePlace() place}.
 *
 * <p>Meters: the timer {@code keyledger.password.hashing} (the hash alone, without the queue) and the counter {@code
 * keyledger.password.hashing.refused}.
 */
public final class PasswordHasher implements AutoCloseable {

    /** Nobody's: its salt and hash are zeros. It makes Argon2 do the same work as a real one. */
    private static final PasswordHash NOBODYS = new PasswordHash("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
            .formatted(ARGON2_MEMORY, ARGON2_ITERATIONS, ARGON2_PARALLELISM, zeros(SALT_LENGTH), zeros(HASH_LENGTH)));

    private final PasswordEncoder argon2;
    private final Semaphore places;

    /**
     * Requests are virtual threads, which take turns only where they wait: a hash in one would keep a processor from all
     * others, look-ups among them, until it is done.
     */
    private final ExecutorService threads;

    private final Duration wait;
    private final Timer hashing;
    private final Counter refused;

    public PasswordHasher(MeterRegistry meters) {
        this(
                new Argon2PasswordEncoder(
                        SALT_LENGTH, HASH_LENGTH, ARGON2_PARALLELISM, ARGON2_MEMORY, ARGON2_ITERATIONS),
                Math.max(2, Runtime.getRuntime().availableProcessors()),
                PasswordLimits.WAIT_FOR_PLACE,
                meters);
    }

    PasswordHasher(PasswordEncoder argon2, int places, Duration wait, MeterRegistry meters) {
        this.argon2 = argon2;
        this.places = new Semaphore(places, true);
        this.threads = Executors.newFixedThreadPool(
                places,
                Thread.ofPlatform().name("password-hashing-", 0).daemon().factory());
        this.wait = wait;
        this.hashing = meters.timer("keyledger.password.hashing");
        this.refused = meters.counter("keyledger.password.hashing.refused");
    }

    /**
     * Waits in turn, at most 2 s, for one of the places. For a caller that must look once more, after the wait and
     * before the hash, whether it still may; others use the methods below, which take a place by themselves.
     *
     * @throws Refusal.Unavailable when none became free
     */
    public Place takePlace() {
        try {
            if (places.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                return new Place();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        refused.increment();
        throw new Refusal.Unavailable(
                "hashing_busy", "Too many sign-ins at once. Try again.", PasswordLimits.WAIT_FOR_PLACE);
    }

    /**
     * Hashes a new password, with a salt of its own.
     *
     * @throws IllegalArgumentException when the password holds a NUL or a lone surrogate
     * @throws Refusal.Unavailable when no place became free
     */
    public PasswordHash hash(String password) {
        try (var place = takePlace()) {
            return place.hash(password);
        }
    }

    /**
     * Whether this is the password that was hashed.
     *
     * @throws Refusal.Unavailable when no place became free
     */
    public boolean matches(String password, PasswordHash hash) {
        try (var place = takePlace()) {
            return place.matches(password, hash);
        }
    }

    /**
     * The work of {@link #matches} for an account that does not exist or has no password, so that the time an answer
     * takes does not tell.
     *
     * @throws Refusal.Unavailable when no place became free
     */
    public void matchNobody(String password) {
        try (var place = takePlace()) {
            place.matchNobody(password);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }

    /** The right to hash, one at a time, until it is closed. Not for use by several threads. */
    public final class Place implements AutoCloseable {

        private boolean closed;

        private Place() {}

        /** As {@link PasswordHasher#hash}. */
        public PasswordHash hash(String password) {
            refuseOnceClosed();
            if (!PasswordRules.isText(password)) {
                throw new IllegalArgumentException("A password cannot hold a NUL or a lone surrogate");
            }
            return onThread(() -> new PasswordHash(argon2.encode(PasswordRules.normalise(password))));
        }

        /** As {@link PasswordHasher#matches}. */
        public boolean matches(String password, PasswordHash hash) {
            refuseOnceClosed();
            // Argon2 cannot read half a character. No such password was ever hashed: the same work, and a no.
            var readable = PasswordRules.isText(password) ? password : "\uFFFD";
            boolean same = onThread(() -> argon2.matches(PasswordRules.normalise(readable), hash.encoded()));
            return same && readable.equals(password);
        }

        /** As {@link PasswordHasher#matchNobody}. */
        public void matchNobody(String password) {
            matches(password, NOBODYS);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                places.release();
            }
        }

        private <T> T onThread(Supplier<T> work) {
            return CompletableFuture.supplyAsync(() -> hashing.record(work), threads)
                    .join();
        }

        private void refuseOnceClosed() {
            if (closed) {
                throw new IllegalStateException("This place was given back");
            }
        }
    }

    private static String zeros(int bytes) {
        return Base64.getEncoder().withoutPadding().encodeToString(new byte[bytes]);
    }
}
