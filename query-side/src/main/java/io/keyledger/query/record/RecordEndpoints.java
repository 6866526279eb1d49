package io.keyledger.query.record;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.audit.EventProof;
import io.keyledger.api.audit.GetEventProof;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;
import io.keyledger.query.Parameters;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/**
 * The record as others follow it: a transparency log at {@code /.well-known/keyledger/} (C2SP tlog-tiles), without its
 * entries, which are only for those who may read them. Its hashes tell nothing but how many events there are.
 */
@RestController
@ForRole(ForRole.Role.QUERY)
@Tag(name = "The record")
class RecordEndpoints {

    private static final MediaType TEXT = new MediaType("text", "plain", StandardCharsets.UTF_8);

    /** {@code /x001/x234/067}, or with {@code .p/112} after it. */
    private static final Pattern TILE = Pattern.compile("((?:/x\\d{3}){0,4}/\\d{3})(?:\\.p/([1-9]\\d{0,2}))?");

    private static final int WIDTH = 256;

    private final QueryGateway queries;
    private final Checkpoints checkpoints;
    private final RecordKeys keys;
    private final JdbcTemplate jdbc;

    RecordEndpoints(QueryGateway queries, Checkpoints checkpoints, RecordKeys keys, JdbcTemplate jdbc) {
        this.queries = queries;
        this.checkpoints = checkpoints;
        this.keys = keys;
        this.jdbc = jdbc;
    }

    /** The newest checkpoint. It is at most a minute behind. */
    @GetMapping(path = "/.well-known/keyledger/checkpoint", produces = "text/plain;charset=UTF-8")
    @Operation(summary = "The record's newest checkpoint (C2SP tlog-checkpoint)")
    @ApiResponse(responseCode = "200", description = "A signed note")
    ResponseEntity<String> checkpoint() {
        var newest = checkpoints
                .newest()
                .orElseThrow(() -> new Refusal.NotFound("nothing_recorded_yet", "There is no checkpoint yet."));
        return ResponseEntity.ok()
                .contentType(TEXT)
                .cacheControl(CacheControl.noCache())
                .body(newest.toString());
    }

    /** What verifies checkpoints. Whoever wants to rely on it must have got it earlier, or from somebody else. */
    @GetMapping(path = "/.well-known/keyledger/verifier-key", produces = "text/plain;charset=UTF-8")
    @Operation(summary = "The key that the record's checkpoints are signed with, as a vkey (C2SP signed-note)")
    @ApiResponse(responseCode = "200", description = "A verifier key")
    ResponseEntity<String> verifierKey() {
        var key = keys.verifier()
                .orElseThrow(() -> new Refusal.NotFound("nothing_recorded_yet", "There is no checkpoint yet."));
        return ResponseEntity.ok()
                .contentType(TEXT)
                .cacheControl(CacheControl.noCache())
                .body(key + "\n");
    }

    /** Hashes of the tree, up to 256 beside each other, within the newest checkpoint. */
    @GetMapping(
            path = "/.well-known/keyledger/tile/{level}/{*index}",
            produces = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    @Operation(summary = "Hashes of the record's tree (C2SP tlog-tiles)")
    @ApiResponse(responseCode = "200", description = "SHA-256 hashes, one after the other")
    ResponseEntity<byte[]> tile(
            @Parameter(description = "Height above the leaves, divided by 8") @PathVariable String level,
            @Parameter(description = "Such as /x001/x234/067, or /000.p/112 for a tile that is not full") @PathVariable
                    String index) {
        var tile = TILE.matcher(index);
        if (!level.matches("[0-7]") || !tile.matches()) {
            throw noTile();
        }
        var height = StoredTree.HEIGHT * Integer.parseInt(level);
        var number = Long.parseLong(tile.group(1).replaceAll("[/x]", ""));
        var wanted = tile.group(2) == null ? WIDTH : Integer.parseInt(tile.group(2));
        var size = checkpoints
                .newest()
                .map(note -> Checkpoint.parse(note.text()).size())
                .orElse(0L);
        if ((wanted == WIDTH && tile.group(2) != null)
                || wanted > WIDTH
                || (size >> height) - number * WIDTH < wanted) {
            throw noTile();
        }
        var hashes = new StoredTree(jdbc).tile(Integer.parseInt(level), number);
        if (hashes.size() < wanted) {
            throw noTile();
        }
        var bytes = new ByteArrayOutputStream();
        hashes.subList(0, wanted).forEach(hash -> bytes.writeBytes(hash.shared()));
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .cacheControl(
                        CacheControl.maxAge(Duration.ofDays(365)).cachePublic().immutable())
                .body(bytes.toByteArray());
    }

    private static Refusal noTile() {
        return new Refusal.NotFound("tile_not_found", "The newest checkpoint's tree has no such tile.");
    }

    /** A proof for whoever reads the event. With a new event, a checkpoint is signed first that covers it. */
    @GetMapping(path = "/api/audit-events/{eventId}/proof", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Prove that the record holds an event",
            description =
                    "As JSON, or with Accept: text/plain as a C2SP tlog-proof to keep, whose extra line is the entry.")
    @ApiResponse(responseCode = "200", description = "An inclusion proof over a signed checkpoint")
    ResponseEntity<EventProof> proof(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String eventId,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        return ResponseEntity.ok(find(caller, eventId, position));
    }

    /** The same to keep. */
    @GetMapping(path = "/api/audit-events/{eventId}/proof", produces = "text/plain;charset=UTF-8")
    @Operation(
            summary = "Prove that the record holds an event",
            description =
                    "As JSON, or with Accept: text/plain as a C2SP tlog-proof to keep, whose extra line is the entry.")
    @ApiResponse(responseCode = "200", description = "An inclusion proof over a signed checkpoint")
    ResponseEntity<String> proofToKeep(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String eventId,
            @RequestHeader(name = Parameters.POSITION_HEADER, required = false) @Nullable String position) {
        return ResponseEntity.ok()
                .contentType(TEXT)
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        ContentDisposition.attachment()
                                .filename(eventId + ".tlog-proof")
                                .build()
                                .toString())
                .body(InclusionProof.of(find(caller, eventId, position)).toString());
    }

    private EventProof find(Caller caller, String eventId, @Nullable String position) {
        var reader = caller.kind() == Caller.Kind.TOKEN
                ? caller.requirePermission(Permission.AUDIT_READ)
                : caller.requireAccount();
        return queries.query(
                        new GetEventProof(reader, caller.readsWholeTrail(), eventId, Parameters.position(position)),
                        EventProof.class)
                .join();
    }
}
