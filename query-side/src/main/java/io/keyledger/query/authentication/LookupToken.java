package io.keyledger.query.authentication;

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
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A token as authentication knows it, while events are applied to it: its row of {@code projection.token}, and those of
 * {@code projection.token_value} with the values that are accepted, or were until now.
 */
final class LookupToken {

    /**
     * One value of the token.
     *
     * @param stored whether it has a row
     * @param changed whether that is not as this is
     */
    record Value(String digest, String hint, String state, Instant issuedAt, boolean stored, boolean changed) {

        static final String CURRENT = "current";
        static final String PREVIOUS = "previous";
        static final String RETIRED = "retired";

        Value as(String state) {
            return new Value(digest, hint, state, issuedAt, stored, true);
        }

        byte[] digestBytes() {
            return Base64.getDecoder().decode(digest);
        }
    }

    final String tokenId;
    String accountId;

    @Nullable
    String nameKey;

    List<String> permissions = List.of();

    @Nullable
    Instant expiresAt;

    boolean expired;
    boolean revoked;
    boolean disabled;

    @Nullable
    List<String> allowedAddresses;

    @Nullable
    Instant overlapEndsAt;

    boolean used;

    @Nullable
    Integer announcedDaysLeft;

    /** Whether it has a row. */
    boolean stored;

    private @Nullable Value current;
    private @Nullable Value previous;
    private List<Value> retired = List.of();
    private boolean changed;

    LookupToken(String tokenId, String accountId) {
        this.tokenId = tokenId;
        this.accountId = accountId;
    }

    /** As it was read from the tables. */
    void has(Value value) {
        if (value.state().equals(Value.CURRENT)) {
            current = value;
        } else {
            previous = value;
        }
    }

    boolean hasChanged() {
        return changed;
    }

    /** Values to be written; a state that is given up comes before the one who takes it. */
    List<Value> changedValues() {
        var values = new ArrayList<>(retired);
        Stream.of(previous, current)
                .filter(Objects::nonNull)
                .filter(Value::changed)
                .forEach(values::add);
        return values;
    }

    /** Whether events of this kind tell anything that authentication has to know. */
    static boolean isToldBy(TokenEvent event) {
        return !(event instanceof TokenDescriptionChanged
                || event instanceof TokenLeaked
                || event instanceof RetiredTokenValueUsed);
    }

    /** @return whether it made a difference; only what was seen of a token may make none */
    boolean apply(LogEntry entry, Keyring keyring) {
        var event = (TokenEvent) entry.event();
        switch (event) {
            case TokenCreated first -> {
                nameKey = LookupProjection.key(open(first.name(), entry, keyring));
                permissions = first.permissions();
                expiresAt = first.expiresAt();
                issued(first.digest(), first.hint(), entry);
            }
            case TokenRenamed renamed -> {
                nameKey = LookupProjection.key(open(renamed.name(), entry, keyring));
            }
            case TokenPermissionsChanged permitted -> permissions = permitted.permissions();
            case TokenExpiryChanged moved -> {
                expiresAt = moved.expiresAt();
                expired = false;
                announcedDaysLeft = null;
            }
            case TokenExpired _ -> expired = true;
            case TokenRevoked _ -> {
                revoked = true;
                nameKey = null;
            }
            // What is not accepted any more was retired before, by an event of its own.
            case TokenRotated rotated -> {
                if (current != null) {
                    if (previous != null) {
                        throw new IllegalStateException("a third value of " + tokenId + " would be accepted");
                    }
                    previous = current.as(Value.PREVIOUS);
                }
                issued(rotated.digest(), rotated.hint(), entry);
                overlapEndsAt = rotated.overlapEndsAt();
            }
            case TokenValueRetired retired -> retire(retired);
            case TokenDisabled _ -> disabled = true;
            case TokenEnabled _ -> disabled = false;
            case TokenAllowedAddressesChanged limited ->
                allowedAddresses = ranges(limited.allowedAddresses(), entry, keyring);
            case TokenTransferred transferred -> {
                accountId = transferred.accountId();
                nameKey = LookupProjection.key(open(transferred.name(), entry, keyring));
                allowedAddresses = ranges(transferred.allowedAddresses(), entry, keyring);
            }
            case TokenFirstUsed _ -> {
                if (used) {
                    return false;
                }
                used = true;
            }
            case TokenExpiryAnnounced announced -> {
                if (!announced.expiresAt().equals(expiresAt)
                        || (announcedDaysLeft != null && announcedDaysLeft <= announced.daysLeft())) {
                    return false;
                }
                announcedDaysLeft = announced.daysLeft();
            }
            case TokenDescriptionChanged _, TokenLeaked _, RetiredTokenValueUsed _ -> {
                return false;
            }
        }
        changed = true;
        return true;
    }

    private void issued(String digest, String hint, LogEntry entry) {
        current = new Value(digest, hint, Value.CURRENT, entry.occurredAt(), false, true);
    }

    private void retire(TokenValueRetired event) {
        if (current != null && current.digest().equals(event.digest())) {
            retire(current);
            current = null;
        } else if (previous != null && previous.digest().equals(event.digest())) {
            retire(previous);
            previous = null;
        } else {
            throw new IllegalStateException("the lookup table accepts no such value of " + tokenId);
        }
        if (previous == null) {
            overlapEndsAt = null;
        }
    }

    private void retire(Value value) {
        if (retired.isEmpty()) {
            retired = new ArrayList<>(1);
        }
        retired.add(value.as(Value.RETIRED));
    }

    private static String open(PersonalText text, LogEntry entry, Keyring keyring) {
        return keyring.open(entry.event().accountId(), entry.eventId(), text);
    }

    private static @Nullable List<String> ranges(@Nullable PersonalText text, LogEntry entry, Keyring keyring) {
        return text == null
                ? null
                : List.of(Objects.requireNonNull(open(text, entry, keyring)).split(" "));
    }

    @Override
    public String toString() {
        return "LookupToken[" + tokenId + "]";
    }
}
