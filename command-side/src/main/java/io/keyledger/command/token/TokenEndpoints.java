package io.keyledger.command.token;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.ChangeTokenAllowedAddresses;
import io.keyledger.api.token.ChangeTokenDescription;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.ChangeTokenPermissions;
import io.keyledger.api.token.DisableToken;
import io.keyledger.api.token.EnableToken;
import io.keyledger.api.token.FindUnrevokedTokens;
import io.keyledger.api.token.GetLastUse;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.RequireHeldPermissions;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.TokenAction;
import io.keyledger.api.token.TokenCommand;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.command.Commands;
import io.keyledger.command.IfMatch;
import io.keyledger.command.MergePatch;
import io.keyledger.command.Receipt;
import io.keyledger.command.token.TokenCreation.NewToken;
import io.keyledger.command.token.TokenRotation.Rotation;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Tokens")
class TokenEndpoints {

    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** Tokens revoked in one transaction when all of an account's are. */
    private static final int REVOKED_AT_ONCE = 100;

    private final Commands commands;
    private final TokenCreation creation;
    private final TokenRotation rotation;
    private final TokenNarrowing narrowing;
    private final TokenTransfer transfer;
    private final TokenOwners owners;
    private final QueryGateway queries;
    private final JsonMapper json;

    TokenEndpoints(
            Commands commands,
            TokenCreation creation,
            TokenRotation rotation,
            TokenNarrowing narrowing,
            TokenTransfer transfer,
            TokenOwners owners,
            QueryGateway queries,
            JsonMapper json) {
        this.commands = commands;
        this.creation = creation;
        this.rotation = rotation;
        this.narrowing = narrowing;
        this.transfer = transfer;
        this.owners = owners;
        this.queries = queries;
        this.json = json;
    }

    /** @param value shown this once; absent when the answer repeats an earlier one */
    record CreatedToken(
            @JsonUnwrapped TokenDetails token,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String value) {

        @Override
        public String toString() {
            return "CreatedToken[***]";
        }
    }

    /** Creates a token. Its value is in this answer and nowhere else, ever. */
    @PostMapping({"/api/tokens", "/api/accounts/{accountId}/tokens"})
    @Operation(summary = "Create a token")
    @ApiResponse(responseCode = "201", description = "The token, and once its value")
    @Parameter(ref = "#/components/parameters/Idempotency-Key")
    ResponseEntity<CreatedToken> create(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @RequestBody NewToken body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        var owner = owners.require(caller, accountId, TokenAction.CHANGE);
        var created = creation.create(caller, owner, body, idempotencyKey(headers.get(IDEMPOTENCY_KEY)));
        var tokens = accountId == null ? "/api/tokens/" : "/api/accounts/%s/tokens/".formatted(accountId);
        return ResponseEntity.created(URI.create(tokens + created.token().id()))
                .headers(created.receipt().headers())
                .eTag(IfMatch.tag(created.token().version()))
                .body(new CreatedToken(created.token(), created.value()));
    }

    private static @Nullable String idempotencyKey(@Nullable List<String> headers) {
        if (headers == null) {
            return null;
        }
        if (headers.size() > 1) {
            throw TokenCreation.invalidKey();
        }
        return headers.getFirst();
    }

    record TokenPatch(
            @Nullable String name,
            @Nullable String description,
            @Nullable Set<String> permissions,
            @Nullable Instant expiresAt,
            @Nullable List<String> allowedAddresses,
            @Nullable Boolean enabled) {

        @Override
        public String toString() {
            return "TokenPatch[***]";
        }
    }

