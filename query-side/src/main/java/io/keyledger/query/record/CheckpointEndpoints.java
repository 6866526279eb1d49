package io.keyledger.query.record;

import io.keyledger.api.ForRole;
import io.keyledger.api.authentication.Caller;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Signing the record's head on demand; by those processes that sign it every minute. */
@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "The record")
class CheckpointEndpoints {

    private final Checkpoints checkpoints;

    CheckpointEndpoints(Checkpoints checkpoints) {
        this.checkpoints = checkpoints;
    }

    /**
     * A signed head.
     *
     * @param size how many events it covers
     * @param note the signed note (C2SP tlog-checkpoint)
     */
    record SignedCheckpoint(
            long size,

            @Schema(description = "The signed note (C2SP tlog-checkpoint)")
            String note) {}

    /** Over everything that is committed; the newest one again, when nothing has happened since. For administrators. */
    @PostMapping("/api/admin/checkpoint")
    @Operation(summary = "Sign a checkpoint of the record now (administrators)")
    @ApiResponse(responseCode = "200", description = "The checkpoint")
    SignedCheckpoint sign(@Parameter(hidden = true) Caller caller) {
        caller.requireAdministrator();
        var note = RecordQueries.signNow(checkpoints);
        return new SignedCheckpoint(Checkpoint.parse(note.text()).size(), note.toString());
    }
}
