package io.keyledger.query.authentication;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.keyledger.api.ForRole;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tells OAuth 2.0 clients where to introspect and revoke (RFC 8414), and that there is nothing else of OAuth here. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Answering other services")
class MetadataEndpoint {

    private final PermissionCatalogue permissions;
    private final Issuer issuer;

    MetadataEndpoint(PermissionCatalogue permissions, Issuer issuer) {
        this.permissions = permissions;
        this.issuer = issuer;
    }

    /** RFC 8414, section 2. Tokens are not granted by an OAuth 2.0 flow, so those lists are empty. */
    @Schema(name = "AuthorizationServerMetadata")
    record Metadata(
            String issuer,
            @JsonProperty("introspection_endpoint") String introspectionEndpoint,

            @JsonProperty("introspection_endpoint_auth_methods_supported")
            List<String> introspectionAuthentication,

            @JsonProperty("revocation_endpoint") String revocationEndpoint,

            @JsonProperty("revocation_endpoint_auth_methods_supported")
            List<String> revocationAuthentication,

            @JsonProperty("scopes_supported") List<String> scopes,
            @JsonProperty("response_types_supported") List<String> responseTypes,
            @JsonProperty("grant_types_supported") List<String> grantTypes) {}

    @GetMapping("/.well-known/oauth-authorization-server")
    @Operation(summary = "What of OAuth 2.0 there is (RFC 8414)")
    @ApiResponse(responseCode = "200", description = "The metadata")
    Metadata metadata(@Parameter(hidden = true) HttpServletRequest request) {
        var base = issuer.of(request);
        return new Metadata(
                base,
                base + "/oauth2/introspect",
                List.of("client_secret_basic"),
                base + "/oauth2/revoke",
                List.of("none", "client_secret_basic"),
                permissions.all().stream().map(Permission::name).toList(),
                List.of(),
                List.of());
    }
}