    /** Changes what is given and leaves the rest: all of it or, when one part is refused, nothing. */
    @PatchMapping(
            path = {"/api/tokens/{tokenId}", "/api/accounts/{accountId}/tokens/{tokenId}"},
            consumes = {MediaType.APPLICATION_JSON_VALUE, MergePatch.MEDIA_TYPE})
    @Operation(
            summary = "Change a token's name, description, permissions, expiry or addresses, or disable it for a while")
    @ApiResponse(responseCode = "200", description = "The token")
    @io.swagger.v3.oas.annotations.parameters.RequestBody(
            content = @Content(schema = @Schema(implementation = TokenPatch.class)))
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<TokenDetails> change(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @RequestBody ObjectNode body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        var owner = owners.require(caller, accountId, TokenAction.CHANGE);
        var version = IfMatch.parse(headers);
        var id = resolve(caller, tokenId);
        var patch = json.treeToValue(body, TokenPatch.class);
        var toSend = new ArrayList<Object>();
        if (body.has("name")) {
            toSend.add(new RenameToken(id, owner.accountId(), patch.name()));
        }
        if (body.has("description")) {
            toSend.add(new ChangeTokenDescription(id, owner.accountId(), patch.description()));
        }
        if (body.has("permissions")) {
            var permissions = patch.permissions() == null ? Set.<String>of() : patch.permissions();
            toSend.add(new ChangeTokenPermissions(
                    id, owner.accountId(), permissions, owner.grantable(caller, permissions)));
        }
        if (body.has("expiresAt") || body.has("allowedAddresses") || Boolean.TRUE.equals(patch.enabled())) {
            toSend.add(new RequireHeldPermissions(
                    id, owner.accountId(), caller.permissions(), body.has("allowedAddresses")));
        }
        if (body.has("expiresAt")) {
            toSend.add(new ChangeTokenExpiry(id, owner.accountId(), patch.expiresAt()));
        }
        if (body.has("allowedAddresses")) {
            var ranges = patch.allowedAddresses() == null ? List.<String>of() : patch.allowedAddresses();
            toSend.add(new ChangeTokenAllowedAddresses(id, owner.accountId(), ranges));
        }
        if (body.has("enabled")) {
            toSend.add(enabled(id, owner.accountId(), patch.enabled()));
        }
        if (toSend.isEmpty()) {
            var position = commands.head();
            var token = queries.query(new GetToken(owner.accountId(), id, position), TokenDetails.class)
                    .join();
            IfMatch.check(version, token.version());
            return changed(new Receipt(position, token));
        }
        return send(caller, version, id, toSend);
    }

    /**
     * Takes away every permission that the token was not used for in the last 90 days: by gateways that named what they
     * need, and on this API.
     */
    @PostMapping({"/api/tokens/{tokenId}/narrow", "/api/accounts/{accountId}/tokens/{tokenId}/narrow"})
    @Operation(summary = "Take away the permissions that a token was not used for in the last 90 days")
    @ApiResponse(responseCode = "200", description = "The token")
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<TokenDetails> narrow(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        var owner = owners.require(caller, accountId, TokenAction.CHANGE);
        var version = IfMatch.parse(headers);
        var id = resolve(caller, tokenId);
        return send(caller, version, id, List.of(narrowing.of(owner.accountId(), id)));
    }

    private ResponseEntity<TokenDetails> send(Caller caller, @Nullable Long version, String tokenId, List<?> toSend) {
        var lastUsedAt = lastUse(tokenId);
        var receipt = commands.send(caller, version, toSend);
        return changed(new Receipt(
                receipt.position(), receipt.result(TokenDetails.class).lastUsed(lastUsedAt)));
    }

    private static TokenCommand enabled(String tokenId, String accountId, @Nullable Boolean enabled) {
        if (enabled == null) {
            throw new Refusal.Unprocessable("enabled", "required", "Give true or false.");
        }
        return enabled ? new EnableToken(tokenId, accountId) : new DisableToken(tokenId, accountId);
    }

    /** What no event tells. To be asked for before a change, so that one that was made is not answered with a failure. */
    private @Nullable Instant lastUse(String tokenId) {
        return queries.query(new GetLastUse(tokenId), ResponseTypes.optionalInstanceOf(Instant.class))
                .join()
                .orElse(null);
    }

    private static ResponseEntity<TokenDetails> changed(Receipt receipt) {
        var token = receipt.result(TokenDetails.class);
        return ResponseEntity.ok()
                .headers(receipt.headers())
                .eTag(IfMatch.tag(token.version()))
                .body(token);
    }

