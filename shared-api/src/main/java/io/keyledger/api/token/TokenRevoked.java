package io.keyledger.api.token;

import io.keyledger.api.EventType;
import java.util.Objects;

/**
 * A token was ended for good.
 *
 * @param reason revision 1 had none: it was always requested
 */
@EventType(name = "token.revoked", revision = 2, reads = 1)
public record TokenRevoked(String tokenId, String accountId, RevocationReason reason) implements TokenEvent {

    public TokenRevoked {
        reason = Objects.requireNonNullElse(reason, RevocationReason.REQUESTED);
    }
}
