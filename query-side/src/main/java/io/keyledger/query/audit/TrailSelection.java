package io.keyledger.query.audit;

import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;
import org.jspecify.annotations.Nullable;

/**
 * A part of the trail; what is absent lets everything through.
 *
 * @param readerId whose trail it is, unless it is everything
 * @param everything whether the whole trail is the reader's; otherwise only what concerns the account
 * @param from inclusive
 * @param to exclusive
 * @param type for example {@code token.created}
 * @param accountId the account that the event is about
 * @param tokenId the token that it happened to
 */
public record TrailSelection(
        @Nullable String readerId,
        boolean everything,
        @Nullable TrailPlace from,
        @Nullable TrailPlace to,
        @Nullable String type,
        @Nullable String accountId,
        @Nullable String tokenId) {

    public TrailSelection {
        if (!everything && readerId == null) {
            throw new IllegalArgumentException("nobody's trail");
        }
    }

    /** Whether it may leave out events between the first and the last one. */
    boolean isFiltered() {
        return !everything || type != null || accountId != null || tokenId != null;
    }

    /** What the caller may read of it: a token needs {@code audit:read}, and then everything is its own. */
    public static TrailSelection of(
            Caller caller,
            @Nullable TrailPlace from,
            @Nullable TrailPlace to,
            @Nullable String type,
            @Nullable String accountId,
            @Nullable String tokenId) {
        return new TrailSelection(reader(caller), caller.readsWholeTrail(), from, to, type, accountId, tokenId);
    }

    /** Who reads the trail. */
    static String reader(Caller caller) {
        return caller.kind() == Caller.Kind.TOKEN
                ? caller.requirePermission(Permission.AUDIT_READ)
                : caller.requireAccount();
    }
}
