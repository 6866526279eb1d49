package io.keyledger.query.history;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.history.AsOf;
import io.keyledger.api.history.CapableTokenPage;
import io.keyledger.api.history.ChangePage;
import io.keyledger.api.history.FindCapableTokens;
import io.keyledger.api.history.FindChanges;
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

/** Questions about everybody's past, for those who may read the whole audit trail: it holds the answers. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Audit trail")
class HistoryEndpoints {

    private final QueryGateway queries;

    HistoryEndpoints(QueryGateway queries) {
        this.queries = queries;
    }

    /** Tokens of all accounts that were accepted then and could do what the permission allows. */
    @GetMapping("/api/admin/token-permissions")
    @Operation(
            summary = "List the tokens that could do something at some time (administrators, and audit:read)",
            description = "Accepted then, granted the permission, of an account that was enabled and held it. Of a"
                    + " permission that is not configured any more (configured is false) the tokens that were granted"
                    + " it are told; what accounts held is not known. A name that nobody ever had is one of these,"
                    + " without tokens. A page may hold fewer than asked for, even none: go on while there is a"
                    + " nextCursor.")
    @ApiResponse(responseCode = "200", description = "A page of tokens")
    ResponseEntity<CapableTokenPage> capable(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = "One of GET /api/permissions, or one that was there earlier")
                    @RequestParam(required = false)
                    @Nullable
                    String permission,
            @Parameter(description = "An instant (RFC 3339) or the position of an event")
                    @RequestParam(required = false)
                    @Nullable
                    String asOf,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            HttpServletRequest request) {
        requireWholeTrail(caller);
        var wanted = Parameters.text(permission);
        if (wanted == null) {
            throw new Refusal.Malformed(
                    "unknown_permission", "permission says which; GET /api/permissions lists them.");
        }
        var query = new FindCapableTokens(
                wanted,
                required("asOf", asOf),
                Parameters.limit(limit),
                Parameters.text(cursor),
                Parameters.position(position));
        var page = queries.query(query, CapableTokenPage.class).join();
        return ResponseEntity.ok()
                .headers(Parameters.next(request, page.nextCursor(), List.of("permission", "asOf", "limit")))
                .body(page);
    }

    /** The accounts and tokens that changed, with what was before and after, and the events in between. */
    @GetMapping("/api/admin/diff")
    @Operation(
            summary = "List what changed between two times (administrators, and audit:read)",
            description = "After from, up to and with to. A page may hold fewer than asked for, even none: go on while"
                    + " there is a nextCursor.")
    @ApiResponse(responseCode = "200", description = "A page of accounts and tokens")
    ResponseEntity<ChangePage> changes(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = "An instant (RFC 3339) or the position of an event")
                    @RequestParam(required = false)
                    @Nullable
                    String from,
            @Parameter(description = "As from, and not before it") @RequestParam(required = false) @Nullable String to,
            @Parameter(description = "This account and its tokens only") @RequestParam(required = false) @Nullable
                    String accountId,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            HttpServletRequest request) {
        requireWholeTrail(caller);
        var query = new FindChanges(
                required("from", from),
                required("to", to),
                Parameters.text(accountId),
                Parameters.limit(limit),
                Parameters.text(cursor),
                Parameters.position(position));
        var page = queries.query(query, ChangePage.class).join();
        return ResponseEntity.ok()
                .headers(Parameters.next(request, page.nextCursor(), List.of("from", "to", "accountId", "limit")))
                .body(page);
    }

    private static void requireWholeTrail(Caller caller) {
        caller.requireAccount();
        if (!caller.readsWholeTrail()) {
            caller.requirePermission(Permission.AUDIT_READ);
        }
    }

    private static AsOf required(String name, @Nullable String text) {
        var asOf = Parameters.asOf(name, text);
        if (asOf == null) {
            throw new Refusal.Malformed(
                    "invalid_as_of",
                    "%s is needed: an instant like 2026-11-30T12:00:00Z (RFC 3339), or the position of an event."
                            .formatted(name));
        }
        return asOf;
    }
}
