package io.keyledger.command.token;

import static java.util.stream.Collectors.joining;

import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.TextRules;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.ChangeTokenDescription;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.ChangeTokenPermissions;
import io.keyledger.api.token.CreateToken;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.command.SealedText;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
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
        String hint,
        Instant createdAt,
        @Nullable Instant expiresAt,
        boolean expired,
        @Nullable Instant revokedAt) {

    private static final int NAME_MAX = 100;
    private static final int DESCRIPTION_MAX = 500;

    static TokenCreated decide(CreateToken command, PermissionCatalogue catalogue, Instant now) {
        var errors = new ArrayList<FieldError>();
        var name = checkName(errors, command.name());
        var description = checkDescription(errors, command.description());
        checkPermissions(errors, command.permissions(), Set.of(), command.held(), catalogue);
        var expiresAt = checkExpiry(errors, command.expiresAt(), now);
        refuseIf(errors);
        return new TokenCreated(
                command.tokenId(),
                command.accountId(),
                PersonalText.of(name),
                description == null ? null : PersonalText.of(description),
                sorted(command.permissions()),
                expiresAt,
                command.digest(),
                command.hint());
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
                        tokenId,
                        accountId,
                        currentDescription == null ? null : PersonalText.of(currentDescription),
                        description == null ? null : PersonalText.of(description)));
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

    List<TokenEvent> decide(ChangeTokenExpiry command, Instant now) {
        requireChangeable(command.accountId());
        if (Objects.equals(truncated(command.expiresAt()), expiresAt)) {
            return List.of();
        }
        var errors = new ArrayList<FieldError>();
        var wanted = checkExpiry(errors, command.expiresAt(), now);
        refuseIf(errors);
        return List.of(new TokenExpiryChanged(tokenId, accountId, expiresAt, wanted));
    }

    List<TokenEvent> decideToRevoke(String owner) {
        requireOwner(owner);
        return revokedAt != null ? List.of() : List.of(new TokenRevoked(tokenId, accountId));
    }

    List<TokenEvent> decideToExpire(Instant now) {
        return revokedAt == null && !expired && expiresAt != null && !expiresAt.isAfter(now)
                ? List.of(new TokenExpired(tokenId, accountId, expiresAt))
                : List.of();
    }

    static TokenState evolve(@Nullable TokenState before, TokenEvent event, String eventId, Instant at) {
        if (event instanceof TokenCreated created) {
            return new TokenState(
                    created.tokenId(),
                    created.accountId(),
                    new SealedText(created.name(), eventId),
                    sealed(created.description(), eventId),
                    created.permissions(),
                    created.hint(),
                    at,
                    created.expiresAt(),
                    false,
                    null);
        }
        return Objects.requireNonNull(before, "the first event of a token is its creation")
                .evolve(event, eventId, at);
    }

    private TokenState evolve(TokenEvent event, String eventId, Instant at) {
        return switch (event) {
            case TokenCreated created -> throw new IllegalStateException("created twice: " + created.tokenId());
            case TokenRenamed renamed ->
                with(new SealedText(renamed.name(), eventId), description, permissions, expiresAt, expired, revokedAt);
            case TokenDescriptionChanged changed ->
                with(name, sealed(changed.description(), eventId), permissions, expiresAt, expired, revokedAt);
            case TokenPermissionsChanged changed ->
                with(name, description, changed.permissions(), expiresAt, expired, revokedAt);
            case TokenExpiryChanged changed ->
                with(name, description, permissions, changed.expiresAt(), false, revokedAt);
            case TokenExpired _ -> with(name, description, permissions, expiresAt, true, revokedAt);
            case TokenRevoked _ -> with(name, description, permissions, expiresAt, expired, at);
        };
    }

    private TokenState with(
            SealedText name,
            @Nullable SealedText description,
            List<String> permissions,
            @Nullable Instant expiresAt,
            boolean expired,
            @Nullable Instant revokedAt) {
        return new TokenState(
                tokenId, accountId, name, description, permissions, hint, createdAt, expiresAt, expired, revokedAt);
    }

    TokenStatus status(Instant now) {
        if (revokedAt != null) {
            return TokenStatus.REVOKED;
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

    private static @Nullable Instant checkExpiry(List<FieldError> errors, @Nullable Instant expiresAt, Instant now) {
        if (expiresAt != null && !expiresAt.isAfter(now)) {
            errors.add(new FieldError("expiresAt", "not_in_future", "Give a time in the future."));
        }
        if (expiresAt != null && expiresAt.isAfter(LATEST_EXPIRY)) {
            errors.add(new FieldError("expiresAt", "too_late", "Give a time before the year 10000, or none."));
        }
        return truncated(expiresAt);
    }

    private static final Instant LATEST_EXPIRY = Instant.parse("9999-12-31T23:59:59.999Z");

    /** Milliseconds are what every part keeps. */
    private static @Nullable Instant truncated(@Nullable Instant instant) {
        return instant == null ? null : instant.truncatedTo(ChronoUnit.MILLIS);
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
