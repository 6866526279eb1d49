package io.keyledger.command.token;

import static java.util.stream.Collectors.joining;

import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.TextRules;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.authentication.AddressRange;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.ChangeTokenAllowedAddresses;
import io.keyledger.api.token.ChangeTokenDescription;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.ChangeTokenPermissions;
import io.keyledger.api.token.CreateToken;
import io.keyledger.api.token.DisableToken;
import io.keyledger.api.token.EnableToken;
import io.keyledger.api.token.NarrowTokenPermissions;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.ReportTokenLeak;
import io.keyledger.api.token.RequireHeldPermissions;
import io.keyledger.api.token.RetireTokenValue;
import io.keyledger.api.token.RetiredTokenValueUsed;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.RotateToken;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.api.token.TransferToken;
import io.keyledger.command.SealedText;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A token as its events tell it, and the rules for what may happen to it. Pure: what a decision needs from outside (the
 * time, the catalogue, opened texts) is given to it. That a name is unique is a rule over all tokens, kept by the
 * lookup table's index in the same transaction.
 */
record TokenState(
        String tokenId,
        String accountId,
        SealedText name,
        @Nullable SealedText description,
        List<String> permissions,
        Instant createdAt,
        @Nullable Instant expiresAt,
        boolean expired,
        boolean enabled,
        @Nullable SealedText allowedAddresses,
        TokenValues values,
        @Nullable Instant revokedAt) {

    private static final int NAME_MAX = 100;
    private static final int DESCRIPTION_MAX = 500;
    private static final int ALLOWED_ADDRESSES_MAX = 100;

    static List<TokenEvent> decide(
            CreateToken command, PermissionCatalogue catalogue, TokenPolicy policy, Instant now) {
        var errors = new ArrayList<FieldError>();
        var name = checkName(errors, command.name());
        var description = checkDescription(errors, command.description());
        checkPermissions(errors, command.permissions(), Set.of(), command.held(), catalogue);
        var latest = policy.maxLifetime() == null ? null : now.plus(policy.maxLifetime());
        var expiresAt = checkExpiry(errors, command.expiresAt(), latest, now);
        var allowedAddresses = checkAllowedAddresses(errors, command.allowedAddresses());
        refuseIf(errors);
        var events = new ArrayList<TokenEvent>();
        events.add(new TokenCreated(
                command.tokenId(),
                command.accountId(),
                PersonalText.of(name),
                personal(description),
                sorted(command.permissions()),
                expiresAt,
                command.digest(),
                command.hint()));
        if (allowedAddresses != null) {
            events.add(new TokenAllowedAddressesChanged(
                    command.tokenId(), command.accountId(), null, PersonalText.of(allowedAddresses)));
        }
        return events;
    }

    List<TokenEvent> decide(RenameToken command, String currentName) {
        requireChangeable(command.accountId());
        var errors = new ArrayList<FieldError>();
        var name = checkName(errors, command.name());
        refuseIf(errors);
        return name.equals(currentName)
                ? List.of()
                : List.of(new TokenRenamed(tokenId, accountId, PersonalText.of(currentName), PersonalText.of(name)));
    }

    List<TokenEvent> decide(ChangeTokenDescription command, @Nullable String currentDescription) {
        requireChangeable(command.accountId());
        var errors = new ArrayList<FieldError>();
        var description = checkDescription(errors, command.description());
        refuseIf(errors);
        return Objects.equals(description, currentDescription)
                ? List.of()
                : List.of(new TokenDescriptionChanged(
                        tokenId, accountId, personal(currentDescription), personal(description)));
    }

    List<TokenEvent> decide(ChangeTokenPermissions command, PermissionCatalogue catalogue) {
        requireChangeable(command.accountId());
        var errors = new ArrayList<FieldError>();
        checkPermissions(errors, command.permissions(), permissions, command.held(), catalogue);
        refuseIf(errors);
        var wanted = sorted(command.permissions());
        return wanted.equals(permissions)
                ? List.of()
                : List.of(new TokenPermissionsChanged(tokenId, accountId, permissions, wanted));
    }

    List<TokenEvent> decide(NarrowTokenPermissions command) {
        requireChangeable(command.accountId());
        var needed = permissions.stream().filter(command.used()::contains).toList();
        if (needed.isEmpty() && !permissions.isEmpty()) {
            throw new Refusal.Conflict(
                    "permissions_unused",
                    "This token was not used for any of its permissions, so it would lose them all. Choose yourself"
                            + " which stay.");
        }
        return needed.equals(permissions)
                ? List.of()
                : List.of(new TokenPermissionsChanged(tokenId, accountId, permissions, needed));
    }

    List<TokenEvent> decide(ChangeTokenExpiry command, TokenPolicy policy, Instant now) {
        requireChangeable(command.accountId());
        if (Objects.equals(truncated(command.expiresAt()), expiresAt)) {
            return List.of();
        }
        var errors = new ArrayList<FieldError>();
        var wanted = checkExpiry(errors, command.expiresAt(), policy.latestEnd(issuedAt(), expiresAt, now), now);
        refuseIf(errors);
        return Objects.equals(wanted, expiresAt)
                ? List.of()
                : List.of(new TokenExpiryChanged(tokenId, accountId, expiresAt, wanted));
    }

    /** When its present value was made. */
    private Instant issuedAt() {
        return values.rotatedAt() == null ? createdAt : values.rotatedAt();
    }

    List<TokenEvent> decide(ChangeTokenAllowedAddresses command, @Nullable String currentAllowedAddresses) {
        requireChangeable(command.accountId());
        var errors = new ArrayList<FieldError>();
        var wanted = checkAllowedAddresses(errors, command.allowedAddresses());
        refuseIf(errors);
        return Objects.equals(wanted, currentAllowedAddresses)
                ? List.of()
                : List.of(new TokenAllowedAddressesChanged(
                        tokenId, accountId, personal(currentAllowedAddresses), personal(wanted)));
    }

    List<TokenEvent> decide(DisableToken command) {
        requireChangeable(command.accountId());
        return enabled ? List.of(new TokenDisabled(tokenId, accountId)) : List.of();
    }

    List<TokenEvent> decide(EnableToken command) {
        requireChangeable(command.accountId());
        return enabled ? List.of() : List.of(new TokenEnabled(tokenId, accountId));
    }

    List<TokenEvent> decide(RotateToken command, Instant now) {
        requireChangeable(command.accountId());
        if (command.overlap().isNegative() || command.overlap().compareTo(RotateToken.MAX_OVERLAP) > 0) {
            throw new Refusal.Unprocessable(
                    "overlap", "out_of_range", "Give an overlap from 0 to 7 days, for example 24h.");
        }
        if (!command.held().containsAll(permissions)) {
            throw new Refusal.Forbidden(
                    "permission_not_held",
                    "This token may do more than you may yourself, so its new value is not for you.");
        }
        return values.rotate(this, command, now);
    }

    void check(RequireHeldPermissions command, Instant now) {
        requireChangeable(command.accountId());
        if ((command.liftsLimits() || status(now) != TokenStatus.ACTIVE)
                && !command.held().containsAll(permissions)) {
            throw new Refusal.Forbidden(
                    "permission_not_held", "This token may do more than you may yourself, so you can't bring it back.");
        }
    }

    List<TokenEvent> decide(RetireTokenValue command, Instant now) {
        return revokedAt == null ? values.retire(this, command.usedDigest(), now) : List.of();
    }

    List<TokenEvent> decide(
            TransferToken command, String name, @Nullable String description, @Nullable String allowedAddresses) {
        requireChangeable(command.accountId());
        if (command.newAccountId().equals(accountId)) {
            return List.of();
        }
        if (!Collections.disjoint(permissions, command.beyond())) {
            throw new Refusal.Forbidden(
                    "permission_not_held", "There this token could do more than you may yourself, so it stays.");
        }
        return List.of(new TokenTransferred(
                tokenId,
                command.newAccountId(),
                accountId,
                PersonalText.of(name),
                personal(description),
                personal(allowedAddresses)));
    }

    List<TokenEvent> decide(ReportTokenLeak command, Instant now) {
        if (revokedAt != null) {
            return List.of();
        }
        var leaked = new TokenLeaked(tokenId, accountId, command.hint(), command.source(), personal(command.url()));
        return values.isAccepted(command.digest(), now)
                ? List.of(leaked, new TokenRevoked(tokenId, accountId, RevocationReason.LEAKED))
                : List.of(leaked);
    }

    List<TokenEvent> decide(RevokeToken command) {
        requireOwner(command.accountId());
        return revokedAt != null ? List.of() : List.of(new TokenRevoked(tokenId, accountId, command.reason()));
    }

    List<TokenEvent> decideToExpire(Instant now) {
        return revokedAt == null && !expired && expiresAt != null && !expiresAt.isAfter(now)
                ? List.of(new TokenExpired(tokenId, accountId, expiresAt))
                : List.of();
    }

    List<TokenEvent> decideToLimit(TokenPolicy policy, Instant now) {
        var latest = policy.latestEnd(issuedAt(), expiresAt, now);
        return revokedAt != null || latest == null || (expiresAt != null && !expiresAt.isAfter(latest))
                ? List.of()
                : List.of(new TokenExpiryChanged(tokenId, accountId, expiresAt, latest));
    }

    static TokenState evolve(@Nullable TokenState before, TokenEvent event, String eventId, Instant at) {
        if (event instanceof TokenCreated created) {
            return new TokenState(
                    created.tokenId(),
                    created.accountId(),
                    new SealedText(created.name(), eventId),
                    sealed(created.description(), eventId),
                    created.permissions(),
                    at,
                    created.expiresAt(),
                    false,
                    true,
                    null,
                    TokenValues.first(created.digest(), created.hint()),
                    null);
        }
        var next = new Next(Objects.requireNonNull(before, "the first event of a token is its creation"));
        next.apply(event, eventId, at);
        return next.state();
    }

    /** A state in the making: what an event leaves alone stays as it was. */
    private static final class Next {

        private final TokenState before;
        private String accountId;
        private SealedText name;
        private @Nullable SealedText description;
        private List<String> permissions;
        private @Nullable Instant expiresAt;
        private boolean expired;
        private boolean enabled;
        private @Nullable SealedText allowedAddresses;
        private TokenValues values;
        private @Nullable Instant revokedAt;

        Next(TokenState before) {
            this.before = before;
            accountId = before.accountId;
            name = before.name;
            description = before.description;
            permissions = before.permissions;
            expiresAt = before.expiresAt;
            expired = before.expired;
            enabled = before.enabled;
            allowedAddresses = before.allowedAddresses;
            values = before.values;
            revokedAt = before.revokedAt;
        }

        void apply(TokenEvent event, String eventId, Instant at) {
            switch (event) {
                case TokenCreated created -> throw new IllegalStateException("created twice: " + created.tokenId());
                case TokenRenamed renamed -> name = new SealedText(renamed.name(), eventId);
                case TokenDescriptionChanged changed -> description = sealed(changed.description(), eventId);
                case TokenPermissionsChanged changed -> permissions = changed.permissions();
                case TokenExpiryChanged changed -> {
                    expiresAt = changed.expiresAt();
                    expired = false;
                }
                case TokenExpired _ -> expired = true;
                case TokenDisabled _ -> enabled = false;
                case TokenEnabled _ -> enabled = true;
                case TokenAllowedAddressesChanged changed ->
                    allowedAddresses = sealed(changed.allowedAddresses(), eventId);
                case TokenRotated rotated -> values = values.rotated(rotated, at);
                case TokenValueRetired retired -> values = values.without(retired.digest());
                case TokenTransferred transferred -> {
                    accountId = transferred.accountId();
                    name = new SealedText(transferred.name(), eventId);
                    description = sealed(transferred.description(), eventId);
                    allowedAddresses = sealed(transferred.allowedAddresses(), eventId);
                }
                case TokenRevoked _ -> revokedAt = at;
                case TokenLeaked _ -> {}
                case TokenFirstUsed _, RetiredTokenValueUsed _, TokenExpiryAnnounced _ ->
                    throw new IllegalStateException("no part of the token's own stream: " + event);
            }
        }

        TokenState state() {
            return new TokenState(
                    before.tokenId,
                    accountId,
                    name,
                    description,
                    permissions,
                    before.createdAt,
                    expiresAt,
                    expired,
                    enabled,
                    allowedAddresses,
                    values,
                    revokedAt);
        }
    }

    /** Until when the value before the present one is accepted; absent: it is not. */
    @Nullable
    Instant overlapEndsAt(Instant now) {
        var end = values.overlapEndsAt();
        return end != null && end.isAfter(now) && enabled && revokedAt == null ? end : null;
    }

    TokenStatus status(Instant now) {
        if (revokedAt != null) {
            return TokenStatus.REVOKED;
        }
        if (!enabled) {
            return TokenStatus.DISABLED;
        }
        return expiresAt != null && !expiresAt.isAfter(now) ? TokenStatus.EXPIRED : TokenStatus.ACTIVE;
    }

    private void requireChangeable(String owner) {
        requireOwner(owner);
        if (revokedAt != null) {
            throw new Refusal.Conflict(
                    "token_revoked", "This token was revoked and can't be changed. Create a new one.");
        }
    }

    /** Somebody else's token does not exist for whoever asks. */
    void requireOwner(String owner) {
        if (!owner.equals(accountId)) {
            throw notFound();
        }
    }

    static Refusal notFound() {
        return new Refusal.NotFound("token_not_found", "There is no such token.");
    }

    private static String checkName(List<FieldError> errors, @Nullable String name) {
        return TextRules.check(errors, "name", name, 1, NAME_MAX, false);
    }

    private static @Nullable String checkDescription(List<FieldError> errors, @Nullable String description) {
        var text = TextRules.check(errors, "description", description, 0, DESCRIPTION_MAX, true);
        return text.isEmpty() ? null : text;
    }

    private static void checkPermissions(
            List<FieldError> errors,
            Set<String> wanted,
            Collection<String> granted,
            Set<String> held,
            PermissionCatalogue catalogue) {
        var unknown = wanted.stream()
                .filter(permission -> !catalogue.contains(permission) && !granted.contains(permission))
                .toList();
        if (!unknown.isEmpty()) {
            errors.add(new FieldError(
                    "permissions", "unknown_permission", "There is no such permission: " + listed(unknown)));
        }
        var tooMuch = new HashSet<>(wanted);
        tooMuch.removeAll(unknown);
        tooMuch.removeAll(granted);
        tooMuch.removeAll(held);
        if (!tooMuch.isEmpty()) {
            errors.add(new FieldError(
                    "permissions",
                    "permission_not_held",
                    "You can't grant what you don't hold yourself: " + listed(tooMuch)));
        }
    }

    /** At most ten, each cut: a refusal does not grow with the request. */
    private static String listed(Collection<String> permissions) {
        return permissions.stream().sorted().limit(10).map(TextRules::shortened).collect(joining(", "));
    }

    /**
     * When it ends.
     *
     * @param wanted absent: as late as it may
     * @param latest that the policy allows; absent: never
     */
    private static @Nullable Instant checkExpiry(
            List<FieldError> errors, @Nullable Instant wanted, @Nullable Instant latest, Instant now) {
        if (latest != null && !latest.isAfter(now)) {
            errors.add(new FieldError(
                    "expiresAt",
                    "lifetime_over",
                    "By the policy, this token's lifetime is over. Rotate it: its new value begins another one."));
            return null;
        }
        if (wanted != null && !wanted.isAfter(now)) {
            errors.add(new FieldError("expiresAt", "not_in_future", "Give a time in the future."));
        }
        if (wanted != null && latest != null && wanted.isAfter(latest)) {
            errors.add(new FieldError(
                    "expiresAt",
                    "beyond_policy",
                    "By the policy, this token ends %s at the latest.".formatted(latest)));
        } else if (wanted != null && wanted.isAfter(LATEST_EXPIRY)) {
            errors.add(new FieldError("expiresAt", "too_late", "Give a time before the year 10000, or none."));
        }
        return truncated(wanted == null ? latest : wanted);
    }

    /** The ranges, each in its one form, in the order they were given, joined by a space; absent where there is none. */
    private static @Nullable String checkAllowedAddresses(List<FieldError> errors, List<String> wanted) {
        if (wanted.size() > ALLOWED_ADDRESSES_MAX) {
            errors.add(new FieldError(
                    "allowedAddresses", "too_many", "Give at most %d ranges.".formatted(ALLOWED_ADDRESSES_MAX)));
            return null;
        }
        var ranges = new LinkedHashSet<String>();
        for (var text : wanted) {
            var range = AddressRange.parse(text.strip());
            if (range.isEmpty()) {
                errors.add(new FieldError(
                        "allowedAddresses",
                        "invalid_address_range",
                        "%s is no range of addresses in CIDR notation%s"
                                .formatted(
                                        TextRules.shortened(text),
                                        AddressRange.suggest(text.strip())
                                                .map(meant -> "; did you mean %s?".formatted(meant))
                                                .orElse(", such as 192.0.2.0/24 or 2001:db8::/32."))));
                return null;
            }
            ranges.add(range.get().toString());
        }
        return ranges.isEmpty() ? null : String.join(" ", ranges);
    }

    private static final Instant LATEST_EXPIRY = Instant.parse("9999-12-31T23:59:59.999Z");

    /** Milliseconds are what every part keeps. */
    private static @Nullable Instant truncated(@Nullable Instant instant) {
        return instant == null ? null : instant.truncatedTo(ChronoUnit.MILLIS);
    }

    private static @Nullable PersonalText personal(@Nullable String text) {
        return text == null ? null : PersonalText.of(text);
    }

    private static @Nullable SealedText sealed(@Nullable PersonalText text, String eventId) {
        return text == null ? null : new SealedText(text, eventId);
    }

    private static List<String> sorted(Collection<String> permissions) {
        return List.copyOf(new TreeSet<>(permissions));
    }

    private static void refuseIf(List<FieldError> errors) {
        if (!errors.isEmpty()) {
            throw new Refusal.Unprocessable(errors);
        }
    }
}
