package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.FindTokensOfValues;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.TokenOfValue;
import io.keyledger.api.token.TokenValue;
import io.keyledger.command.Commands;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Lets whoever holds a token's value end the token (RFC 7009). */
@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Answering other services")
class RevocationEndpoint {

    private final Commands commands;
    private final QueryGateway queries;

    RevocationEndpoint(Commands commands, QueryGateway queries) {
        this.commands = commands;
        this.queries = queries;
    }

    /** Answers the same for a value that is unknown, malformed or retired (RFC 7009, section 2.2). */
    @PostMapping(path = "/oauth2/revoke", consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
    @Operation(summary = "Revoke the token that has this value (RFC 7009); its value is all that is asked for")
    @ApiResponse(responseCode = "200", description = "It is not accepted any more, if it ever was")
    @SecurityRequirements
    ResponseEntity<Void> revoke(
            @Parameter(hidden = true) Caller caller,
            @RequestParam String token,
            @RequestParam(name = "token_type_hint", required = false) @Nullable String tokenTypeHint,
            @Parameter(hidden = true) HttpServletRequest request) {
        if (request.getParameterValues("token").length > 1) {
            throw new Refusal.Malformed("repeated_parameter", "Send one token.");
        }
        if (request.getQueryString() != null) {
            throw new Refusal.Malformed(
                    "parameters_in_address", "Send the parameters in the body: addresses end up in logs.");
        }
        var position = commands.head();
        for (var found : TokenValue.parse(token.strip()).map(this::find).orElse(List.of())) {
            if (!found.retired()) {
                var holder = new Caller(
                        Caller.Kind.TOKEN, found.accountId(), found.tokenId(), null, false, Set.of(), caller.origin());
                position = commands.send(holder, new RevokeToken(found.tokenId(), found.accountId()))
                        .position();
            }
        }
        // The same header for all: without it, unknown and known ones could be told apart.
        return ResponseEntity.ok()
                .header("Keyledger-Position", Long.toString(position))
                .build();
    }

    private List<TokenOfValue> find(TokenValue value) {
        var digest = Base64.getEncoder().encodeToString(value.digest());
        return queries.query(
                        new FindTokensOfValues(List.of(digest)), ResponseTypes.multipleInstancesOf(TokenOfValue.class))
                .join();
    }
}
