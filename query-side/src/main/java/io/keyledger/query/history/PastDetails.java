package io.keyledger.query.history;

import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.account.AccountRow;
import io.keyledger.query.token.TokenRow;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Tells an account or a token of the past as it would have been told then. What an account may hold is decided by the
 * catalogue of today: what was configured earlier is no event.
 */
@Component
class PastDetails {

    private final PermissionCatalogue catalogue;

    PastDetails(PermissionCatalogue catalogue) {
        this.catalogue = catalogue;
    }

    AccountDetails of(AccountRow account) {
        return new AccountDetails(
                account.accountId(),
                account.service() ? AccountType.SERVICE : AccountType.PERSON,
                email(account),
                account.displayName(),
                account.administrator(),
                account.enabled(),
                account.erased(),
                List.copyOf(account.owners()),
                account.createdAt(),
                account.passwordChangedAt(),
                account.version(),
                heldBy(account).stream().sorted().toList());
    }

    /** Of an erased account none is told, as today; nor what it was before. */
    static @Nullable String email(AccountRow account) {
        return PersonalDataKeys.ERASED.equals(account.email()) ? null : account.email();
    }

    /** What the account's tokens could do at most. */
    Set<String> heldBy(AccountRow account) {
        return catalogue.heldBy(account.administrator());
    }

    /** Whether it held one is not known of those that the catalogue does not have any more. */
    boolean mayHaveHeld(AccountRow account, String permission) {
        return !catalogue.contains(permission) || heldBy(account).contains(permission);
    }

    /** @param lastUsedAt which no event tells */
    TokenDetails of(TokenRow token, AccountRow account, Instant time, @Nullable Instant lastUsedAt) {
        var status = status(token, time);
        var effective = new HashSet<>(token.permissions());
        effective.retainAll(heldBy(account));
        var overlapEnd = token.overlapEndsAt();
        return new TokenDetails(
                token.tokenId(),
                token.name(),
                token.description(),
                token.permissions().stream().sorted().toList(),
                token.hint(),
                status,
                token.createdAt(),
                token.expiresAt(),
                lastUsedAt,
                token.revokedAt(),
                token.enabled(),
                token.allowedAddresses(),
                token.rotatedAt(),
                overlapEnd != null && overlapEnd.isAfter(time) && token.enabled() && token.revokedAt() == null
                        ? overlapEnd
                        : null,
                token.version(),
                effective.stream().sorted().toList());
    }

    /** As the list of the present judges it. */
    static TokenStatus status(TokenRow token, Instant time) {
        if (token.revokedAt() != null) {
            return TokenStatus.REVOKED;
        }
        if (!token.enabled()) {
            return TokenStatus.DISABLED;
        }
        var expiresAt = token.expiresAt();
        return expiresAt != null && !expiresAt.isAfter(time) ? TokenStatus.EXPIRED : TokenStatus.ACTIVE;
    }
}
