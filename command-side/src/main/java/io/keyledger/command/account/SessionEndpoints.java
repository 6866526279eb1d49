package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.account.WebSessions.SessionDetails;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
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

    private final SignInSessions sessions;

    SessionEndpoints(SignInSessions sessions) {
        this.sessions = sessions;
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
        var receipt = sessions.signIn(caller, body.email(), body.password(), request, response);
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    /** Ends the web session that the request came with. */
    @DeleteMapping("/api/session")
    @Operation(summary = "Sign out: end the web session")
    @ApiResponse(responseCode = "204", description = "Signed out")
    ResponseEntity<Void> signOut(@Parameter(hidden = true) Caller caller, HttpServletRequest request) {
        return ResponseEntity.noContent()
                .headers(sessions.signOut(caller, request).headers())
                .build();
    }

    /** The caller's web sessions, as they are now. */
    record Sessions(List<SessionDetails> items) {}

    /** The caller's web sessions. */
    @GetMapping("/api/sessions")
    @Operation(summary = "List one's web sessions")
    @ApiResponse(responseCode = "200", description = "The sessions")
    Sessions list(@Parameter(hidden = true) Caller caller) {
        return new Sessions(sessions.list(caller));
    }

    /** Ends one of the caller's web sessions. */
    @DeleteMapping("/api/sessions/{sessionId}")
    @Operation(summary = "End one of one's web sessions")
    @ApiResponse(responseCode = "204", description = "Ended")
    ResponseEntity<Void> end(@Parameter(hidden = true) Caller caller, @PathVariable String sessionId) {
        return ResponseEntity.noContent()
                .headers(sessions.end(caller, sessionId).headers())
                .build();
    }
}
