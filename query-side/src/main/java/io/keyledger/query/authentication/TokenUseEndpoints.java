package io.keyledger.query.authentication;

import io.keyledger.api.ForRole;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.GetTokenRevocation;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.TokenRevocation;
import io.keyledger.api.token.TokenUse;
import io.keyledger.query.Parameters;
import io.keyledger.query.TokenAccounts;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/** Reading how tokens are used, and the proof that a revoked one is not accepted any more. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Tokens")
class TokenUseEndpoints {

    private final QueryGateway queries;

    TokenUseEndpoints(QueryGateway queries) {
        this.queries = queries;
    }

    /** When, from where and for what a token of one's own account, or of one that one manages, was used. */
    @GetMapping({"/api/tokens/{tokenId}/use", "/api/accounts/{accountId}/tokens/{tokenId}/use"})
    @Operation(summary = "Show when, from where and for which permissions a token was used")
    @ApiResponse(responseCode = "200", description = "Its use; up to half a minute late")
    TokenUse use(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        var account = TokenAccounts.readable(queries, caller, accountId, position);
        return queries.query(new GetTokenUse(account, tokenId, Parameters.position(position)), TokenUse.class)
                .join();
    }

    /** What an incident responder needs to know of a token. */
    @GetMapping({"/api/tokens/{tokenId}/revocation", "/api/accounts/{accountId}/tokens/{tokenId}/revocation"})
    @Operation(summary = "Prove that a revoked token is not accepted any more")
    @ApiResponse(responseCode = "200", description = "When it ended, its last use, and what was refused since")
    TokenRevocation revocation(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        var account = TokenAccounts.readable(queries, caller, accountId, position);
        var query = new GetTokenRevocation(account, tokenId, Parameters.position(position));
        return queries.query(query, TokenRevocation.class).join();
    }
}
