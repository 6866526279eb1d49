package io.keyledger.api.account;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An account as its person and administrators see it.
 *
 * @param passwordChangedAt absent: no password was set yet
 * @param version counts its changes; the entity tag for {@code If-Match}
 */
@Schema(name = "Account")
public record AccountDetails(
        String id,
        String email,
        String displayName,
        boolean administrator,
        boolean enabled,
        Instant createdAt,
        @Nullable Instant passwordChangedAt,
        long version) {

    @Override
    public String toString() {
        return "AccountDetails[" + id + "]";
    }
}
