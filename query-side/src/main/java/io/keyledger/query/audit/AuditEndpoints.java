package io.keyledger.query.audit;

import io.keyledger.api.ForRole;
import io.keyledger.api.audit.AuditEventPage;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.api.authentication.Caller;
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

/** Reading the audit trail. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Audit trail")
class AuditEndpoints {

    private static final List<String> FILTERS =
            List.of("type", "tokenId", "accountId", "actor", "after", "before", "limit");

    private final QueryGateway queries;

    AuditEndpoints(QueryGateway queries) {
        this.queries = queries;
    }

    /**
     * The trail, newest first, a page at a time: administrators and whoever holds {@code audit:read} see all of it,
     * other persons what concerns their account. A token needs {@code audit:read}.
     */
    @GetMapping("/api/audit-events")
    @Operation(summary = "List audit events, newest first")
    @ApiResponse(responseCode = "200", description = "A page of audit events")
    ResponseEntity<AuditEventPage> find(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = "For example token.created") @RequestParam(required = false) @Nullable String type,
            @Parameter(description = "The token it happened to") @RequestParam(required = false) @Nullable
                    String tokenId,
            @Parameter(description = "The account it happened to") @RequestParam(required = false) @Nullable
                    String accountId,
            @Parameter(description = "Id of the account or token that did it") @RequestParam(required = false) @Nullable
                    String actor,
            @Parameter(description = "RFC 3339, exclusive") @RequestParam(required = false) @Nullable String after,
            @Parameter(description = "RFC 3339, exclusive") @RequestParam(required = false) @Nullable String before,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            HttpServletRequest request) {
        var query = new FindAuditEvents(
                TrailSelection.reader(caller),
                caller.readsWholeTrail(),
                Parameters.text(type),
                Parameters.text(tokenId),
                Parameters.text(accountId),
                Parameters.text(actor),
                Parameters.instant("after", after),
                Parameters.instant("before", before),
                Parameters.limit(limit),
                Parameters.text(cursor),
                Parameters.position(position));
        var page = queries.query(query, AuditEventPage.class).join();
        return ResponseEntity.ok()
                .headers(Parameters.next(request, page.nextCursor(), FILTERS))
                .body(page);
    }
}
