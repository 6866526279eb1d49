package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.account.PasswordChanges.NewPassword;
import io.keyledger.command.account.PasswordChanges.PasswordReset;
import io.keyledger.command.account.PasswordChanges.ResetLink;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Password")
class PasswordEndpoints {

    private final PasswordChanges changes;

    PasswordEndpoints(PasswordChanges changes) {
        this.changes = changes;
    }

    /** Changes the password. The new one works, and the old one does not, from the moment of the answer. */
    @PutMapping("/api/account/password")
    @Operation(summary = "Change the password")
    @ApiResponse(responseCode = "204", description = "Changed")
    ResponseEntity<Void> change(
            @Parameter(hidden = true) Caller caller, @RequestBody NewPassword body, HttpServletRequest request) {
        return ResponseEntity.noContent()
                .headers(changes.change(caller, body, request).headers())
                .build();
    }

    /** Makes a link that sets the password once. A new link ends the one before. */
    @PostMapping("/api/accounts/{accountId}/reset-link")
    @Operation(
            summary =
                    "Make a link that sets an account's password (administrators, and tokens with accounts:provision)")
    @ApiResponse(responseCode = "201", description = "The link, shown this once")
    ResponseEntity<ResetLink> issueLink(@Parameter(hidden = true) Caller caller, @PathVariable String accountId) {
        var issued = changes.issueLink(caller, accountId);
        return ResponseEntity.status(HttpStatus.CREATED)
                .headers(issued.receipt().headers())
                .body(issued.link());
    }

    /** Sets the password through a link, which is used up by it. All sessions of the account end. */
    @PostMapping("/api/password-reset")
    @Operation(summary = "Set the password through a link")
    @ApiResponse(responseCode = "204", description = "Set")
    ResponseEntity<Void> reset(@Parameter(hidden = true) Caller caller, @RequestBody PasswordReset body) {
        return ResponseEntity.noContent()
                .headers(changes.reset(caller, body).headers())
                .build();
    }
}
