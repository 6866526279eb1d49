package io.keyledger.server.projections;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.query.Parameters;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How the projections are, and building them anew. For administrators; tokens cannot do it. */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "Projections")
class ProjectionEndpoints {

    private final Projections projections;
    private final Rebuilds rebuilds;
    private final JsonMapper json;

    ProjectionEndpoints(Projections projections, Rebuilds rebuilds, JsonMapper json) {
        this.projections = projections;
        this.rebuilds = rebuilds;
        this.json = json;
    }

    /** All projections. */
    record ProjectionList(List<ProjectionStatus> items) {}

    /**
     * A projection: tables that follow from the events.
     *
     * @param position up to which event of the log they are
     * @param lag how many positions they are behind the log's head
     * @param eventsPerSecond how fast the position has moved over the last minute
     * @param healthy false while it stands still
     * @param lastError why it stands still
     * @param rebuild the last one; absent: there was none
     */
    record ProjectionStatus(
            String name,
            List<String> tables,
            long position,
            long lag,
            double eventsPerSecond,
            boolean healthy,
            @Nullable String lastError,
            @Nullable Instant lastErrorAt,
            @Nullable RebuildStatus rebuild) {}

    /**
     * A rebuild of a projection.
     *
     * @param state running, succeeded, failed or cancelled
     * @param phase preparing, loading, indexing, comparing or swapping
     * @param startedBy account id; absent: the command line
     * @param percent of the log that is loaded
     * @param secondsLeft until the log is loaded, as it looks now
     * @param differences rows in which the live tables differed from what the events tell
     * @param error why it failed
     */
    record RebuildStatus(
            String projection,
            String state,
            String phase,
            @Nullable String startedBy,
            Instant startedAt,
            @Nullable Instant endedAt,
            long position,
            long target,
            int percent,
            long events,
            @Nullable Double eventsPerSecond,
            @Nullable Long secondsLeft,
            @Nullable Long differences,
            @Nullable String error) {

        static RebuildStatus of(Rebuilds.Status status) {
            return new RebuildStatus(
                    status.projection(),
                    status.state().toString(),
                    status.phase(),
                    status.startedBy(),
                    status.startedAt(),
                    status.endedAt(),
                    status.position(),
                    status.target(),
                    status.percent(),
                    status.events(),
                    status.eventsPerSecond(),
                    status.secondsLeft(),
                    status.differences(),
                    status.error());
        }
    }

    /** A page of differences. */
    record DifferencePage(
            List<RowDifference> items, @Nullable String nextCursor) {}

    /**
     * A row that a live table and the events told differently.
     *
     * @param key its primary key
     * @param kind missing (from the live table), extra (the events do not tell it) or different
     * @param columns those that differed
     */
    record RowDifference(String table, JsonNode key, String kind, List<String> columns) {}

    /** Every projection, how far it is, and its last rebuild. */
    @GetMapping("/api/admin/projections")
    @Operation(summary = "Tell how the projections are (administrators)")
    @ApiResponse(responseCode = "200", description = "All projections")
    ProjectionList list(@Parameter(hidden = true) Caller caller) {
        caller.requireAdministrator();
        return new ProjectionList(projections.statuses().stream()
                .map(status -> new ProjectionStatus(
                        status.name(),
                        status.tables(),
                        status.position(),
                        status.lag(),
                        status.eventsPerSecond(),
                        status.healthy(),
                        status.lastError(),
                        status.lastErrorAt(),
                        rebuilds.status(status.name()).map(RebuildStatus::of).orElse(null)))
                .toList());
    }

    /** Builds a projection anew from the whole log, beside the live one, and puts it in its place; both keep serving. */
    @PostMapping("/api/admin/projections/{name}/rebuild")
    @Operation(
            summary = "Build a projection anew while it serves (administrators)",
            description = "Replays the log into tables beside the live ones, compares both row by row, and swaps them"
                    + " in one short transaction. One at a time, over all nodes.")
    @ApiResponse(responseCode = "202", description = "It has begun")
    ResponseEntity<RebuildStatus> start(@Parameter(hidden = true) Caller caller, @PathVariable String name) {
        caller.requireAdministrator();
        var status = rebuilds.start(name, caller.accountId());
        return ResponseEntity.accepted()
                .location(URI.create("/api/admin/projections/" + name + "/rebuild"))
                .body(RebuildStatus.of(status));
    }

    /** The last rebuild of a projection. */
    @GetMapping("/api/admin/projections/{name}/rebuild")
    @Operation(summary = "Tell how a projection's last rebuild is (administrators)")
    @ApiResponse(responseCode = "200", description = "The last rebuild")
    RebuildStatus status(@Parameter(hidden = true) Caller caller, @PathVariable String name) {
        caller.requireAdministrator();
        return rebuilds.status(name).map(RebuildStatus::of).orElseThrow(ProjectionEndpoints::none);
    }

    /** Ends a rebuild; the live tables stay as they are. */
    @DeleteMapping("/api/admin/projections/{name}/rebuild")
    @Operation(summary = "Cancel a projection's rebuild (administrators)")
    @ApiResponse(responseCode = "204", description = "It ends")
    ResponseEntity<Void> cancel(@Parameter(hidden = true) Caller caller, @PathVariable String name) {
        caller.requireAdministrator();
        rebuilds.cancel(name);
        return ResponseEntity.noContent().build();
    }

    /** What the last rebuild found in the live tables that the events do not tell, or tell differently. */
    @GetMapping("/api/admin/projections/{name}/rebuild/differences")
    @Operation(summary = "List what a projection's last rebuild repaired (administrators)")
    @ApiResponse(responseCode = "200", description = "A page of differences")
    ResponseEntity<DifferencePage> differences(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String name,
            @Parameter(description = "1 to 100; default 50") @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor,
            HttpServletRequest request) {
        caller.requireAdministrator();
        var size = Parameters.limit(limit);
        var found = rebuilds.differences(name, after(cursor), size + 1);
        var items = found.stream()
                .limit(size)
                .map(row -> new RowDifference(row.table(), json.readTree(row.key()), row.kind(), row.columns()))
                .toList();
        var next = found.size() > size ? Long.toString(found.get(size - 1).number()) : null;
        return ResponseEntity.ok()
                .headers(Parameters.next(request, next, List.of("limit")))
                .body(new DifferencePage(items, next));
    }

    private static long after(@Nullable String cursor) {
        if (cursor == null || cursor.isEmpty()) {
            return 0;
        }
        try {
            return Long.parseLong(cursor);
        } catch (NumberFormatException e) {
            throw new Refusal.Malformed("invalid_cursor", "This cursor is none of this list's.");
        }
    }

    private static Refusal none() {
        return new Refusal.NotFound("rebuild_not_found", "This projection was never rebuilt.");
    }
}
