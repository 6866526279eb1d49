package io.keyledger.command.account;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.keyledger.api.ForRole;
import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.GrantAdministrator;
import io.keyledger.api.account.RegisterAccount;
import io.keyledger.api.account.RevokeAdministrator;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import io.keyledger.command.IfMatch;
import io.keyledger.command.MergePatch;
import io.keyledger.command.Receipt;
import io.keyledger.command.account.PasswordEndpoints.ResetLink;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Accounts")
class AccountEndpoints {

    /** Registrations by strangers, per address and hour, where registration is open. */
    private static final int OPEN_REGISTRATIONS_AN_HOUR = 20;

    private final Commands commands;
    private final QueryGateway queries;
    private final Passwords passwords;
    private final PasswordEndpoints links;
    private final JsonMapper json;
    private final boolean openRegistration;

    AccountEndpoints(
            Commands commands,
            QueryGateway queries,
            Passwords passwords,
            PasswordEndpoints links,
            JsonMapper json,
            @Value("${keyledger.registration}") String registration) {
        this.commands = commands;
        this.queries = queries;
        this.passwords = passwords;
        this.links = links;
        this.json = json;
        this.openRegistration = registration.equals("open");
    }

    /** @param password absent: the answer holds a link that sets it; only administrators may leave it out */
    record NewAccount(
            @Nullable String email,
            @Nullable String displayName,
            @Nullable String password) {

        @Override
        public String toString() {
            return "NewAccount[***]";
        }
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
    @Operation(summary = "Register an account (administrators; anyone where registration is open)")
    @ApiResponse(
            responseCode = "201",
            description = "The account, and a link that sets its password where none was given")
    ResponseEntity<CreatedAccount> register(@Parameter(hidden = true) Caller caller, @RequestBody NewAccount body) {
        if (openRegistration && !caller.administrator()) {
            checkStranger(caller, body);
        } else {
            caller.requireAdministrator();
        }
        var accountId = Ids.newAccountId();
        // The rules for email and name come first: they cost nothing, and hashing does.
        AccountState.decide(new RegisterAccount(accountId, body.email(), body.displayName(), false, null));
        var hash = body.password() == null
                ? null
                : passwords.first(
                        body.password(),
                        Objects.requireNonNull(body.email()),
                        Objects.requireNonNull(body.displayName()));
        var toSend = new ArrayList<Object>();
        toSend.add(new RegisterAccount(accountId, body.email(), body.displayName(), false, hash));
        var link = hash == null ? links.newLink() : null;
        if (link != null) {
            toSend.add(PasswordEndpoints.issue(accountId, link));
        }
        var receipt = commands.send(caller, null, toSend);
        return answer(ResponseEntity.created(URI.create("/api/accounts/" + accountId)), accountId, receipt, link);
    }

    private void checkStranger(Caller caller, NewAccount body) {
        if (body.password() == null) {
            throw new Refusal.Unprocessable("password", "required", "Choose a password.");
        }
        var period = Duration.ofHours(1);
        if (!passwords.mayHappen("registration:" + caller.origin().ipAddress(), OPEN_REGISTRATIONS_AN_HOUR, period)) {
            throw new Refusal.Throttled(
                    "too_many_registrations", "Too many accounts from this address. Try again later.", period);
        }
    }

    record AccountStatus(
            @Nullable Boolean enabled, @Nullable Boolean administrator) {}

    /** Disables or enables an account, or makes it an administrator or not. */
    @PatchMapping(
            path = "/api/accounts/{accountId}",
            consumes = {MediaType.APPLICATION_JSON_VALUE, MergePatch.MEDIA_TYPE})
    @Operation(summary = "Disable, enable, make an administrator or not (administrators)")
    @ApiResponse(responseCode = "200", description = "The account")
    @io.swagger.v3.oas.annotations.parameters.RequestBody(
            content = @Content(schema = @Schema(implementation = AccountStatus.class)))
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<AccountDetails> changeStatus(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String accountId,
            @RequestBody ObjectNode body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        caller.requireAdministrator();
        var version = IfMatch.parse(headers);
        var status = json.treeToValue(MergePatch.withoutNulls(body), AccountStatus.class);
        var toSend = new ArrayList<Object>();
        if (status.administrator() != null) {
            toSend.add(status.administrator() ? new GrantAdministrator(accountId) : new RevokeAdministrator(accountId));
        }
        if (status.enabled() != null) {
            toSend.add(status.enabled() ? new EnableAccount(accountId) : new DisableAccount(accountId));
        }
        return change(caller, accountId, version, toSend);
    }

    record Profile(
            @Nullable String email,
            @Nullable String displayName,
            @Nullable String currentPassword) {

        @Override
        public String toString() {
            return "Profile[***]";
        }
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
        var toSend = new ArrayList<Object>();
        if (body.has("displayName")) {
            toSend.add(new ChangeDisplayName(accountId, profile.displayName()));
        }
        if (body.has("email")) {
            var current = queries.query(new GetAccount(accountId, null), AccountDetails.class)
                    .join();
            if (!current.email().equals(profile.email())) {
                passwords.confirm(
                        accountId, profile.currentPassword(), caller.origin(), WebSessions.browserId(request));
            }
            toSend.add(new ChangeEmail(accountId, profile.email()));
        }
        return change(caller, accountId, version, toSend);
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
        var receipt = commands.send(caller, version, toSend);
        var account = details(accountId);
        return ResponseEntity.ok()
                .headers(receipt.headers())
                .eTag(IfMatch.tag(account.version()))
                .body(account);
    }

    private ResponseEntity<CreatedAccount> answer(
            ResponseEntity.BodyBuilder response, String accountId, Receipt receipt, @Nullable ResetLink link) {
        var account = details(accountId);
        return response.headers(receipt.headers())
                .eTag(IfMatch.tag(account.version()))
                .body(new CreatedAccount(account, link));
    }

    private AccountDetails details(String accountId) {
        return queries.query(new GetAccount(accountId, null), AccountDetails.class)
                .join();
    }
}
