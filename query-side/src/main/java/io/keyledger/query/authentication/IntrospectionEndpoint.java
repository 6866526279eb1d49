package io.keyledger.query.authentication;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.AddressRange;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Origin;
import io.keyledger.api.authentication.Permission;
import io.keyledger.query.authentication.TokenAuthentication.AuthenticatedToken;
import io.keyledger.query.authentication.TokenAuthentication.Use;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Tells resource servers whose token a value is, and what it may do (RFC 7662). {@link IntrospectionFilter} answers those
 * who ask as such programs do; what comes here is everything else, to be refused mostly.
 */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Answering other services")
class IntrospectionEndpoint {

    private final TokenAuthentication authentication;
    private final Issuer issuer;

    IntrospectionEndpoint(TokenAuthentication authentication, Issuer issuer) {
        this.authentication = authentication;
        this.issuer = issuer;
    }

    /**
     * What is known of a value (RFC 7662, section 2.2).
     *
     * @param active whether the token is good now; otherwise nothing else is told
     * @param scope what it may do, separated by spaces
     * @param clientId the token's id
     * @param username the account's email, or the name of a service account
     * @param sub the account's id
     * @param exp when it ends, in seconds since 1970; absent: never
     * @param iat when this value was made, in seconds since 1970
     * @param iss who answers
     */
    @Schema(name = "Introspection")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Introspection(
            boolean active,
            @Nullable String scope,
            @JsonProperty("client_id") @Nullable String clientId,
            @Nullable String username,
            @Nullable String sub,
            @JsonProperty("token_type") @Nullable String tokenType,
            @Nullable Long exp,
            @Nullable Long iat,
            @Nullable String iss) {

        static final Introspection INACTIVE = new Introspection(false, null, null, null, null, null, null, null, null);

        static Introspection of(AuthenticatedToken token, String issuer) {
            return new Introspection(
                    true,
                    token.scope(),
                    token.tokenId(),
                    token.username(),
                    token.accountId(),
                    "Bearer",
                    seconds(token.expiresAt()),
                    seconds(token.issuedAt()),
                    issuer);
        }

        private static @Nullable Long seconds(@Nullable Instant instant) {
            return instant == null ? null : instant.getEpochSecond();
        }

        @Override
        public String toString() {
            return "Introspection[" + clientId + "]";
        }
    }

    /** For a caller that is a token with the permission {@code introspect}. */
    @PostMapping(path = "/oauth2/introspect", consumes = MediaType.APPLICATION_FORM_URLENCODED_VALUE)
    @Operation(
            summary = "Ask whose token a value is (RFC 7662)",
            description =
                    "Authenticate with a token that has the permission introspect: as Bearer, or by HTTP Basic with its"
                            + " id and value as client id and secret.")
    @ApiResponse(
            responseCode = "200",
            description = "What is known of it; active is false for all that is no good token")
    ResponseEntity<Introspection> introspect(
            @Parameter(hidden = true) Caller caller,
            @RequestParam String token,
            @RequestParam(name = "token_type_hint", required = false) @Nullable String tokenTypeHint,
            @Parameter(
                            description =
                                    "Where the token was used from. A token that is limited to addresses is active only"
                                            + " where this is one of them.")
                    @RequestParam(name = "ip_address", required = false)
                    @Nullable
                    String ipAddress,
            @Parameter(hidden = true) HttpServletRequest request) {
        caller.requirePermission(Permission.INTROSPECT);
        if (request.getParameterValues("token").length > 1) {
            throw new Refusal.Malformed("repeated_parameter", "Send one token.");
        }
        if (request.getQueryString() != null) {
            throw new Refusal.Malformed(
                    "parameters_in_address", "Send the parameters in the body: addresses end up in logs.");
        }
        var introspection = authentication
                .authenticate(token.strip(), use(ipAddress, caller.origin()))
                .map(found -> Introspection.of(found, issuer.of(request)))
                .orElse(Introspection.INACTIVE);
        return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(introspection);
    }

    /** Not from where the caller asks: that is another machine than the one that used the token. */
    static Use use(@Nullable String ipAddress, Origin caller) {
        var origin = new Origin(
                ipAddress != null && AddressRange.isAddress(ipAddress) ? ipAddress : null,
                null,
                caller.correlationId());
        return new Use(origin, () -> null, null);
    }
}
