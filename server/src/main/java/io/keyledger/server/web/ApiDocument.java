package io.keyledger.server.web;

import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.PathItem.HttpMethod;
import io.swagger.v3.oas.models.headers.Header;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.media.ArraySchema;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.parameters.HeaderParameter;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.parameters.QueryParameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the OpenAPI document says about all endpoints alike: who may ask, the headers, and every refusal. What is
 * particular to one endpoint stands there.
 */
@Configuration(proxyBeanMethods = false)
class ApiDocument {

    private static final String POSITION = "Keyledger-Position";
    private static final String IF_MATCH = "If-Match";
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    private static final String PROBLEM = "Problem";

    /** Those who ask prove themselves by what is in the body, or need not. */
    private static final Set<String> WITHOUT_CREDENTIALS = Set.of(
            "POST /api/session",
            "POST /api/password-reset",
            "POST /oauth2/revoke",
            "POST /api/leaked-tokens",
            "POST /api/leaked-tokens/github",
            "GET /.well-known/oauth-authorization-server",
            "GET /.well-known/keyledger/checkpoint",
            "GET /.well-known/keyledger/verifier-key",
            "GET /.well-known/keyledger/tile/{level}/{index}");

    /** They change nothing, or do not tell whether they did. */
    private static final Set<String> WITHOUT_POSITION = Set.of(
            "POST /oauth2/introspect",
            "POST /api/leaked-tokens",
            "POST /api/leaked-tokens/github",
            "POST /api/admin/checkpoint",
            "POST /api/admin/projections/{name}/rebuild",
            "DELETE /api/admin/projections/{name}/rebuild");

    /** Where a password or a link's secret can be guessed. */
    private static final Set<String> THROTTLED = Set.of(
            "POST /api/session",
            "POST /api/password-reset",
            "POST /api/leaked-tokens",
            "POST /api/accounts",
            "PUT /api/account/password",
            "PATCH /api/account");

    /** What the state of things can refuse. */
    private static final Set<String> CONFLICTING = Set.of(
            "POST /api/accounts",
            "PATCH /api/accounts/{accountId}",
            "DELETE /api/accounts/{accountId}/personal-data",
            "DELETE /api/account/personal-data",
            "POST /api/accounts/{accountId}/reset-link",
            "POST /api/password-reset",
            "PATCH /api/account",
            "PUT /api/account/password",
            "POST /api/tokens",
            "PATCH /api/tokens/{tokenId}",
            "POST /api/tokens/{tokenId}/rotate",
            "POST /api/tokens/{tokenId}/narrow",
            "GET /api/tokens/{tokenId}/revocation",
            "GET /api/audit-events/{eventId}/proof",
            "POST /api/admin/checkpoint",
            "POST /api/admin/projections/{name}/rebuild",
            "DELETE /api/admin/projections/{name}/rebuild",
            "POST /api/webhooks",
            "POST /api/webhooks/{webhookId}/test",
            "POST /api/tokens/{tokenId}/transfer",
            "PUT /api/accounts/{accountId}/owners/{ownerId}",
            "DELETE /api/accounts/{accountId}/owners/{ownerId}");

    private static final Map<String, String> REFUSALS = new TreeMap<>(Map.ofEntries(
            Map.entry("400", "The request is malformed; for input see errors"),
            Map.entry("401", "Nobody known is asking; see WWW-Authenticate"),
            Map.entry("403", "Whoever asks may not do this"),
            Map.entry("404", "There is no such thing, or it belongs to somebody else"),
            Map.entry("406", "The answer is JSON"),
            Map.entry("409", "The present state says no"),
            Map.entry("412", "It was changed since the entity tag in If-Match"),
            Map.entry("413", "The body is too large"),
            Map.entry("415", "The body is not JSON"),
            Map.entry("422", "A field or a rule says no; see errors"),
            Map.entry("429", "Too often; see Retry-After"),
            Map.entry("503", "Not right now, nothing was changed; see Retry-After")));

