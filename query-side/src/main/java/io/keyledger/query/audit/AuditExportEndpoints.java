package io.keyledger.query.audit;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.query.Parameters;
import io.keyledger.query.ProjectionPositions;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The audit trail as a file. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Audit trail")
class AuditExportEndpoints {

    private final AuditExports exports;
    private final ProjectionPositions positions;

    AuditExportEndpoints(AuditExports exports, ProjectionPositions positions) {
        this.exports = exports;
        this.positions = positions;
    }

    /**
     * The trail as a file, oldest first, up to now. It shows who asks what {@link AuditEndpoints#find} would show them; the
     * record itself, in NDJSON, is for those who read the whole trail.
     */
    @GetMapping("/api/audit-events/export")
    @Operation(
            summary = "Export audit events",
            description =
                    "As CSV to read, or as NDJSON to verify (docs/export.md). It ends with the newest event that is"
                            + " committed now. An answer that breaks off is not complete.")
    @ApiResponse(
            responseCode = "200",
            description = "The file",
            content = {
                @Content(mediaType = "text/csv", schema = @Schema(type = "string")),
                @Content(mediaType = "application/x-ndjson", schema = @Schema(type = "string"))
            })
    void export(
            @Parameter(hidden = true) Caller caller,
            @Parameter(description = "csv or ndjson") @RequestParam(required = false) @Nullable String format,
            @Parameter(description = "RFC 3339 or a position, inclusive") @RequestParam(required = false) @Nullable
                    String from,
            @Parameter(description = "RFC 3339 or a position, exclusive") @RequestParam(required = false) @Nullable
                    String to,
            @Parameter(description = "For example token.created") @RequestParam(required = false) @Nullable String type,
            @Parameter(description = "The account it happened to") @RequestParam(required = false) @Nullable
                    String accountId,
            @Parameter(description = "The token it happened to") @RequestParam(required = false) @Nullable
                    String tokenId,
            @Parameter(
                            description =
                                    "Of NDJSON: sizes of older checkpoints that it is to be comparable with, though it"
                                            + " skips events")
                    @RequestParam(required = false)
                    @Nullable
                    List<String> checkpoint,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position,
            @Parameter(hidden = true) HttpServletResponse response)
            throws IOException {
        var selection = TrailSelection.of(
                caller,
                TrailPlace.of("from", Parameters.text(from)),
                TrailPlace.of("to", Parameters.text(to)),
                Parameters.text(type),
                Parameters.text(accountId),
                Parameters.text(tokenId));
        var seen = Parameters.position(position);
        if (seen != null) {
            // Whatever is committed is waited for anyway.
            positions.check(seen);
        }
        exports.answer(AuditExports.Format.of(format), selection, sizes(checkpoint), response);
    }

    private static List<Long> sizes(@Nullable List<String> texts) {
        return Parameters.values(texts).stream()
                .map(text -> {
                    if (!text.matches("[0-9]{1,18}")) {
                        throw new Refusal.Malformed(
                                "invalid_checkpoint", "checkpoint is the size of one, its second line.");
                    }
                    return Long.valueOf(text);
                })
                .toList();
    }
}
