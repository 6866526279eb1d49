package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Receipt;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Taking one's personal data along, and having it erased. */
@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Accounts")
class PersonalDataEndpoints {

    private final PersonalDataErasure erasure;
    private final PersonalDataDownload data;

    PersonalDataEndpoints(PersonalDataErasure erasure, PersonalDataDownload data) {
        this.erasure = erasure;
        this.data = data;
    }

    /** All that is known about the caller, as it is now. */
    @GetMapping("/api/account/personal-data")
    @Operation(
            summary = "Download what is known about you",
            description = "Your account, sessions, tokens with their uses, and every audit event that concerns you.")
    @ApiResponse(
            responseCode = "200",
            description = "One JSON document, to be saved",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            schema = @Schema(implementation = Object.class)))
    void download(@Parameter(hidden = true) Caller caller, @Parameter(hidden = true) HttpServletResponse response)
            throws IOException {
        data.send(caller, response);
    }

    /** @param email the caller's own, typed so that nobody does this by mistake */
    record Erasure(@Nullable String email) {

        @Override
        public String toString() {
            return "Erasure[***]";
        }
    }

    /** Erases the caller's own personal data. The session that asks for it ends, too. */
    @DeleteMapping("/api/account/personal-data")
    @Operation(
            summary = "Erase your personal data, for ever",
            description = "Give your email address as it is. Your tokens are revoked and your sessions end; nobody can"
                    + " bring any of it back.")
    @ApiResponse(responseCode = "204", description = "Erased")
    ResponseEntity<Void> eraseOwn(
            @Parameter(hidden = true) Caller caller, @RequestBody Erasure body, HttpServletRequest request) {
        return own(caller, body, request);
    }

    private ResponseEntity<Void> own(Caller caller, Erasure body, HttpServletRequest request) {
        var receipt = erasure.eraseOwn(caller, body.email());
        WebSessions.end(request);
        return done(receipt);
    }

    /** Erases the personal data of any account, a service account's name too; or the caller's own, as above. */
    @DeleteMapping("/api/accounts/{accountId}/personal-data")
    @Operation(
            summary = "Erase an account's personal data, for ever (administrators; everybody their own)",
            description = "Give your email address as it is to erase yourself, as at DELETE /api/account/personal-data."
                    + " Administrators need no body.")
    @ApiResponse(responseCode = "204", description = "Erased, or it was already")
    ResponseEntity<Void> erase(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String accountId,
            @RequestBody(required = false) @Nullable Erasure body,
            HttpServletRequest request) {
        // Administrators who send an address have it looked at, too.
        if (accountId.equals(caller.accountId()) && (body != null || !caller.administrator())) {
            return own(caller, body == null ? new Erasure(null) : body, request);
        }
        return done(erasure.erase(caller, accountId));
    }

    private static ResponseEntity<Void> done(Receipt receipt) {
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }
}
