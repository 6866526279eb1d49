package io.keyledger.command.account;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.keyledger.api.ForRole;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.GrantAdministrator;
import io.keyledger.api.account.RevokeAdministrator;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import io.keyledger.command.IfMatch;
import io.keyledger.command.MergePatch;
import io.keyledger.command.Receipt;
import io.keyledger.command.account.AccountChanges.NewAccount;
import io.keyledger.command.account.AccountChanges.Parts;
import io.keyledger.command.account.AccountChanges.Profile;
import io.keyledger.command.account.PasswordChanges.ResetLink;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Accounts")
class AccountEndpoints {

    private final Commands commands;
    private final QueryGateway queries;
    private final AccountChanges changes;
    private final JsonMapper json;

    AccountEndpoints(Commands commands, QueryGateway queries, AccountChanges changes, JsonMapper json) {
        this.commands = commands;
        this.queries = queries;
        this.changes = changes;
        this.json = json;
    }

    /** @param resetLink sets the first password; absent when one was given */
    record CreatedAccount(
            @JsonUnwrapped AccountDetails account,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            ResetLink resetLink) {

        @Override
        public String toString() {
            return "CreatedAccount[***]";
        }
    }

    /** Registers an account. */
    @PostMapping("/api/accounts")
    @Operation(
            summary = "Register an account (administrators, and tokens with accounts:provision)",
            description = "Where registration is open, anyone. Service accounts, which nobody signs in with:"
                    + " administrators.")
    @ApiResponse(
            responseCode = "201",
            description = "The account, and a link that sets its password where none was given")
    ResponseEntity<CreatedAccount> register(@Parameter(hidden = true) Caller caller, @RequestBody NewAccount body) {
        var registered = changes.register(caller, body);
        var account = details(registered.accountId());
        return ResponseEntity.created(URI.create("/api/accounts/" + account.id()))
                .headers(registered.receipt().headers())
                .eTag(IfMatch.tag(account.version()))
                .body(new CreatedAccount(account, registered.link()));
    }

    record AccountStatus(
            @Nullable Boolean enabled, @Nullable Boolean administrator) {}

    /** Disables or enables an account, or makes it an administrator or not. */
    @PatchMapping(
            path = "/api/accounts/{accountId}",
            consumes = {MediaType.APPLICATION_JSON_VALUE, MergePatch.MEDIA_TYPE})
    @Operation(
            summary = "Disable, enable, make an administrator or not (administrators)",
            description = "A token with accounts:provision disables and enables whom no administrator is.")
    @ApiResponse(responseCode = "200", description = "The account")
    @io.swagger.v3.oas.annotations.parameters.RequestBody(
            content = @Content(schema = @Schema(implementation = AccountStatus.class)))
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<AccountDetails> changeStatus(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String accountId,
            @RequestBody ObjectNode body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        caller.requireProvisioner();
        var version = IfMatch.parse(headers);
        var status = json.treeToValue(MergePatch.withoutNulls(body), AccountStatus.class);
        if (status.administrator() != null) {
            caller.requireAdministrator();
        }
        details(accountId).requireChangeableBy(caller);
        var toSend = new ArrayList<Object>();
        if (status.administrator() != null) {
            toSend.add(status.administrator() ? new GrantAdministrator(accountId) : new RevokeAdministrator(accountId));
        }
        if (status.enabled() != null) {
            toSend.add(status.enabled() ? new EnableAccount(accountId) : new DisableAccount(accountId));
        }
        return change(caller, accountId, version, toSend);
    }

    /** Lets a person manage the tokens of a service account. */
    @PutMapping("/api/accounts/{accountId}/owners/{ownerId}")
    @Operation(summary = "Let a person manage the tokens of a service account (administrators)")
    @ApiResponse(responseCode = "204", description = "An owner, or it was already")
    ResponseEntity<Void> addOwner(
            @Parameter(hidden = true) Caller caller, @PathVariable String accountId, @PathVariable String ownerId) {
        return done(changes.addOwner(caller, accountId, ownerId));
    }

    /** Ends a person's say over the tokens of a service account. */
    @DeleteMapping("/api/accounts/{accountId}/owners/{ownerId}")
    @Operation(
            summary = "End a person's say over the tokens of a service account (administrators)",
            description = "Values that they know stay good: rotate those.")
    @ApiResponse(responseCode = "204", description = "No owner, or it was none")
    ResponseEntity<Void> removeOwner(
            @Parameter(hidden = true) Caller caller, @PathVariable String accountId, @PathVariable String ownerId) {
        return done(changes.removeOwner(caller, accountId, ownerId));
    }

    private static ResponseEntity<Void> done(Receipt receipt) {
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    /** Changes the caller's own email address, which asks for the current password, and display name. */
    @PatchMapping(
            path = "/api/account",
            consumes = {MediaType.APPLICATION_JSON_VALUE, MergePatch.MEDIA_TYPE})
    @Operation(summary = "Change one's email address or display name")
    @ApiResponse(responseCode = "200", description = "The account")
    @io.swagger.v3.oas.annotations.parameters.RequestBody(
            content = @Content(schema = @Schema(implementation = Profile.class)))
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<AccountDetails> changeProfile(
            @Parameter(hidden = true) Caller caller,
            @RequestBody ObjectNode body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers,
            HttpServletRequest request) {
        var accountId = caller.requirePerson();
        var version = IfMatch.parse(headers);
        var profile = json.treeToValue(body, Profile.class);
        var parts = new Parts(body.has("email"), body.has("displayName"));
        if (!parts.email() && !parts.displayName()) {
            return change(caller, accountId, version, List.of());
        }
        return changed(accountId, changes.changeProfile(caller, version, profile, parts, request));
    }

    private ResponseEntity<AccountDetails> change(
            Caller caller, String accountId, @Nullable Long version, List<Object> toSend) {
        if (toSend.isEmpty()) {
            var account = details(accountId);
            IfMatch.check(version, account.version());
            return ResponseEntity.ok()
                    .headers(new Receipt(commands.head(), null).headers())
                    .eTag(IfMatch.tag(account.version()))
                    .body(account);
        }
        return changed(accountId, commands.send(caller, version, toSend));
    }

    private ResponseEntity<AccountDetails> changed(String accountId, Receipt receipt) {
        var account = details(accountId);
        return ResponseEntity.ok()
                .headers(receipt.headers())
                .eTag(IfMatch.tag(account.version()))
                .body(account);
    }

    private AccountDetails details(String accountId) {
        return queries.query(new GetAccount(accountId, null), AccountDetails.class)
                .join();
    }
}
