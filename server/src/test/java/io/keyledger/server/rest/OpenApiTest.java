package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The generated document, the page to try it, and the addresses for operators. */
class OpenApiTest {

    /** The contract's table: every operation and how it succeeds. */
    private static final Map<String, String> CONTRACT = new TreeMap<>(Map.ofEntries(
            Map.entry("POST /api/accounts", "201"),
            Map.entry("GET /api/accounts", "200"),
            Map.entry("GET /api/accounts/{accountId}", "200"),
            Map.entry("PATCH /api/accounts/{accountId}", "200"),
            Map.entry("POST /api/accounts/{accountId}/reset-link", "201"),
            Map.entry("POST /api/password-reset", "204"),
            Map.entry("PUT /api/accounts/{accountId}/owners/{ownerId}", "204"),
            Map.entry("DELETE /api/accounts/{accountId}/owners/{ownerId}", "204"),
            Map.entry("GET /api/accounts/{accountId}/tokens", "200"),
            Map.entry("POST /api/accounts/{accountId}/tokens", "201"),
            Map.entry("GET /api/accounts/{accountId}/tokens/{tokenId}", "200"),
            Map.entry("PATCH /api/accounts/{accountId}/tokens/{tokenId}", "200"),
            Map.entry("POST /api/accounts/{accountId}/tokens/{tokenId}/rotate", "200"),
            Map.entry("POST /api/accounts/{accountId}/tokens/{tokenId}/transfer", "200"),
            Map.entry("POST /api/accounts/{accountId}/tokens/{tokenId}/narrow", "200"),
            Map.entry("GET /api/accounts/{accountId}/tokens/{tokenId}/use", "200"),
            Map.entry("DELETE /api/accounts/{accountId}/tokens", "204"),
            Map.entry("DELETE /api/accounts/{accountId}/tokens/{tokenId}", "204"),
            Map.entry("DELETE /api/accounts/{accountId}/personal-data", "204"),
            Map.entry("GET /api/account/personal-data", "200"),
            Map.entry("DELETE /api/account/personal-data", "204"),
            Map.entry("GET /api/account", "200"),
            Map.entry("GET /api/account/service-accounts", "200"),
            Map.entry("PATCH /api/account", "200"),
            Map.entry("PUT /api/account/password", "204"),
            Map.entry("POST /api/session", "204"),
            Map.entry("DELETE /api/session", "204"),
            Map.entry("GET /api/sessions", "200"),
            Map.entry("DELETE /api/sessions/{sessionId}", "204"),
            Map.entry("POST /api/tokens", "201"),
            Map.entry("GET /api/tokens", "200"),
            Map.entry("GET /api/tokens/{tokenId}", "200"),
            Map.entry("PATCH /api/tokens/{tokenId}", "200"),
            Map.entry("DELETE /api/tokens/{tokenId}", "204"),
            Map.entry("POST /api/tokens/{tokenId}/rotate", "200"),
            Map.entry("POST /api/tokens/{tokenId}/transfer", "200"),
            Map.entry("GET /api/authenticate", "204"),
            Map.entry("POST /oauth2/introspect", "200"),
            Map.entry("POST /oauth2/revoke", "200"),
            Map.entry("POST /api/leaked-tokens", "202"),
            Map.entry("POST /api/leaked-tokens/github", "202"),
            Map.entry("GET /.well-known/oauth-authorization-server", "200"),
            Map.entry("GET /.well-known/keyledger/checkpoint", "200"),
            Map.entry("GET /.well-known/keyledger/verifier-key", "200"),
            Map.entry("GET /.well-known/keyledger/tile/{level}/{index}", "200"),
            Map.entry("GET /api/audit-events/{eventId}/proof", "200"),
            Map.entry("POST /api/admin/checkpoint", "200"),
            Map.entry("POST /api/tokens/{tokenId}/narrow", "200"),
            Map.entry("GET /api/tokens/{tokenId}/use", "200"),
            Map.entry("GET /api/tokens/{tokenId}/revocation", "200"),
            Map.entry("GET /api/accounts/{accountId}/tokens/{tokenId}/revocation", "200"),
            Map.entry("GET /api/admin/policy-rehearsal", "200"),
            Map.entry("GET /api/admin/projections", "200"),
            Map.entry("POST /api/admin/projections/{name}/rebuild", "202"),
            Map.entry("GET /api/admin/projections/{name}/rebuild", "200"),
            Map.entry("DELETE /api/admin/projections/{name}/rebuild", "204"),
            Map.entry("GET /api/admin/projections/{name}/rebuild/differences", "200"),
            Map.entry("GET /api/admin/token-permissions", "200"),
            Map.entry("GET /api/admin/diff", "200"),
            Map.entry("GET /api/permissions", "200"),
            Map.entry("GET /api/audit-events", "200"),
            Map.entry("GET /api/audit-events/export", "200"),
            Map.entry("POST /api/webhooks", "201"),
            Map.entry("GET /api/webhooks", "200"),
            Map.entry("GET /api/webhooks/{webhookId}", "200"),
            Map.entry("PATCH /api/webhooks/{webhookId}", "200"),
            Map.entry("DELETE /api/webhooks/{webhookId}", "204"),
            Map.entry("POST /api/webhooks/{webhookId}/test", "202")));

