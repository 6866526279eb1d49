package io.keyledger.command.account;

import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.account.PasswordHash;
import io.keyledger.api.account.RecordFailedSignIn;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Origin;
import io.keyledger.command.Commands;
import io.keyledger.command.account.Credentials.Credential;
import io.keyledger.command.account.PasswordHasher.Place;
import io.keyledger.command.account.PasswordThrottle.Attempt;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that verifies or makes a password: throttled by verified-wrong ones before a place for hashing is taken,
 * and never telling whether an email address has an account: the answer and the work are the same.
 */
public final class Passwords implements AutoCloseable {

    /** Of a new password, in code points after NFKC; for hints in forms. */
    public static final int MIN_LENGTH = PasswordLimits.MIN_LENGTH;

    /** Of a new password, in code points after NFKC; for hints in forms. */
    public static final int MAX_LENGTH = PasswordLimits.MAX_LENGTH;

    private static final Logger LOG = LoggerFactory.getLogger(Passwords.class);

    /** Failed sign-ins that become events, per account and hour: nobody can fill the disk; the metric counts all. */
    private static final int FAILURES_RECORDED_AN_HOUR = 10;

    private final Credentials credentials;
    private final PasswordHasher hasher;
    private final PasswordThrottle throttle;
    private final FamiliarClients familiarClients;
    private final Commands commands;
    private final MeterRegistry meters;
    /** Recording happens behind the answer's back, or its time would tell that the account exists. */
    private final ExecutorService recorder = Executors.newVirtualThreadPerTaskExecutor();

    public Passwords(
            Credentials credentials,
            PasswordHasher hasher,
            PasswordThrottle throttle,
            FamiliarClients familiarClients,
            Commands commands,
            MeterRegistry meters) {
        this.credentials = credentials;
        this.hasher = hasher;
        this.throttle = throttle;
        this.familiarClients = familiarClients;
        this.commands = commands;
        this.meters = meters;
    }

    /**
     * Who has just proved to be the person of this account.
     *
     * @param sessionEpoch read together with the hash; a session that is started now carries it
     */
    public record Verified(String accountId, boolean administrator, long sessionEpoch) {}

    /**
     * Verifies an email address and its password.
     *
     * @param browserId of a browser that signed in rightly before
     * @throws Refusal.Unauthenticated when they are not right, the same whatever the reason
     * @throws Refusal.Throttled after too many wrong ones
     */
    public Verified signIn(
            String email, String password, Origin origin, @Nullable String browserId, SignInMethod method) {
        var credential = credentials.findByEmail(email).orElse(null);
        var accountId = credential == null ? "" : credential.accountId();
        var ipAddress = ipAddress(origin);
        var attempt =
                new Attempt(EmailAddress.key(email), ipAddress, familiarClients.knows(accountId, ipAddress, browserId));
        boolean right;
        try {
            right = hashing(attempt, place -> {
                var hash = credential == null ? null : credential.passwordHash();
                if (hash == null) {
                    place.matchNobody(password);
                    throttle.recordWrong(attempt);
                    return false;
                }
                return isRight(place, password, hash, attempt);
            });
        } catch (Refusal.Throttled e) {
            count(method, "throttled");
            throw e;
        }
        if (!right || credential == null || !credential.enabled()) {
            count(method, "refused");
            if (credential != null) {
                recordFailure(credential.accountId(), origin, method);
            }
            throw new Refusal.Unauthenticated("invalid_credentials", "The email address or the password is not right.");
        }
        count(method, "accepted");
        return new Verified(credential.accountId(), credential.administrator(), credential.sessionEpoch());
    }

    /** Verifies the password of somebody who is signed in, before a change that asks for it. */
    void confirm(String accountId, @Nullable String currentPassword, Origin origin, @Nullable String browserId) {
        var credential = credential(accountId);
        hashing(attempt(credential, origin, browserId), place -> {
            requireRight(place, credential, currentPassword, attempt(credential, origin, browserId));
            return true;
        });
    }

    /** Verifies the current password and hashes its replacement. */
    Replacement replace(
            String accountId, String currentPassword, String newPassword, Origin origin, @Nullable String browserId) {
        var credential = credential(accountId);
        requireGood("newPassword", newPassword, credential.email(), credential.displayName());
        var attempt = attempt(credential, origin, browserId);
        return hashing(attempt, place -> {
            var verified = requireRight(place, credential, currentPassword, attempt);
            if (PasswordRules.normalise(newPassword).equals(PasswordRules.normalise(currentPassword))) {
                throw samePassword();
            }
            return new Replacement(verified, place.hash(newPassword));
        });
    }

    record Replacement(PasswordHash verified, PasswordHash replacement) {}

    /** Hashes the password that is set through a link; the link was looked up by the caller. */
    PasswordHash reset(String accountId, String newPassword) {
        var credential = credential(accountId);
        requireGood("newPassword", newPassword, credential.email(), credential.displayName());
        try (var place = hasher.takePlace()) {
            var current = credential.passwordHash();
            if (current != null && place.matches(newPassword, current)) {
                throw samePassword();
            }
            return place.hash(newPassword);
        }
    }

