package io.keyledger.api.account;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An account as its person and administrators see it.
 *
 * @param email absent for a service account, and once erased
 * @param enabled whether it may sign in and its tokens are accepted; never again once erased
 * @param erased whether its personal data was destroyed: its email is absent then, and its display name is {@code erased}
 * @param owners ids of the persons who manage the tokens of a service account
 * @param passwordChangedAt absent: no password was set yet
 * @param version counts its changes; the entity tag for {@code If-Match}
 * @param heldPermissions what it could do, and its tokens at most, while it was enabled; in alphabetical order; only in
 *     answers about the past
 */
@Schema(name = "Account")
public record AccountDetails(
        String id,
        AccountType type,
        @Nullable String email,
        String displayName,
        boolean administrator,
        boolean enabled,
        boolean erased,
        List<String> owners,
        Instant createdAt,
        @Nullable Instant passwordChangedAt,
        long version,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> heldPermissions) {

    /** An account as it is now. */
    public AccountDetails(
            String id,
            AccountType type,
            @Nullable String email,
            String displayName,
            boolean administrator,
            boolean enabled,
            boolean erased,
            List<String> owners,
            Instant createdAt,
            @Nullable Instant passwordChangedAt,
            long version) {
        this(
                id,
                type,
                email,
                displayName,
                administrator,
                enabled,
                erased,
                owners,
                createdAt,
                passwordChangedAt,
                version,
                null);
    }

    /** Refuses every token where the account is an administrator's: persons alone change those. */
    public void requireChangeableBy(Caller caller) {
        if (administrator && caller.kind() == Caller.Kind.TOKEN) {
            throw new Refusal.Forbidden(
                    "administrators_account", "A token may not change an administrator's account or its tokens.");
        }
    }

    @Override
    public String toString() {
        return "AccountDetails[" + id + "]";
    }
}