    /** Gives a token a new value, which is in this answer and nowhere else, ever. */
    @PostMapping({"/api/tokens/{tokenId}/rotate", "/api/accounts/{accountId}/tokens/{tokenId}/rotate"})
    @Operation(
            summary = "Give a token a new value",
            description = "The old value stays accepted until the new one is first used, or until the overlap ends. If"
                    + " the answer is lost, rotate again.")
    @ApiResponse(responseCode = "200", description = "The token, and once its new value")
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<CreatedToken> rotate(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @RequestBody(required = false) @Nullable Rotation body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        var owner = owners.require(caller, accountId, TokenAction.CHANGE);
        var id = resolve(caller, tokenId);
        var lastUsedAt = lastUse(id);
        var rotated = rotation.rotate(
                caller, owner.accountId(), id, body == null ? new Rotation(null, null) : body, IfMatch.parse(headers));
        return ResponseEntity.ok()
                .headers(rotated.receipt().headers())
                .cacheControl(CacheControl.noStore())
                .eTag(IfMatch.tag(rotated.token().version()))
                .body(new CreatedToken(rotated.token().lastUsed(lastUsedAt), rotated.value()));
    }

    /** @param accountId of a service account */
    record Transfer(@Nullable String accountId) {}

    /** Moves a token to a service account. Its value stays, so that nothing changes for whoever uses it. */
    @PostMapping({"/api/tokens/{tokenId}/transfer", "/api/accounts/{accountId}/tokens/{tokenId}/transfer"})
    @Operation(
            summary = "Move a token to a service account",
            description = "Its value stays. It may do no more than the service account holds.")
    @ApiResponse(responseCode = "200", description = "The token; from now on at the service account's address")
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<TokenDetails> transfer(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @RequestBody Transfer body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        var id = resolve(caller, tokenId);
        var lastUsedAt = lastUse(id);
        var receipt = transfer.transfer(caller, accountId, id, body.accountId(), IfMatch.parse(headers));
        return changed(new Receipt(
                receipt.position(), receipt.result(TokenDetails.class).lastUsed(lastUsedAt)));
    }

    /** Revokes a token. From the moment of the answer no node accepts it any more. */
    @DeleteMapping({"/api/tokens/{tokenId}", "/api/accounts/{accountId}/tokens/{tokenId}"})
    @Operation(summary = "Revoke a token")
    @ApiResponse(responseCode = "204", description = "Revoked, or it was already")
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<Void> revoke(
            @Parameter(hidden = true) Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @PathVariable String tokenId,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        var id = resolve(caller, tokenId);
        var owner = accountId == null && id.equals(caller.tokenId())
                ? caller.requireAccount()
                : owners.require(caller, accountId, TokenAction.WITHDRAW).accountId();
        var receipt = commands.send(caller, IfMatch.parse(headers), List.of(new RevokeToken(id, owner)));
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    /** Revokes every token that an account has. One that is created meanwhile may stay; disable the account first. */
    @DeleteMapping("/api/accounts/{accountId}/tokens")
    @Operation(summary = "Revoke all tokens of an account")
    @ApiResponse(responseCode = "204", description = "Revoked")
    ResponseEntity<Void> revokeAllOf(@Parameter(hidden = true) Caller caller, @PathVariable String accountId) {
        owners.require(caller, accountId, TokenAction.WITHDRAW);
        var receipt = new Receipt(commands.head(), null);
        while (true) {
            var tokens = queries.query(
                            new FindUnrevokedTokens(accountId, REVOKED_AT_ONCE),
                            ResponseTypes.multipleInstancesOf(String.class))
                    .join();
            if (tokens.isEmpty()) {
                return ResponseEntity.noContent().headers(receipt.headers()).build();
            }
            receipt = commands.send(
                    caller,
                    null,
                    tokens.stream().map(id -> new RevokeToken(id, accountId)).toList());
        }
    }

    /** {@code self} is the token in use. */
    private static String resolve(Caller caller, String tokenId) {
        if (!tokenId.equals("self")) {
            return tokenId;
        }
        caller.requireAccount();
        if (caller.tokenId() == null) {
            throw TokenState.notFound();
        }
        return caller.tokenId();
    }
}