    /** The account's session epoch now: sessions that carry another one are over. */
    public long sessionEpoch(String accountId) {
        return credential(accountId).sessionEpoch();
    }

    /** Refuses when this address has guessed too many link secrets. */
    void checkResetGuesses(Origin origin) {
        throttle.check(new Attempt(null, ipAddress(origin), false));
    }

    void recordWrongResetSecret(Origin origin) {
        throttle.recordWrong(new Attempt(null, ipAddress(origin), false));
    }

    /** Hashes the first password of a new account. */
    public PasswordHash first(String password, String email, String displayName) {
        requireGood("password", password, email, displayName);
        return hasher.hash(password);
    }

    /** Whether something that is bounded per key may happen once more, over all nodes. */
    public boolean mayHappen(String what, int times, Duration period) {
        return throttle.tryConsume(what, times, period);
    }

    /** Whether the account has a password. */
    boolean isSet(String accountId) {
        return credentials
                .findByAccountId(accountId)
                .map(Credential::passwordHash)
                .isPresent();
    }

    /** Remembers where and in which browser the person signed in rightly. */
    public void rememberClient(String accountId, Origin origin, @Nullable String browserId) {
        familiarClients.remember(accountId, ipAddress(origin), browserId);
    }

    private <T> T hashing(Attempt attempt, Function<Place, T> work) {
        throttle.check(attempt);
        try (var place = hasher.takePlace()) {
            // Wrong ones may have been counted while this one waited.
            throttle.check(attempt);
            return work.apply(place);
        }
    }

    private boolean isRight(Place place, String password, PasswordHash hash, Attempt attempt) {
        var right = place.matches(password, hash);
        if (!right) {
            throttle.recordWrong(attempt);
        }
        return right;
    }

    private PasswordHash requireRight(
            Place place, Credential credential, @Nullable String currentPassword, Attempt attempt) {
        var hash = credential.passwordHash();
        if (currentPassword == null || currentPassword.isEmpty()) {
            throw new Refusal.Unprocessable("currentPassword", "required", "Give your current password.");
        }
        if (hash == null || !isRight(place, currentPassword, hash, attempt)) {
            throw wrongCurrentPassword();
        }
        return hash;
    }

    private Attempt attempt(Credential credential, Origin origin, @Nullable String browserId) {
        var ipAddress = ipAddress(origin);
        return new Attempt(
                EmailAddress.key(credential.email()),
                ipAddress,
                familiarClients.knows(credential.accountId(), ipAddress, browserId));
    }

    private Credential credential(String accountId) {
        return credentials
                .findByAccountId(accountId)
                .orElseThrow(() -> new Refusal.NotFound("account_not_found", "There is no such account."));
    }

    private static void requireGood(String field, String password, String email, String displayName) {
        List<FieldError> errors = new ArrayList<>();
        PasswordRules.violations(password, email, displayName)
                .forEach(violation -> errors.add(new FieldError(field, violation.code(), violation.message())));
        if (!errors.isEmpty()) {
            throw new Refusal.Unprocessable(errors);
        }
    }

    private void recordFailure(String accountId, Origin origin, SignInMethod method) {
        recorder.execute(() -> {
            try {
                if (mayHappen("sign-in-failed:" + accountId, FAILURES_RECORDED_AN_HOUR, Duration.ofHours(1))) {
                    commands.send(Caller.anonymous(origin), new RecordFailedSignIn(accountId, method));
                }
            } catch (RuntimeException e) {
                LOG.warn("A failed sign-in could not be recorded ({})", origin.correlationId(), e);
            }
        });
    }

    private void count(SignInMethod method, String outcome) {
        meters.counter("keyledger.sign.ins", "method", method.toString(), "outcome", outcome)
                .increment();
    }

    private static String ipAddress(Origin origin) {
        return origin.ipAddress() == null ? "0.0.0.0" : origin.ipAddress();
    }

    static Refusal wrongCurrentPassword() {
        return new Refusal.Unprocessable("currentPassword", "wrong_password", "This is not your current password.");
    }

    private static Refusal samePassword() {
        return new Refusal.Unprocessable(
                "newPassword", "password_unchanged", "This is the password you have now. Choose another one.");
    }

    /** A secret for a reset link: 30 base62 characters, 178 random bits. */
    static String newResetSecret() {
        return Ids.randomBase62(30);
    }

    /** The account with this email address, if it may be used. */
    Optional<Credential> enabledAccount(String email) {
        return credentials.findByEmail(email).filter(Credential::enabled);
    }

    String emailOf(String accountId) {
        return credential(accountId).email();
    }

    /** Waits for the last failures to be recorded. */
    @Override
    public void close() {
        recorder.close();
    }
}
