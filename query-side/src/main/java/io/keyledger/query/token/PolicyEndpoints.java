package io.keyledger.query.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.GetPolicyRehearsal;
import io.keyledger.api.token.PolicyRehearsalPage;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.query.Parameters;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What a policy would do before anybody turns it on. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Tokens")
class PolicyEndpoints {

    private static final List<String> FILTERS = List.of("maxLifetime", "maxUnused", "limit");

    private final QueryGateway queries;

    PolicyEndpoints(QueryGateway queries) {
        this.queries = queries;
    }

    /** The tokens that a policy would end, were it turned on now; it changes nothing. For administrators. */
    @GetMapping("/api/admin/policy-rehearsal")
    @Operation(
            summary = "List the tokens that a policy would end, and when, without turning it on (administrators)",
            description = "Give one or both. A token that is too old ends 7 days after the policy begins, so that its"
                    + " owner is told before; one that is unused is revoked at once. Tokens created or rotated later"
                    + " get an end that the policy allows.")
    @ApiResponse(responseCode = "200", description = "A page of tokens")
    ResponseEntity<PolicyRehearsalPage> rehearse(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = "keyledger.policy.max-lifetime, such as 90d or PT2160H")
                    @RequestParam(required = false)
                    @Nullable
                    String maxLifetime,
            @Parameter(description = "keyledger.policy.max-unused, such as 90d or PT2160H")
                    @RequestParam(required = false)
                    @Nullable
                    String maxUnused,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            HttpServletRequest request) {
        caller.requireAdministrator();
        var policy =
                new TokenPolicy(Parameters.days("maxLifetime", maxLifetime), Parameters.days("maxUnused", maxUnused));
        if (policy.maxLifetime() == null && policy.maxUnused() == null) {
            throw new Refusal.Malformed("policy_missing", "Give maxLifetime, maxUnused or both, for example 90d.");
        }
        var page = queries.query(
                        new GetPolicyRehearsal(
                                policy,
                                Parameters.limit(limit),
                                Parameters.text(cursor),
                                Parameters.position(position)),
                        PolicyRehearsalPage.class)
                .join();
        return ResponseEntity.ok()
                .headers(Parameters.next(request, page.nextCursor(), FILTERS))
                .body(page);
    }
}
