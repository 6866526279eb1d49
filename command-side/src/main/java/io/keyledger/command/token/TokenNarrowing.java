package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.NarrowTokenPermissions;
import io.keyledger.api.token.TokenUse;
import io.keyledger.api.token.TokenUse.UsedPermission;
import java.util.stream.Collectors;
import org.axonframework.queryhandling.QueryGateway;
import org.springframework.stereotype.Component;

/** Finds out which permissions a token needs, to take away the others; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class TokenNarrowing {

    private final QueryGateway queries;

    TokenNarrowing(QueryGateway queries) {
        this.queries = queries;
    }

    /**
     * The command that leaves a token what it was used for in the last 90 days.
     *
     * @throws Refusal.Conflict when that is not known: a service was told all its permissions
     */
    public NarrowTokenPermissions of(String accountId, String tokenId) {
        var use = queries.query(new GetTokenUse(accountId, tokenId, null), TokenUse.class)
                .join();
        if (use.unspecifiedAt() != null) {
            throw new Refusal.Conflict(
                    "permissions_unspecified",
                    "A service was told all permissions of this token on %s and did not say which it needs. Choose yourself which stay."
                            .formatted(use.unspecifiedAt()));
        }
        return new NarrowTokenPermissions(
                tokenId,
                accountId,
                use.permissions().stream()
                        .filter(UsedPermission::asked)
                        .map(UsedPermission::name)
                        .collect(Collectors.toUnmodifiableSet()));
    }
}
