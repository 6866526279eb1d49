package io.keyledger.query.authentication;

import io.keyledger.api.ForRole;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.token.GetTokenRevocation;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.TokenRevocation;
import io.keyledger.api.token.TokenUse;
import io.keyledger.query.Parameters;
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

    /** When, from where and for what one of the caller's own tokens was used. A token needs {@code tokens:read}. */
    @GetMapping("/api/tokens/{tokenId}/use")
    @Operation(summary = "Show when, from where and for which permissions one of your tokens was used")
    @ApiResponse(responseCode = "200", description = "Its use; up to half a minute late")
    TokenUse use(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String tokenId,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        var account = caller.requirePermission(Permission.TOKENS_READ);
        return queries.query(new GetTokenUse(account, tokenId, Parameters.position(position)), TokenUse.class)
                .join();
    }

    /** What an incident responder needs to know of one of the caller's own tokens. A token needs {@code tokens:read}. */
    @GetMapping("/api/tokens/{tokenId}/revocation")
    @Operation(summary = "Prove that one of your revoked tokens is not accepted any more")
    @ApiResponse(responseCode = "200", description = "When it ended, its last use, and what was refused since")
    TokenRevocation revocation(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String tokenId,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        return revocation(caller.requirePermission(Permission.TOKENS_READ), tokenId, position);
    }

    /** The same of any account's token. For administrators; a token may not. */
    @GetMapping("/api/accounts/{accountId}/tokens/{tokenId}/revocation")
    @Operation(summary = "Prove that a revoked token of an account is not accepted any more (administrators)")
    @ApiResponse(responseCode = "200", description = "When it ended, its last use, and what was refused since")
    TokenRevocation revocationOf(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String accountId,
            @PathVariable String tokenId,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        caller.requireAdministrator();
        return revocation(accountId, tokenId, position);
    }

    private TokenRevocation revocation(String accountId, String tokenId, @Nullable String position) {
        var query = new GetTokenRevocation(accountId, tokenId, Parameters.position(position));
        return queries.query(query, TokenRevocation.class).join();
    }
}