    @Bean
    OpenAPI openApi() {
        // What a merge patch may hold is said at each endpoint.
        SpringDocUtils.getConfig().replaceWithSchema(ObjectNode.class, new ObjectSchema());
        return new OpenAPI()
                .info(new Info()
                        .title("Keyledger")
                        .version("v1")
                        .description("Passwords and API tokens, with every change kept as an event.")
                        .license(new License().name("Apache-2.0")))
                .components(components())
                .security(List.of(
                        new SecurityRequirement().addList("token"),
                        new SecurityRequirement().addList("password"),
                        new SecurityRequirement().addList("session")));
    }

    private static Components components() {
        var components = new Components()
                .addSecuritySchemes(
                        "token",
                        new SecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description("An API token; limited by its permissions."))
                .addSecuritySchemes(
                        "password",
                        new SecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("basic")
                                .description("Email and password."))
                .addSecuritySchemes(
                        "session",
                        new SecurityScheme()
                                .type(SecurityScheme.Type.APIKEY)
                                .in(SecurityScheme.In.COOKIE)
                                .name("keyledger_session")
                                .description("The web session that POST /api/session starts. Changes also send the"
                                        + " value of the cookie XSRF-TOKEN in the header X-XSRF-TOKEN."))
                .addParameters(
                        IF_MATCH,
                        header(IF_MATCH, "The entity tag that was read, in its quotes; 412 if it was changed since."))
                .addParameters(
                        IDEMPOTENCY_KEY,
                        header(
                                IDEMPOTENCY_KEY,
                                "A UUID, say. A repeat within 24 hours creates nothing and answers 201 without the"
                                        + " value; 409 while the first is in progress, 422 with another body."))
                .addHeaders(
                        POSITION,
                        new Header()
                                .description("The change's position. A read that sends it sees at least this change.")
                                .schema(new IntegerSchema().format("int64")))
                .addHeaders(
                        "ETag",
                        new Header().description("The version, for If-Match.").schema(new StringSchema()))
                .addHeaders(
                        "Location",
                        new Header().description("Where the new thing is.").schema(new StringSchema()))
                .addHeaders(
                        "Link",
                        new Header()
                                .description("The next page, with rel=next (RFC 8288); absent on the last one.")
                                .schema(new StringSchema()))
                .addHeaders(
                        "Retry-After",
                        new Header().description("Seconds to wait.").schema(new IntegerSchema()))
                .addHeaders(
                        "WWW-Authenticate",
                        new Header().description("How to prove who asks.").schema(new StringSchema()));
        ModelConverters.getInstance().readAll(Problem.class).forEach(components::addSchemas);
        REFUSALS.forEach((status, description) -> components.addResponses(status, refusal(status, description)));
        return components;
    }

    private static Parameter header(String name, String description) {
        return new HeaderParameter().name(name).description(description).schema(new StringSchema());
    }

    private static ApiResponse refusal(String status, String description) {
        var response = new ApiResponse()
                .description(description)
                .content(new Content()
                        .addMediaType(
                                Problem.MEDIA_TYPE,
                                new MediaType().schema(new Schema<>().$ref("#/components/schemas/" + PROBLEM))));
        return switch (status) {
            case "401" -> response.addHeaderObject("WWW-Authenticate", headerOf("WWW-Authenticate"));
            case "429", "503" -> response.addHeaderObject("Retry-After", headerOf("Retry-After"));
            default -> response;
        };
    }

    private static Header headerOf(String name) {
        return new Header().$ref("#/components/headers/" + name);
    }

    @Bean
    OpenApiCustomizer everyEndpoint() {
        return document -> {
            document.getPaths()
                    .forEach((path, item) -> item.readOperationsMap()
                            .forEach((method, operation) -> complete(method + " " + path, method, path, operation)));
            document.getPaths().addPathItem("/api/authenticate", new PathItem().get(authenticate()));
        };
    }