    /** They answer nothing that an event changes, or what is true at that very moment. */
    private static final List<String> READ_AS_THEY_ARE = List.of(
            "GET /api/permissions",
            "GET /api/sessions",
            "GET /api/admin/projections",
            "GET /api/admin/projections/{name}/rebuild",
            "GET /api/admin/projections/{name}/rebuild/differences",
            "GET /api/account/personal-data",
            "GET /api/authenticate",
            "GET /.well-known/oauth-authorization-server",
            "GET /.well-known/keyledger/checkpoint",
            "GET /.well-known/keyledger/verifier-key",
            "GET /.well-known/keyledger/tile/{level}/{index}");

    /** They change nothing, or do not tell whether they did. */
    private static final List<String> CHANGES_UNSEEN = List.of(
            "POST /oauth2/introspect",
            "POST /api/leaked-tokens",
            "POST /api/leaked-tokens/github",
            "POST /api/admin/checkpoint",
            "POST /api/admin/projections/{name}/rebuild",
            "DELETE /api/admin/projections/{name}/rebuild");

    private static JsonNode document;
    private static final Map<String, JsonNode> OPERATIONS = new TreeMap<>();

    @BeforeAll
    static void read() {
        document = expect(anybody().get("/v3/api-docs"), 200).json();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> OPERATIONS.put(
                                operation.getKey().toUpperCase(java.util.Locale.ROOT) + " " + path.getKey(),
                                operation.getValue())));
    }

    @Test
    void it_documents_the_operations_of_the_contract_and_how_they_succeed() {
        var documented = new TreeMap<String, String>();
        OPERATIONS.forEach((name, operation) -> documented.put(
                name,
                String.join(
                        ",",
                        fields(operation.path("responses")).stream()
                                .filter(status -> status.startsWith("2"))
                                .toList())));
        assertThat(documented).isEqualTo(CONTRACT);
    }

    @Test
    void no_path_has_two_names_for_one_place() {
        var shapes = new ArrayList<String>();
        document.path("paths")
                .properties()
                .forEach(path -> shapes.add(path.getKey().replaceAll("\\{[^}]*}", "{}")));
        assertThat(shapes).doesNotHaveDuplicates();
    }

    @Test
    void every_refusal_is_a_problem_document() {
        OPERATIONS.forEach((name, operation) -> operation
                .path("responses")
                .properties()
                .forEach(response -> {
                    if (!response.getKey().startsWith("2")) {
                        assertThat(resolved(response.getValue())
                                        .path("content")
                                        .path("application/problem+json")
                                        .path("schema")
                                        .path("$ref")
                                        .asString())
                                .as(name + " " + response.getKey())
                                .isEqualTo("#/components/schemas/Problem");
                    }
                }));
        assertThat(fields(document.path("components")
                        .path("schemas")
                        .path("Problem")
                        .path("properties")))
                .containsExactlyInAnyOrder("type", "title", "status", "detail", "code", "errors", "correlationId");
    }

    @Test
    void the_refusals_that_an_operation_can_answer_are_documented() {
        assertThat(statuses("PATCH /api/tokens/{tokenId}"))
                .contains("200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "503");
        assertThat(statuses("POST /api/session")).contains("204", "400", "401", "403", "422", "429", "503");
        assertThat(statuses("GET /api/tokens")).contains("200", "400", "401", "403", "406", "503");
        OPERATIONS.keySet().stream()
                .filter(name -> !name.startsWith("POST /api/password-reset"))
                .forEach(name -> assertThat(statuses(name)).as(name).contains("401", "503"));
    }

    @Test
    void ones_own_personal_data_is_erased_alike_at_both_addresses() {
        var own = OPERATIONS.get("DELETE /api/account/personal-data");
        var byId = OPERATIONS.get("DELETE /api/accounts/{accountId}/personal-data");
        assertThat(byId.path("requestBody").path("content"))
                .isEqualTo(own.path("requestBody").path("content"));
        assertThat(byId.path("requestBody").path("required").asBoolean(false)).isFalse();
        assertThat(fields(byId.path("responses"))).containsAll(fields(own.path("responses")));
    }

    @Test
    void an_accounts_tokens_are_as_ones_own() {
        OPERATIONS.forEach((name, operation) -> {
            var own = OPERATIONS.get(name.replace("/api/accounts/{accountId}/tokens", "/api/tokens"));
            if (name.contains("{accountId}/tokens") && own != null) {
                assertThat(fields(operation.path("responses"))).as(name).containsAll(fields(own.path("responses")));
                assertThat(parameters(name)).as(name).contains("accountId");
            } else if (name.contains("/api/tokens")) {
                assertThat(parameters(name)).as(name).doesNotContain("accountId");
            }
        });
    }

    private static List<String> statuses(String operation) {
        return List.copyOf(fields(OPERATIONS.get(operation).path("responses")));
    }

    @Test
    void the_headers_are_documented_where_they_are_used() {
        assertThat(parameters("POST /api/tokens")).contains("Idempotency-Key");
        assertThat(parameters("PATCH /api/tokens/{tokenId}")).contains("If-Match");
        assertThat(parameters("DELETE /api/tokens/{tokenId}")).contains("If-Match");
        assertThat(parameters("PATCH /api/account")).contains("If-Match");
        assertThat(parameters("PATCH /api/accounts/{accountId}")).contains("If-Match");
        CONTRACT.forEach((name, status) -> {
            var headers =
                    fields(OPERATIONS.get(name).path("responses").path(status).path("headers"));
            if (CHANGES_UNSEEN.contains(name)) {
                assertThat(headers).as(name).doesNotContain("Keyledger-Position");
            } else if (!name.startsWith("GET")) {
                assertThat(headers).as(name).contains("Keyledger-Position");
            } else if (!READ_AS_THEY_ARE.contains(name)) {
                assertThat(parameters(name)).as(name).contains("Keyledger-Position");
            }
        });
        assertThat(fields(OPERATIONS
                        .get("POST /api/tokens")
                        .path("responses")
                        .path("201")
                        .path("headers")))
                .containsExactlyInAnyOrder("ETag", "Keyledger-Position", "Location");
        assertThat(fields(OPERATIONS
                        .get("GET /api/tokens")
                        .path("responses")
                        .path("200")
                        .path("headers")))
                .containsExactly("Link");
        assertThat(document.toString()).doesNotContain("\"caller\"");
    }

    private static List<String> parameters(String operation) {
        var names = new ArrayList<String>();
        OPERATIONS
                .get(operation)
                .path("parameters")
                .forEach(parameter -> names.add(resolved(parameter).path("name").asString()));
        return names;
    }

    private static JsonNode resolved(JsonNode node) {
        var reference = node.path("$ref").asString("");
        return reference.isEmpty() ? node : document.at(reference.substring(1));
    }

    @Test
    void no_reference_leads_nowhere() {
        var references = Pattern.compile("\"\\$ref\":\"#([^\"]+)\"")
                .matcher(document.toString())
                .results()
                .map(match -> match.group(1))
                .distinct()
                .toList();
        assertThat(references)
                .isNotEmpty()
                .allSatisfy(pointer ->
                        assertThat(document.at(pointer).isObject()).as(pointer).isTrue());
    }

    @Test
    void the_ways_to_prove_who_asks_are_documented() {
        assertThat(fields(document.path("components").path("securitySchemes")))
                .containsExactlyInAnyOrder("token", "password", "session");
        assertThat(OPERATIONS.get("POST /api/session").path("security").isArray())
                .isTrue();
        assertThat(OPERATIONS.get("POST /api/session").path("security").size()).isZero();
        assertThat(OPERATIONS.get("GET /api/tokens").has("security")).isFalse();
    }

    @Test
    void the_page_to_try_it_needs_no_other_host() {
        assertThat(expect(anybody().get("/api-docs"), 302).header("Location")).isEqualTo("/swagger-ui/index.html");
        var page = expect(anybody().get("/swagger-ui/index.html"), 200);
        assertThat(page.header("Content-Type")).startsWith("text/html");
        assertThat(page.header("Content-Security-Policy"))
                .contains("default-src 'none'")
                .doesNotContain("http");
        assertThat(page.response().body())
                .doesNotContainPattern("(src|href)=\"(https?:)?//")
                .doesNotContain("<script>");
        var sources = Pattern.compile("(?:src|href)=\"([^\"]+)\"")
                .matcher(page.response().body())
                .results()
                .map(match -> match.group(1).replaceFirst("^\\./", ""))
                .toList();
        assertThat(sources).isNotEmpty().allSatisfy(source -> expect(anybody().get("/swagger-ui/" + source), 200));
        assertThat(expect(anybody().get("/swagger-ui/swagger-initializer.js"), 200)
                        .response()
                        .body())
                .doesNotContainPattern("https?://");
        assertThat(expect(anybody().get("/v3/api-docs/swagger-config"), 200)
                        .response()
                        .body())
                .doesNotContainPattern("https?://(?!127\\.0\\.0\\.1)");
    }

    @Test
    void health_and_metrics_are_for_everybody_and_other_operators_addresses_for_nobody() {
        for (var path : List.of("/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness")) {
            // A projection that another test has held up says so until it goes on.
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(expect(anybody().get(path), 200)
                                    .json()
                                    .path("status")
                                    .asString())
                            .isEqualTo("UP"));
        }
        assertThat(expect(anybody().get("/actuator/prometheus"), 200).response().body())
                .contains(
                        "keyledger_commands_seconds",
                        "keyledger_record_altered 0.0",
                        "keyledger_record_unsigned_age_seconds ");
        assertThat(expect(anybody().get("/actuator/health"), 200)
                        .json()
                        .path("components")
                        .path("record")
                        .path("status")
                        .asString())
                .isEqualTo("UP");
        Contract.refused(anybody().get("/actuator/env"), 401, "authentication_required");
        Contract.refused(Contract.administrator().get("/actuator/env"), 404, "not_found");
    }
}
