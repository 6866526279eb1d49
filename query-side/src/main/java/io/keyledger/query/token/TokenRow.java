package io.keyledger.query.token;

import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.token.RetiredTokenValueUsed;
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
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.query.LogEntry;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A token as its events tell it, for whoever looks at it: a row of {@code projection.token_list}, or what that row was
 * at some time. A pure fold: the live table, its rebuild and the past come from the same function.
 *
 * @param overlapEndsAt when the overlap of the last rotation was to end, if nothing ended it earlier
 * @param version sequence number of the last event that was applied
 */
public record TokenRow(
        String tokenId,
        String accountId,
        String name,
        @Nullable String description,
        List<String> permissions,
        String hint,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt,
        boolean enabled,
        List<String> allowedAddresses,
        @Nullable Instant rotatedAt,
        @Nullable Instant overlapEndsAt,
        long version) {

    /**
     * The token after one more event; the same object where that changes nothing, because it was applied before or is
     * no part of the token's stream.
     *
     * @param before absent before the first event
     * @param keyring of the event's account
     * @throws IllegalStateException when an event before this one is missing
     */
    public static @Nullable TokenRow evolve(@Nullable TokenRow before, LogEntry entry, Keyring keyring) {
        var event = (TokenEvent) entry.event();
        if (isObservation(event) || !entry.follows(event.tokenId(), before == null ? null : before.version)) {
            return before;
        }
        var next = new Next(before, event, entry, keyring);
        next.apply(event);
        return next.row();
    }

    /** Whether it is no part of the token's own stream, and changes nothing here. */
    static boolean isObservation(TokenEvent event) {
        return event instanceof TokenFirstUsed
                || event instanceof RetiredTokenValueUsed
                || event instanceof TokenExpiryAnnounced;
    }

    /** The next row in the making: most events change one component of many. */
    private static final class Next {

        private final TokenEvent event;
        private final LogEntry entry;
        private final Keyring keyring;
        private String accountId;
        private String name = "";
        private @Nullable String description;
        private List<String> permissions = List.of();
        private String hint = "";
        private Instant createdAt;
        private @Nullable Instant expiresAt;
        private @Nullable Instant revokedAt;
        private boolean enabled = true;
        private List<String> allowedAddresses = List.of();
        private @Nullable Instant rotatedAt;
        private @Nullable Instant overlapEndsAt;

        Next(@Nullable TokenRow before, TokenEvent event, LogEntry entry, Keyring keyring) {
            this.event = event;
            this.entry = entry;
            this.keyring = keyring;
            accountId = event.accountId();
            createdAt = entry.occurredAt();
            if (before != null) {
                accountId = before.accountId;
                name = before.name;
                description = before.description;
                permissions = before.permissions;
                hint = before.hint;
                createdAt = before.createdAt;
                expiresAt = before.expiresAt;
                revokedAt = before.revokedAt;
                enabled = before.enabled;
                allowedAddresses = before.allowedAddresses;
                rotatedAt = before.rotatedAt;
                overlapEndsAt = before.overlapEndsAt;
            }
        }

        void apply(TokenEvent event) {
            switch (event) {
                case TokenCreated created -> {
                    name = open(created.name());
                    description = openNullable(created.description());
                    permissions = created.permissions();
                    expiresAt = created.expiresAt();
                    hint = created.hint();
                }
                case TokenRenamed renamed -> name = open(renamed.name());
                case TokenDescriptionChanged changed -> description = openNullable(changed.description());
                case TokenPermissionsChanged changed -> permissions = changed.permissions();
                case TokenExpiryChanged changed -> expiresAt = changed.expiresAt();
                case TokenRevoked _ -> revokedAt = entry.occurredAt();
                case TokenRotated rotated -> {
                    hint = rotated.hint();
                    rotatedAt = entry.occurredAt();
                    overlapEndsAt = rotated.overlapEndsAt();
                }
                // The value that was lost on its way leaves the one before it accepted; the rotation that follows says
                // until when.
                case TokenValueRetired _ -> overlapEndsAt = null;
                case TokenDisabled _ -> enabled = false;
                case TokenEnabled _ -> enabled = true;
                case TokenAllowedAddressesChanged changed -> allowedAddresses = ranges(changed.allowedAddresses());
                case TokenTransferred transferred -> {
                    accountId = transferred.accountId();
                    name = open(transferred.name());
                    description = openNullable(transferred.description());
                    allowedAddresses = ranges(transferred.allowedAddresses());
                }
                // Only count: that it has expired is seen from its time, and what was done about a leak is told by the
                // revocation that may follow.
                case TokenExpired _, TokenLeaked _ -> {}
                case TokenFirstUsed _, RetiredTokenValueUsed _, TokenExpiryAnnounced _ ->
                    throw new IllegalStateException("no part of the token's own stream: " + event);
            }
        }

        private String open(PersonalText text) {
            return keyring.open(event.accountId(), entry.eventId(), text);
        }

        private @Nullable String openNullable(@Nullable PersonalText text) {
            return keyring.openNullable(event.accountId(), entry.eventId(), text);
        }

        private List<String> ranges(@Nullable PersonalText text) {
            return text == null ? List.of() : List.of(open(text).split(" "));
        }

        TokenRow row() {
            return new TokenRow(
                    event.tokenId(),
                    accountId,
                    name,
                    description,
                    permissions,
                    hint,
                    createdAt,
                    expiresAt,
                    revokedAt,
                    enabled,
                    allowedAddresses,
                    rotatedAt,
                    overlapEndsAt,
                    entry.sequenceNumber());
        }
    }

    @Override
    public String toString() {
        return "TokenRow[" + tokenId + " at " + version + "]";
    }
}
