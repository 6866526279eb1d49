package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.account.RecordSignIn;
import io.keyledger.api.account.RecordSignOut;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.command.Commands;
import io.keyledger.command.Receipt;
import io.keyledger.command.account.WebSessions.SessionDetails;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Sessions")
class SessionEndpoints {

    private final Commands commands;
    private final Passwords passwords;
    private final WebSessions sessions;
    private final PermissionCatalogue permissions;

    SessionEndpoints(Commands commands, Passwords passwords, WebSessions sessions, PermissionCatalogue permissions) {
        this.commands = commands;
        this.passwords = passwords;
        this.sessions = sessions;
        this.permissions = permissions;
    }

    record SignIn(@Nullable String email, @Nullable String password) {

        @Override
        public String toString() {
            return "SignIn[***]";
        }
    }

    /** Starts a web session. */
    @PostMapping("/api/session")
    @Operation(summary = "Sign in: start a web session")
    @ApiResponse(responseCode = "204", description = "Signed in; the cookies are set")
    ResponseEntity<Void> signIn(
            @Parameter(hidden = true) Caller caller,
            @RequestBody SignIn body,
            HttpServletRequest request,
            HttpServletResponse response) {
        var errors = new ArrayList<FieldError>();
        var email = required(errors, "email", body.email());
        var password = required(errors, "password", body.password());
        if (!errors.isEmpty()) {
            throw new Refusal.Unprocessable(errors);
        }
        var origin = caller.origin();
        var verified = passwords.signIn(email, password, origin, WebSessions.browserId(request), SignInMethod.SESSION);
        var sessionId = sessions.start(request, verified, origin);
        passwords.rememberClient(verified.accountId(), origin, WebSessions.rememberBrowser(request, response));
        var person = new Caller(
                Caller.Kind.SESSION,
                verified.accountId(),
                null,
                sessionId,
                verified.administrator(),
                permissions.heldBy(verified.administrator()),
                origin);
        var receipt = commands.send(person, new RecordSignIn(verified.accountId(), SignInMethod.SESSION, sessionId));
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    /** Ends the web session that the request came with. */
    @DeleteMapping("/api/session")
    @Operation(summary = "Sign out: end the web session")
    @ApiResponse(responseCode = "204", description = "Signed out")
    ResponseEntity<Void> signOut(@Parameter(hidden = true) Caller caller, HttpServletRequest request) {
        var accountId = caller.requirePerson();
        if (caller.sessionId() == null) {
            throw sessionNotFound();
        }
        WebSessions.end(request);
        var receipt = commands.send(caller, new RecordSignOut(accountId, caller.sessionId()));
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    /** The caller's web sessions, as they are now. */
    record Sessions(List<SessionDetails> items) {}

    /** The caller's web sessions. */
    @GetMapping("/api/sessions")
    @Operation(summary = "List one's web sessions")
    @ApiResponse(responseCode = "200", description = "The sessions")
    Sessions list(@Parameter(hidden = true) Caller caller) {
        var accountId = caller.requirePerson();
        return new Sessions(sessions.of(accountId, passwords.sessionEpoch(accountId), caller.sessionId()));
    }

    /** Ends one of the caller's web sessions. */
    @DeleteMapping("/api/sessions/{sessionId}")
    @Operation(summary = "End one of one's web sessions")
    @ApiResponse(responseCode = "204", description = "Ended")
    ResponseEntity<Void> end(@Parameter(hidden = true) Caller caller, @PathVariable String sessionId) {
        var accountId = caller.requirePerson();
        if (!sessions.end(accountId, passwords.sessionEpoch(accountId), sessionId)) {
            throw sessionNotFound();
        }
        Receipt receipt = commands.send(caller, new RecordSignOut(accountId, sessionId));
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    private static Refusal sessionNotFound() {
        return new Refusal.NotFound("session_not_found", "There is no such session.");
    }

    private static String required(List<FieldError> errors, String field, @Nullable String text) {
        if (text == null || text.isBlank()) {
            errors.add(new FieldError(field, "required", "Fill in this field."));
            return "";
        }
        return text;
    }
}
