package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.account.ChangePassword;
import io.keyledger.api.account.IssueResetLink;
import io.keyledger.api.account.ResetPassword;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import io.keyledger.command.Digests;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Password")
class PasswordEndpoints {

    private final Commands commands;
    private final Passwords passwords;
    private final ResetLinks links;
    private final WebSessions sessions;
    private final Clock clock;

    PasswordEndpoints(Commands commands, Passwords passwords, ResetLinks links, WebSessions sessions, Clock clock) {
        this.commands = commands;
        this.passwords = passwords;
        this.links = links;
        this.sessions = sessions;
        this.clock = clock;
    }

    record NewPassword(
            @Nullable String currentPassword,
            @Nullable String newPassword,
            @Nullable String confirmNewPassword,
            @Nullable Boolean endOtherSessions) {

        @Override
        public String toString() {
            return "NewPassword[***]";
        }
    }

    /** Changes the password. The new one works, and the old one does not, from the moment of the answer. */
    @PutMapping("/api/account/password")
    @Operation(summary = "Change the password")
    @ApiResponse(responseCode = "204", description = "Changed")
    ResponseEntity<Void> change(
            @Parameter(hidden = true) Caller caller, @RequestBody NewPassword body, HttpServletRequest request) {
        var accountId = caller.requirePerson();
        var errors = new ArrayList<FieldError>();
        var current = required(errors, "currentPassword", body.currentPassword());
        var replacement = confirmed(errors, body.newPassword(), body.confirmNewPassword());
        refuseIf(errors);
        var browserId = WebSessions.browserId(request);
        var verified = passwords.replace(accountId, current, replacement, caller.origin(), browserId);
        var endOthers = body.endOtherSessions() == null || body.endOtherSessions();
        var receipt = commands.send(
                caller, new ChangePassword(accountId, verified.verified(), verified.replacement(), endOthers));
        if (endOthers) {
            sessions.endOthers(request, accountId, receipt.result(Long.class));
        }
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    /**
     * What sets a password once, within an hour.
     *
     * @param link for the person; its secret stands behind the {@code #}, which browsers never send
     * @param secret the same, for {@code POST /api/password-reset}
     */
    record ResetLink(String link, String secret, Instant expiresAt) {

        @Override
        public String toString() {
            return "ResetLink[***]";
        }
    }

    /** Makes a link that sets the password once. A new link ends the one before. */
    @PostMapping("/api/accounts/{accountId}/reset-link")
    @Operation(summary = "Make a link that sets an account's password (administrators)")
    @ApiResponse(responseCode = "201", description = "The link, shown this once")
    ResponseEntity<ResetLink> issueLink(@Parameter(hidden = true) Caller caller, @PathVariable String accountId) {
        caller.requireAdministrator();
        var link = newLink();
        var receipt = commands.send(caller, issue(accountId, link));
        return ResponseEntity.status(HttpStatus.CREATED)
                .headers(receipt.headers())
                .body(link);
    }

    ResetLink newLink() {
        var secret = Passwords.newResetSecret();
        var link = ServletUriComponentsBuilder.fromCurrentContextPath()
                .path("/set-password")
                .fragment(secret)
                .toUriString();
        return new ResetLink(
                link, secret, clock.instant().plus(ResetLinks.LIFETIME).truncatedTo(ChronoUnit.MILLIS));
    }

    static IssueResetLink issue(String accountId, ResetLink link) {
        return new IssueResetLink(accountId, Digests.sha256(link.secret()), link.expiresAt());
    }

    record PasswordReset(
            @Nullable String secret,
            @Nullable String newPassword,
            @Nullable String confirmNewPassword) {

        @Override
        public String toString() {
            return "PasswordReset[***]";
        }
    }

    /** Sets the password through a link, which is used up by it. All sessions of the account end. */
    @PostMapping("/api/password-reset")
    @Operation(summary = "Set the password through a link")
    @ApiResponse(responseCode = "204", description = "Set")
    ResponseEntity<Void> reset(@Parameter(hidden = true) Caller caller, @RequestBody PasswordReset body) {
        var errors = new ArrayList<FieldError>();
        var secret = required(errors, "secret", body.secret());
        var newPassword = confirmed(errors, body.newPassword(), body.confirmNewPassword());
        refuseIf(errors);
        passwords.checkResetGuesses(caller.origin());
        var digest = Digests.sha256(secret);
        var accountId = links.accountOf(digest).orElseThrow(() -> {
            passwords.recordWrongResetSecret(caller.origin());
            return ResetLinks.invalid();
        });
        var replacement = passwords.reset(accountId, newPassword);
        var receipt =
                commands.send(Caller.anonymous(caller.origin()), new ResetPassword(accountId, digest, replacement));
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    private static String required(List<FieldError> errors, String field, @Nullable String text) {
        if (text == null || text.isEmpty()) {
            errors.add(new FieldError(field, "required", "Fill in this field."));
            return "";
        }
        return text;
    }

    private static String confirmed(List<FieldError> errors, @Nullable String password, @Nullable String again) {
        var text = required(errors, "newPassword", password);
        if (!text.equals(again == null ? "" : again)) {
            errors.add(new FieldError("confirmNewPassword", "password_mismatch", "Type the same password again."));
        }
        return text;
    }

    private static void refuseIf(List<FieldError> errors) {
        if (!errors.isEmpty()) {
            throw new Refusal.Unprocessable(errors);
        }
    }
}
