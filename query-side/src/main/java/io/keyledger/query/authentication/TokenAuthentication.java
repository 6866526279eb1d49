package io.keyledger.query.authentication;

import static java.util.stream.Collectors.joining;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.AddressRange;
import io.keyledger.api.authentication.Origin;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenValue;
import io.keyledger.query.authentication.TokenLookup.Accepted;
import io.keyledger.query.authentication.TokenLookup.Known;
import io.keyledger.query.authentication.TokenLookup.Question;
import io.keyledger.query.authentication.TokenLookup.Refused;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whose token a value is, and what it may do: the one path of the API, the gateway endpoint and introspection. Nothing
 * is remembered from one call to the next, so a token that was created or revoked a moment ago is as it is.
 */
public final class TokenAuthentication {

    private final TokenLookup lookup;
    private final PermissionCatalogue permissions;
    private final Observer observer;
    private final TokenUses uses;
    private final Clock clock;
    private final Timer accepted;
    private final Timer refused;
    private final Timer unavailable;

    public TokenAuthentication(
            TokenLookup lookup,
            PermissionCatalogue permissions,
            Observer observer,
            TokenUses uses,
            Clock clock,
            MeterRegistry meters) {
        this.lookup = lookup;
        this.permissions = permissions;
        this.observer = observer;
        this.uses = uses;
        this.clock = clock;
        accepted = timer(meters, "accepted");
        refused = timer(meters, "refused");
        unavailable = timer(meters, "unavailable");
    }

    private static Timer timer(MeterRegistry meters, String outcome) {
        return Timer.builder("keyledger.token.authentications")
                .description("Time to find out whose token it is")
                .tag("outcome", outcome)
                .register(meters);
    }

    /**
     * A token that is good at this moment.
     *
     * @param administrator whether its account is one
     * @param permissions those granted to it that its account holds now
     * @param username the account's email, or the name of a service account
     * @param issuedAt when this value was made
     * @param expiresAt absent: never
     */
    public record AuthenticatedToken(
            String tokenId,
            String accountId,
            boolean administrator,
            Set<String> permissions,
            String username,
            Instant issuedAt,
            @Nullable Instant expiresAt) {

        /** The permissions in alphabetical order, separated by spaces (RFC 6749, section 3.3). */
        String scope() {
            return permissions.stream().sorted().collect(joining(" "));
        }

        @Override
        public String toString() {
            return "AuthenticatedToken[" + tokenId + "]";
        }
    }

    /**
     * What a value is used for.
     *
     * @param request tells method and path, where a gateway does; asked during the call, and only for what is recorded
     * @param permissions that it asks for; absent: whoever uses it is told all that it holds, and does not say which it
     *     needs
     */
    public record Use(
            Origin origin,
            Supplier<@Nullable String> request,
            @Nullable List<String> permissions) {

        @Override
        public String toString() {
            return "Use[***]";
        }
    }

    /** Learns what values are used for. */
    public interface Observer {

        /** Called before the answer, which waits: when it arrives, the value before this one is refused everywhere. */
        void successorUsed(AuthenticatedToken token, byte[] digest, Use use);

        /** Called at uses until the first one is recorded, and must not keep the answer waiting. */
        void firstUsed(AuthenticatedToken token, Use use);

        /**
         * Called when a value was refused that its token, which is not revoked, had before. Must not keep the answer
         * waiting.
         *
         * @param hint of the value
         */
        void retiredValueUsed(String tokenId, String accountId, String hint, Use use);
    }

    /** One answer for every reason: who has guessed a value learns nothing from it. */
    public static Refusal invalidToken() {
        return new Refusal.Unauthenticated("invalid_token", "This token is wrong, expired or revoked.");
    }

    /**
     * The token that this value belongs to, if it is accepted now and from there. A value whose checksum is wrong is
     * refused without asking the database; all others ask it the same.
     *
     * @throws Refusal.Unavailable when that cannot be known
     */
    public Optional<AuthenticatedToken> authenticate(String text, Use use) {
        var start = System.nanoTime();
        var value = TokenValue.parse(text);
        if (value.isEmpty()) {
            refused.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            return Optional.empty();
        }
        return begin(value.get()).token(use);
    }

    /**
     * Begins to find out whose token it is, so that several values wait for one query.
     *
     * @throws Refusal.Unavailable when that cannot be known
     */
    Look begin(TokenValue value) {
        return begin(value.digest());
    }

    private Look begin(byte[] digest) {
        var start = System.nanoTime();
        var lookedUpAt = clock.instant();
        try {
            return new Look(start, lookedUpAt, lookup.ask(digest));
        } catch (Refusal.Unavailable e) {
            unavailable.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            throw e;
        }
    }

    /** What is being found out. As long as nobody asks for the token, the value was not used. */
    final class Look {

        private final long start;
        private final Instant lookedUpAt;
        private final Question question;

        private Look(long start, Instant lookedUpAt, Question question) {
            this.start = start;
            this.lookedUpAt = lookedUpAt;
            this.question = question;
        }

        /**
         * The token, if the value is accepted and from there. To be asked for once. If that is late, because another
         * token's use took long, it is found out anew: the uses of back then may be written, and be taken for all.
         *
         * @throws Refusal.Unavailable when that cannot be known
         */
        Optional<AuthenticatedToken> token(Use use) {
            if (clock.instant().isAfter(lookedUpAt.plus(TokenLookup.PATIENCE))) {
                return begin(question.digest()).token(use);
            }
            var outcome = unavailable;
            try {
                var token = judge(lookup.answer(question).orElse(null), use);
                outcome = token.isPresent() ? accepted : refused;
                return token;
            } finally {
                outcome.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            }
        }

        private Optional<AuthenticatedToken> judge(@Nullable Known known, Use use) {
            return switch (known) {
                case null -> Optional.empty();
                case Refused found -> {
                    uses.refused(
                            found.tokenId(), found.accountId(), use.origin().ipAddress(), found.revoked(), lookedUpAt);
                    if (found.retired() && !found.revoked()) {
                        observer.retiredValueUsed(found.tokenId(), found.accountId(), found.hint(), use);
                    }
                    yield Optional.empty();
                }
                case Accepted found
                when !isFromAllowedAddress(found, use) -> {
                    uses.refused(
                            found.tokenId(), found.accountId(), use.origin().ipAddress(), false, lookedUpAt);
                    yield Optional.empty();
                }
                case Accepted found -> {
                    // At once: what follows may take a while, and uses are written soon after their look-ups.
                    uses.accepted(
                            found.tokenId(),
                            found.accountId(),
                            use.origin().ipAddress(),
                            use.permissions(),
                            lookedUpAt);
                    yield Optional.of(accept(found, question.digest(), use));
                }
            };
        }
    }

    private static boolean isFromAllowedAddress(Accepted found, Use use) {
        return found.allowedAddresses().isEmpty()
                || found.allowedAddresses().stream()
                        .flatMap(range -> AddressRange.parse(range).stream())
                        .anyMatch(range -> range.contains(use.origin().ipAddress()));
    }

    private AuthenticatedToken accept(Accepted found, byte[] digest, Use use) {
        var effective = new HashSet<>(found.permissions());
        effective.retainAll(permissions.heldBy(found.administrator()));
        var token = new AuthenticatedToken(
                found.tokenId(),
                found.accountId(),
                found.administrator(),
                effective,
                found.username(),
                found.issuedAt(),
                found.expiresAt());
        if (found.retiresPrevious()) {
            observer.successorUsed(token, digest, use);
        }
        if (found.firstUse()) {
            observer.firstUsed(token, use);
        }
        return token;
    }
}
