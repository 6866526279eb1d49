package io.keyledger.query.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.history.GetPastAccount;
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
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Reading accounts: everybody their own, administrators and tokens with {@code accounts:provision} all. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Accounts")
class AccountEndpoints {

    private static final List<String> FILTERS = List.of("search", "status", "type", "limit");
    private static final String AS_OF =
            "As it was: an instant (RFC 3339) or the position of an event; absent: as it is now";

    private final QueryGateway queries;

    AccountEndpoints(QueryGateway queries) {
        this.queries = queries;
    }

    /** The account of the person who asks. */
    @GetMapping("/api/account")
    @Operation(summary = "Show your account")
    @ApiResponse(responseCode = "200", description = "The account")
    ResponseEntity<AccountDetails> getOwn(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = AS_OF) @RequestParam(required = false) @Nullable String asOf,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        return get(caller.requirePerson(), asOf, position);
    }

    /** The service accounts whose tokens the caller manages as an owner, by name. A token needs {@code tokens:read}. */
    @GetMapping("/api/account/service-accounts")
    @Operation(summary = "List the service accounts that you own")
    @ApiResponse(responseCode = "200", description = "A page of accounts")
    ResponseEntity<AccountPage> findOwned(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            HttpServletRequest request) {
        return find(
                new FindAccounts(
                        null,
                        null,
                        AccountType.SERVICE,
                        caller.requirePermission(Permission.TOKENS_READ),
                        Parameters.limit(limit),
                        Parameters.text(cursor),
                        Parameters.position(position)),
                request);
    }

    /** Any account, for administrators. */
    @GetMapping("/api/accounts/{accountId}")
    @Operation(summary = "Show an account (administrators, and tokens with accounts:provision)")
    @ApiResponse(responseCode = "200", description = "The account")
    ResponseEntity<AccountDetails> get(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String accountId,
            @Parameter(description = AS_OF) @RequestParam(required = false) @Nullable String asOf,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        caller.requireProvisioner();
        return get(accountId, asOf, position);
    }

    /** All accounts by email address, a page at a time, for administrators. */
    @GetMapping("/api/accounts")
    @Operation(summary = "List accounts (administrators, and tokens with accounts:provision)")
    @ApiResponse(responseCode = "200", description = "A page of accounts")
    ResponseEntity<AccountPage> find(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = "Part of the email address or display name")
                    @RequestParam(required = false)
                    @Nullable
                    String search,
            @Parameter(description = "enabled or disabled; default both") @RequestParam(required = false) @Nullable
                    List<String> status,
            @Parameter(description = "person or service; default both") @RequestParam(required = false) @Nullable
                    String type,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            HttpServletRequest request) {
        caller.requireProvisioner();
        return find(
                new FindAccounts(
                        Parameters.search(search),
                        enabled(status),
                        type(type),
                        null,
                        Parameters.limit(limit),
                        Parameters.text(cursor),
                        Parameters.position(position)),
                request);
    }

    private ResponseEntity<AccountPage> find(FindAccounts query, HttpServletRequest request) {
        var page = queries.query(query, AccountPage.class).join();
        return ResponseEntity.ok()
                .headers(Parameters.next(request, page.nextCursor(), FILTERS))
                .body(page);
    }

    private ResponseEntity<AccountDetails> get(String id, @Nullable String asOf, @Nullable String position) {
        var query = new GetAccount(id, Parameters.position(position));
        var past = Parameters.asOf("asOf", asOf);
        if (past != null) {
            // Without entity tag: the past is not changed.
            return ResponseEntity.ok(queries.query(new GetPastAccount(query, past), AccountDetails.class)
                    .join());
        }
        var account = queries.query(query, AccountDetails.class).join();
        return ResponseEntity.ok().eTag(Long.toString(account.version())).body(account);
    }

    /** Absent for both. */
    private static @Nullable AccountType type(@Nullable String name) {
        return switch (Parameters.text(name)) {
            case null -> null;
            case "person" -> AccountType.PERSON;
            case "service" -> AccountType.SERVICE;
            default -> throw new Refusal.Malformed("invalid_type", "type is person or service.");
        };
    }

    /** Absent for both. */
    static @Nullable Boolean enabled(@Nullable List<String> status) {
        var names = Parameters.values(status);
        if (!List.of("enabled", "disabled").containsAll(names)) {
            throw new Refusal.Malformed("invalid_status", "status is enabled or disabled.");
        }
        var enabled = names.contains("enabled");
        return enabled == names.contains("disabled") ? null : enabled;
    }
}
