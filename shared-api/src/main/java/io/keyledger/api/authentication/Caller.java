package io.keyledger.api.authentication;

import io.keyledger.api.Refusal;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is asking, and what they may do at this moment.
 *
 * @param kind how they proved who they are
 * @param accountId absent for {@link Kind#SYSTEM} and {@link Kind#ANONYMOUS}
 * @param tokenId the token in use, for {@link Kind#TOKEN}
 * @param sessionId public id of the session in use, for {@link Kind#SESSION}
 * @param administrator whether the account is an administrator; a token acts as one only within its permissions
 * @param permissions what they hold: all that the account holds, or, for a token, those granted to it that its account
 *     holds now
 * @param asked is told of each permission that this request needs, held or not
 */
public record Caller(
        Kind kind,
        @Nullable String accountId,
        @Nullable String tokenId,
        @Nullable String sessionId,
        boolean administrator,
        Set<String> permissions,
        Origin origin,
        Consumer<String> asked) {

    /** How somebody proved who they are. */
    public enum Kind {
        /** The web session's cookie. */
        SESSION,
        /** HTTP Basic with email and password. */
        BASIC,
        /** An API token. */
        TOKEN,
        /** Nobody proved anything. */
        ANONYMOUS,
        /** The service itself, for example when a token expires. */
        SYSTEM
    }

    public Caller {
        permissions = Set.copyOf(permissions);
    }

    /** Somebody of whom nobody keeps which permissions they need. */
    public Caller(
            Kind kind,
            @Nullable String accountId,
            @Nullable String tokenId,
            @Nullable String sessionId,
            boolean administrator,
            Set<String> permissions,
            Origin origin) {
        this(kind, accountId, tokenId, sessionId, administrator, permissions, origin, _ -> {});
    }

    public static Caller anonymous(Origin origin) {
        return new Caller(Kind.ANONYMOUS, null, null, null, false, Set.of(), origin);
    }

    public static Caller system(String correlationId) {
        return new Caller(Kind.SYSTEM, null, null, null, false, Set.of(), new Origin(null, null, correlationId));
    }

    /** The account that asks. */
    public String requireAccount() {
        if (accountId == null) {
            throw new Refusal.Unauthenticated("authentication_required", "Sign in, or send a token.");
        }
        return accountId;
    }

    /** The account that asks; as a person with a password, not by a token. */
    public String requirePerson() {
        var account = requireAccount();
        if (kind == Kind.TOKEN) {
            throw new Refusal.Forbidden("person_required", "A token may not do this; sign in with email and password.");
        }
        return account;
    }

    /** The account that asks, if it may do what the permission allows. */
    public String requirePermission(String permission) {
        var account = requireAccount();
        asked.accept(permission);
        if (!permissions.contains(permission)) {
            throw Refusal.Forbidden.permissionMissing(permission);
        }
        return account;
    }

    /** The account that asks, if it is a person who is an administrator. */
    public String requireAdministrator() {
        var account = requirePerson();
        if (!administrator) {
            throw new Refusal.Forbidden("administrator_required", "Only administrators may do this.");
        }
        return account;
    }

    /** What they hold, and so may grant. Whoever grants a permission needs it, as if it was asked for. */
    public Set<String> permissionsToGrant(Set<String> wanted) {
        wanted.forEach(asked);
        return permissions;
    }

    /** The account that asks, if it may make accounts for others: an administrator, or a token that may. */
    public String requireProvisioner() {
        return kind == Kind.TOKEN ? requirePermission(Permission.ACCOUNTS_PROVISION) : requireAdministrator();
    }

    /** Whether the whole audit trail is theirs to read; otherwise what concerns their account. */
    public boolean readsWholeTrail() {
        asked.accept(Permission.AUDIT_READ);
        return permissions.contains(Permission.AUDIT_READ) || (kind != Kind.TOKEN && administrator);
    }
}
