package io.keyledger.query.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.history.FindPastTokens;
import io.keyledger.api.history.GetPastToken;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.Parameters;
import io.keyledger.query.TokenAccounts;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Reading API tokens, and what they can be allowed. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Tokens")
class TokenEndpoints {

    private static final List<String> FILTERS = List.of("status", "search", "unusedFor", "sort", "limit", "asOf");
    private static final String AS_OF =
            "As it was: an instant (RFC 3339) or the position of an event; absent: as it is now";

    private final QueryGateway queries;
    private final PermissionCatalogue permissions;

    TokenEndpoints(QueryGateway queries, PermissionCatalogue permissions) {
        this.queries = queries;
        this.permissions = permissions;
    }

    /** The tokens of the caller's account, or of one that they manage, a page at a time. */
    @GetMapping({"/api/tokens", "/api/accounts/{accountId}/tokens"})
    @Operation(summary = "List tokens")
    @ApiResponse(responseCode = "200", description = "A page of tokens")
    ResponseEntity<TokenPage> find(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @Parameter(description = "active, expired, revoked; several separated by commas; default active,expired")
                    @RequestParam(required = false)
                    @Nullable
                    List<String> status,
            @Parameter(description = "Part of the name or description") @RequestParam(required = false) @Nullable
                    String search,
            @Parameter(description = "Not used for so long, such as 90d, as far as is known")
                    @RequestParam(required = false)
                    @Nullable
                    String unusedFor,
            @Parameter(description = "name, createdAt, expiresAt or lastUsedAt; with - before it, descending")
                    @RequestParam(defaultValue = "-createdAt")
                    String sort,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            @Parameter(description = AS_OF) @RequestParam(required = false) @Nullable String asOf,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            HttpServletRequest request) {
        var query = new FindTokens(
                TokenAccounts.readable(queries, caller, accountId, position),
                statuses(status),
                Parameters.search(search),
                Parameters.days("unusedFor", unusedFor),
                sort,
                Parameters.limit(limit),
                Parameters.text(cursor),
                Parameters.position(position));
        var past = Parameters.asOf("asOf", asOf);
        var page = queries.query(past == null ? query : new FindPastTokens(query, past), TokenPage.class)
                .join();
        return ResponseEntity.ok()
                .headers(Parameters.next(request, page.nextCursor(), FILTERS))
                .body(page);
    }

    /** A token of the caller's account, or of one that they manage. {@code self} is the token in use. */
    @GetMapping({"/api/tokens/{tokenId}", "/api/accounts/{accountId}/tokens/{tokenId}"})
    @Operation(summary = "Show a token; self is the token in use, and needs no permission")
    @ApiResponse(responseCode = "200", description = "The token")
    ResponseEntity<TokenDetails> get(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @Parameter(description = AS_OF) @RequestParam(required = false) @Nullable String asOf,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        var query = accountId == null && tokenId.equals("self")
                ? new GetToken(caller.requireAccount(), tokenInUse(caller), Parameters.position(position))
                : new GetToken(
                        TokenAccounts.readable(queries, caller, accountId, position),
                        tokenId,
                        Parameters.position(position));
        var past = Parameters.asOf("asOf", asOf);
        if (past != null) {
            // Without entity tag: the past is not changed.
            return ResponseEntity.ok(queries.query(new GetPastToken(query, past), TokenDetails.class)
                    .join());
        }
        var token = queries.query(query, TokenDetails.class).join();
        return ResponseEntity.ok().eTag(Long.toString(token.version())).body(token);
    }

    /** Every permission there is, for whoever is signed in or sends a token. */
    @GetMapping("/api/permissions")
    @Operation(summary = "List the permissions that there are")
    @ApiResponse(responseCode = "200", description = "The catalogue")
    Catalogue permissions(@Parameter(hidden = true) Caller caller) {
        caller.requireAccount();
        return new Catalogue(permissions.all());
    }

    /** All but revoked ones, unless asked otherwise. */
    static Set<TokenStatus> statuses(@Nullable List<String> parameters) {
        var names = Parameters.values(parameters);
        if (names.isEmpty()) {
            return EnumSet.complementOf(EnumSet.of(TokenStatus.REVOKED));
        }
        var statuses = EnumSet.noneOf(TokenStatus.class);
        for (var name : names) {
            statuses.add(
                    switch (name) {
                        case "active" -> TokenStatus.ACTIVE;
                        case "disabled" -> TokenStatus.DISABLED;
                        case "expired" -> TokenStatus.EXPIRED;
                        case "revoked" -> TokenStatus.REVOKED;
                        default ->
                            throw new Refusal.Malformed(
                                    "invalid_status", "status is active, expired or revoked, or several of them.");
                    });
        }
        return statuses;
    }

    private static String tokenInUse(Caller caller) {
        if (caller.tokenId() == null) {
            throw new Refusal.NotFound("token_not_found", "No token is in use, so there is no self.");
        }
        return caller.tokenId();
    }

    /** The permissions, in the order of the catalogue. */
    record Catalogue(List<Permission> items) {}
}
