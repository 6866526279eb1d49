package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.account.ClientAddress;
import io.keyledger.command.account.Passwords;
import io.keyledger.command.token.LeakReports.Leak;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Takes reports of tokens that were found in public, from anybody. */
@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Leaks")
class LeakedTokenEndpoints {

    /** In one report, of whoever has not signed it. */
    private static final int VALUES_MAX = 1_000;

    /** Of one address. */
    private static final int REPORTS_AN_HOUR = 60;

    private final LeakReports reports;
    private final Passwords passwords;
    private final ObjectProvider<LeakReportKeys> gitHubKeys;
    private final JsonMapper json;

    LeakedTokenEndpoints(
            LeakReports reports, Passwords passwords, ObjectProvider<LeakReportKeys> gitHubKeys, JsonMapper json) {
        this.reports = reports;
        this.passwords = passwords;
        this.gitHubKeys = gitHubKeys;
        this.json = json;
    }

    /** @param tokens values, at most 1,000 */
    record LeakedTokens(@Nullable List<@Nullable String> tokens) {

        @Override
        public String toString() {
            return "LeakedTokens[***]";
        }
    }

    /** Answers the same whatever the values are. Whoever has one could use it, so nobody needs to prove who they are. */
    @PostMapping("/api/leaked-tokens")
    @Operation(
            summary = "Report tokens that were found in public",
            description = "Each value that is one of ours is revoked at once, and its owner is told. The answer is the"
                    + " same for all.")
    @ApiResponse(responseCode = "202", description = "Those that were real are revoked")
    ResponseEntity<Void> report(@Parameter(hidden = true) Caller caller, @RequestBody LeakedTokens body) {
        if (body.tokens() == null || body.tokens().isEmpty()) {
            throw new Refusal.Unprocessable("tokens", "required", "Give the values that were found.");
        }
        if (body.tokens().size() > VALUES_MAX) {
            throw new Refusal.Unprocessable(
                    "tokens", "too_many", "Report at most %d tokens at once.".formatted(VALUES_MAX));
        }
        if (!passwords.mayHappen(
                "leak reports:"
                        + ClientAddress.client(String.valueOf(caller.origin().ipAddress())),
                REPORTS_AN_HOUR,
                Duration.ofHours(1))) {
            throw new Refusal.Throttled(
                    "too_many_reports",
                    "Too many reports from your address. Report up to 1,000 tokens at once, and try again later.",
                    Duration.ofMinutes(1));
        }
        reports.report(
                caller.origin(),
                null,
                body.tokens().stream().map(value -> new Leak(value, null)).toList());
        return ResponseEntity.accepted().build();
    }

    /** What GitHub's secret scanning sends of each value that it found; {@code type} is the name of our pattern. */
    record GitHubLeak(
            @Nullable String token,
            @Nullable String type,
            @Nullable String url,
            @Nullable String source) {

        @Override
        public String toString() {
            return "GitHubLeak[***]";
        }
    }

    /**
     * The same for GitHub's secret scanning partner programme, which signs what it sends: ECDSA on P-256 with SHA-256,
     * over the body's bytes (GitHub Docs, "Secret scanning partner program").
     */
    @PostMapping(path = "/api/leaked-tokens/github", consumes = MediaType.APPLICATION_JSON_VALUE)
    @Operation(summary = "Report tokens that GitHub's secret scanning has found")
    @ApiResponse(responseCode = "202", description = "Those that were real are revoked")
    ResponseEntity<Void> reportOfGitHub(
            @Parameter(hidden = true) Caller caller,
            @RequestBody byte[] body,
            @RequestHeader(name = "Github-Public-Key-Identifier", required = false) @Nullable String keyId,
            @RequestHeader(name = "Github-Public-Key-Signature", required = false) @Nullable String signature) {
        var keys = gitHubKeys.getIfAvailable();
        if (keys == null) {
            throw new Refusal.NotFound(
                    "not_configured",
                    "Reports of GitHub are not taken here: keyledger.leaks.github-keys-url is not set.");
        }
        if (keyId == null || signature == null || !keys.isSignedBy(keyId, signature, body)) {
            throw new Refusal.Forbidden("invalid_signature", "The body is not signed by a key of GitHub's.");
        }
        // GitHub may tell more of each some day: a report must not be lost over that.
        GitHubLeak @Nullable [] found = json.readerFor(GitHubLeak[].class)
                .without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .readValue(body);
        if (found == null) {
            throw new Refusal.Malformed("malformed_json", "Send an array of what was found.");
        }
        var leaks = Arrays.stream(found)
                .filter(Objects::nonNull)
                .map(leak -> new Leak(leak.token(), leak.url()))
                .toList();
        reports.report(caller.origin(), "github", leaks);
        return ResponseEntity.accepted().build();
    }
}