    /** A filter answers it, not a controller. */
    private static Operation authenticate() {
        var responses = new ApiResponses()
                .addApiResponse(
                        "204",
                        new ApiResponse()
                                .description("The token is good, and has the permissions")
                                .addHeaderObject("Keyledger-Account", text("The account's id"))
                                .addHeaderObject("Keyledger-Token", text("The token's id"))
                                .addHeaderObject("Keyledger-Permissions", text("What it may do, separated by spaces")));
        refuse(responses, "401", "403", "503");
        return new Operation()
                .addTagsItem("Answering other services")
                .operationId("authenticate")
                .summary("Tell a gateway whose token a request carries")
                .description("Any method, and any path behind this one, answers the same: a gateway may keep the"
                        + " original ones. Never another status than these while the service is up.")
                .addParametersItem(new QueryParameter()
                        .name("permission")
                        .description("403 unless the token has it; may be repeated.")
                        .schema(new ArraySchema().items(new StringSchema())))
                .security(List.of(new SecurityRequirement().addList("token")))
                .responses(responses);
    }

    private static Header text(String description) {
        return new Header().description(description).schema(new StringSchema());
    }

    private static void complete(String name, HttpMethod method, String path, Operation operation) {
        if (operation.getParameters() != null) {
            // One method answers for one's own tokens and for those of an account, whose address alone names it.
            operation
                    .getParameters()
                    .removeIf(parameter ->
                            "path".equals(parameter.getIn()) && !path.contains("{%s}".formatted(parameter.getName())));
        }
        var responses = operation.getResponses();
        responses.forEach((status, response) -> {
            if (status.startsWith("2")) {
                addHeaders(name, method, status, response);
            }
        });
        refuse(responses, "400", "403", "406", "503");
        if (WITHOUT_CREDENTIALS.contains(name)) {
            operation.setSecurity(List.of());
        }
        if (!name.equals("POST /api/password-reset")) {
            refuse(responses, "401");
        }
        if (path.contains("{") || name.equals("DELETE /api/session") || name.equals("GET /api/audit-events/export")) {
            refuse(responses, "404");
        }
        if (operation.getRequestBody() != null) {
            refuse(responses, "413", "415", "422");
        }
        if (takes(operation, IF_MATCH)) {
            refuse(responses, "412");
        }
        if (CONFLICTING.contains(name.replace("/api/accounts/{accountId}/tokens", "/api/tokens"))) {
            refuse(responses, "409");
        }
        if (THROTTLED.contains(name)) {
            refuse(responses, "429");
        }
    }

    private static boolean takes(Operation operation, String parameter) {
        return operation.getParameters() != null
                && operation.getParameters().stream()
                        .anyMatch(p -> ("#/components/parameters/" + parameter).equals(p.get$ref()));
    }

    private static void addHeaders(String name, HttpMethod method, String status, ApiResponse response) {
        if (method != HttpMethod.GET && !WITHOUT_POSITION.contains(name)) {
            response.addHeaderObject(POSITION, headerOf(POSITION));
        }
        var schema = schemaOf(response);
        if (schema.endsWith("Token") || schema.endsWith("Account") || schema.endsWith("Webhook")) {
            response.addHeaderObject("ETag", headerOf("ETag"));
            if (status.equals("201")) {
                response.addHeaderObject("Location", headerOf("Location"));
            }
        }
        if (schema.endsWith("Page")) {
            response.addHeaderObject("Link", headerOf("Link"));
        }
    }

    private static String schemaOf(ApiResponse response) {
        return response.getContent() == null
                ? ""
                : response.getContent().values().stream()
                        .map(content -> String.valueOf(content.getSchema().get$ref()))
                        .findFirst()
                        .orElse("");
    }

    private static void refuse(ApiResponses responses, String... statuses) {
        for (var status : statuses) {
            responses.addApiResponse(status, new ApiResponse().$ref("#/components/responses/" + status));
        }
    }
}
