package io.keyledger.query.record;

import io.keyledger.api.Refusal;
import io.keyledger.api.audit.EventProof;
import io.keyledger.api.audit.GetEventProof;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.axonframework.queryhandling.QueryHandler;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Proves that the record holds an event, to who may read the event. */
@Component
class RecordQueries implements QueryHandlers {

    private final JdbcTemplate jdbc;
    private final Checkpoints checkpoints;
    private final ProjectionPositions positions;

    RecordQueries(JdbcTemplate jdbc, Checkpoints checkpoints, ProjectionPositions positions) {
        this.jdbc = jdbc;
        this.checkpoints = checkpoints;
        this.positions = positions;
    }

    @QueryHandler
    EventProof handle(GetEventProof query) {
        if (query.position() != null) {
            positions.await("audit", query.position());
        }
        var entry = jdbc
                .query(
                        "select " + StoredEvents.COLUMNS + " from event.domain_event where event_identifier = ?",
                        (row, _) -> StoredEvents.entry(row),
                        query.eventId())
                .stream()
                .filter(event -> query.everything() || concerns(query.readerId(), event.position()))
                .findFirst()
                .orElseThrow(() -> new Refusal.NotFound(
                        "audit_event_not_found", "There is no such event, or it is not yours to read."));
        var proof = proof(entry);
        if (!proof.holds()) {
            throw altered();
        }
        return new EventProof(
                query.eventId(),
                proof.index(),
                Checkpoint.parse(proof.checkpoint().text()).size(),
                Base64.getEncoder().encodeToString(entry.bytes()),
                proof.hashes().stream().map(Hash::base64).toList(),
                proof.checkpoint().toString());
    }

    /** As in the list of the trail. */
    private boolean concerns(String readerId, long position) {
        return Boolean.TRUE.equals(jdbc.queryForObject(
                "select exists (select from projection.audit_entry where position = ?"
                        + " and ? in (account_id, actor_account_id, previous_account_id))",
                Boolean.class,
                position,
                readerId));
    }

    private InclusionProof proof(LeafEntry entry) {
        var newest = checkpoints.newest();
        var index = leaf(entry.position());
        if (newest.isEmpty() || index.isEmpty() || index.get() >= size(newest.get())) {
            newest = Optional.of(signNow(checkpoints));
            index = leaf(entry.position());
        }
        if (index.isEmpty() || index.get() >= size(newest.get())) {
            throw new Refusal.Unavailable(
                    "not_recorded_yet",
                    "The event waits for a change that is still being made, to take its place after it.",
                    Duration.ofSeconds(5));
        }
        var hashes = MerkleTree.inclusionProof(index.get(), size(newest.get()), new StoredTree(jdbc));
        return new InclusionProof(entry, index.get(), hashes, newest.get());
    }

    private static long size(SignedNote checkpoint) {
        return Checkpoint.parse(checkpoint.text()).size();
    }

    private Optional<Long> leaf(long position) {
        return jdbc
                .query("select index from event.leaf where global_index = ?", (row, _) -> row.getLong(1), position)
                .stream()
                .findFirst();
    }

    static SignedNote signNow(Checkpoints checkpoints) {
        try {
            return checkpoints.signNow();
        } catch (RecordAltered e) {
            throw altered();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal.Unavailable(
                    "stopping", "The server is stopping; ask another one.", Duration.ofSeconds(1));
        }
    }

    private static Refusal altered() {
        return new Refusal.Conflict(
                "record_altered",
                "What is stored is not what was recorded. Have an administrator verify the record: keyledger audit"
                        + " verify");
    }
}
