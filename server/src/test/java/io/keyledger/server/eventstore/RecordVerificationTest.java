package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.subtle.AesGcmJce;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.Frontier;
import io.keyledger.query.record.Hash;
import io.keyledger.query.record.LeafEntry;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RecordSequencer;
import io.keyledger.query.record.RecordVerification;
import io.keyledger.query.record.RecordVerification.Finding;
import io.keyledger.query.record.RecordVerification.Kind;
import io.keyledger.query.record.RecordVerification.Outcome;
import io.keyledger.query.record.SignedNote;
import io.keyledger.query.record.SigningKey;
import io.keyledger.query.record.VerifierKey;
import io.keyledger.server.TestDatabase;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/**
 * Whoever owns the database alters it, with triggers off: what was done is told, and to which event. The record of 1,000
 * events has checkpoints of 300, 700 and 1,000; no event has position 501.
 */
class RecordVerificationTest {

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcTemplate sql = new JdbcTemplate(database);
    private final RecordSequencer sequencer = new RecordSequencer(database, new DataSourceTransactionManager(database));
    private final RecordKeys keys = keys();
    private final Checkpoints checkpoints =
            new Checkpoints(database, keys, sequencer, new DataSourceTransactionManager(database));
    private List<SignedNote> signed = List.of();
    /** The key as it was sealed after each of them. */
    private List<String> sealed = List.of();

    private RecordKeys keys() {
        try {
            return new RecordKeys(JdbcClient.create(database), new AesGcmJce(new byte[32]));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void record() throws Exception {
        var notes = new ArrayList<SignedNote>();
        var keysThen = new ArrayList<String>();
        try (var writer = new EventWriter(database)) {
            writer.append(300);
            writer.commit();
            notes.add(checkpoints.signNow());
            keysThen.add(sealedKey());
            writer.append(200);
            writer.appendAndTakeBack();
            writer.append(200);
            writer.commit();
            notes.add(checkpoints.signNow());
            keysThen.add(sealedKey());
            writer.append(300);
            writer.commit();
            notes.add(checkpoints.signNow());
            keysThen.add(sealedKey());
        }
        signed = notes;
        sealed = keysThen;
    }

    private String sealedKey() {
        return String.valueOf(
                sql.queryForObject("select encode(private_key, 'base64') from state.log_key", String.class));
    }

    /** @param checkpoint the index of the one that the key remembers as the last */
    private String keyOf(int checkpoint) {
        return "update state.log_key set private_key = decode('" + sealed.get(checkpoint) + "', 'base64')";
    }

    @AfterEach
    void close() {
        database.close();
    }

    private RecordVerification verification() {
        return new RecordVerification(database, keys, 2, 256);
    }

    private Outcome verify(SignedNote... outside) throws InterruptedException {
        return verification().verify(null, List.of(outside), (_, _) -> {});
    }

    private Finding first(SignedNote... outside) throws InterruptedException {
        return verify(outside).first().orElseThrow();
    }

    /** As somebody who owns the tables. */
    private void alter(String... statements) {
        sql.execute((Connection connection) -> {
            try (var statement = connection.createStatement()) {
                statement.execute("set session_replication_role = replica");
                for (var one : statements) {
                    assertThat(statement.execute(one)).isFalse();
                }
                statement.execute("reset session_replication_role");
            }
            return null;
        });
    }

    private String eventAt(long position) {
        return String.valueOf(sql.queryForObject(
                "select event_identifier from event.domain_event where global_index = ?", String.class, position));
    }

    private static void is(Finding finding, Kind kind, @Nullable Long position, @Nullable String eventId) {
        assertThat(finding.kind()).as(finding.sentence()).isEqualTo(kind);
        assertThat(finding.position()).as(finding.sentence()).isEqualTo(position);
        assertThat(finding.eventId()).as(finding.sentence()).isEqualTo(eventId);
    }

    @Test
    void what_nobody_altered_is_sound() throws Exception {
        var seen = new ArrayList<Long>();
        try (var writer = new EventWriter(database)) {
            writer.append(3);
            writer.commit();
        }
        var outcome = verification().verify(keys.verifier().orElseThrow(), List.of(signed.get(1)), (leaves, of) -> {
            assertThat(of).isEqualTo(1_000);
            seen.add(leaves);
        });

        assertThat(outcome).isEqualTo(new Outcome(1_000, 3, 1_000, 4, 1, List.of()));
        assertThat(outcome.isSound()).isTrue();
        assertThat(seen).containsExactly(256L, 512L, 768L, 1_000L);
    }

    @Test
    void what_servers_append_and_sign_meanwhile_is_no_finding() throws Exception {
        var outcome = verification().verify(null, List.of(), (_, _) -> appendAndSign());

        assertThat(outcome).isEqualTo(new Outcome(1_000, 4 * 10, 1_000, 3, 0, List.of()));
    }

    private void appendAndSign() {
        try (var writer = new EventWriter(database)) {
            writer.append(10);
            writer.commit();
            checkpoints.signNow();
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void a_record_without_events_is_sound() throws Exception {
        try (var empty = TestDatabase.create()) {
            var none = new RecordKeys(JdbcClient.create(empty), new AesGcmJce(new byte[32]));
            assertThat(new RecordVerification(empty, none, 2).verify(null, List.of(), (_, _) -> {}))
                    .isEqualTo(new Outcome(0, 0, 0, 0, 0, List.of()));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "payload = set_byte(payload, 3, get_byte(payload, 3) + 1)",
                "payload = payload || ' '::bytea",
                "metadata = ''",
                "occurred_at = occurred_at + interval '1 microsecond'",
                "type = null",
                "payload_type = 'sample.ignored'",
                "payload_revision = '2'",
                "event_identifier = 'another ' || global_index",
                "aggregate_identifier = 'another ' || global_index",
                "sequence_number = 1"
            })
    void one_changed_byte_of_an_event_is_found(String change) throws Exception {
        alter("update event.domain_event set " + change + " where global_index in (400, 900)");

        var outcome = verify();
        is(outcome.first().orElseThrow(), Kind.ALTERED, 400L, eventAt(400));
        assertThat(outcome.findings()).hasSize(2);
        assertThat(outcome.findings().getFirst().sentence())
                .isEqualTo("Event %s at position 400 was altered: it is not what leaf 399 was made of."
                        .formatted(eventAt(400)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 256, 257, 400, 1_001})
    void a_deleted_event_is_found(long position) throws Exception {
        alter("delete from event.domain_event where global_index = " + position);

        is(first(), Kind.DELETED, position, null);
    }

    @Test
    void a_deleted_event_has_its_name_from_the_trail() throws Exception {
        showInTheTrail();
        var event = eventAt(400);
        alter("delete from event.domain_event where global_index = 400");

        is(first(), Kind.DELETED, 400L, event);
    }

    private void showInTheTrail() {
        sql.execute("""
            insert into projection.audit_entry (position, event_id, type, revision, occurred_at, actor_type, account_id,
                correlation_id, payload)
            select global_index, event_identifier, payload_type, payload_revision, occurred_at, 'system', 'acc_1', '',
                payload
            from event.domain_event
            """);
    }

    @Test
    void an_event_that_was_deleted_together_with_its_leaf_is_found() throws Exception {
        alter(
                "delete from event.domain_event where global_index in (400, 401)",
                "delete from event.leaf where global_index in (400, 401)");

        var finding = first();
        is(finding, Kind.DELETED, null, null);
        assertThat(finding.leaf()).isEqualTo(399);
        assertThat(finding.sentence())
                .isEqualTo("The events of leaves 399 to 400 were deleted together with their leaves.");
    }

    @Test
    void a_deleted_event_whose_leaf_the_later_ones_have_taken_has_its_name_from_the_trail() throws Exception {
        showInTheTrail();
        var event = eventAt(400);
        alter(
                "delete from event.domain_event where global_index = 400",
                "delete from event.leaf where global_index = 400",
                "update event.leaf set index = index + 1000000 where global_index > 400",
                "update event.leaf set index = index - 1000001 where index >= 1000000");

        is(first(), Kind.DELETED, 400L, event);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -5, 501})
    void an_inserted_event_is_found(long position) throws Exception {
        alter("""
            insert into event.domain_event (global_index, event_identifier, aggregate_identifier, sequence_number,
                type, occurred_at, payload_type, payload_revision, payload, metadata)
            overriding system value
            select %d, 'inserted', 'inserted', 0, type, occurred_at, payload_type, payload_revision, payload, metadata
            from event.domain_event where global_index = 500
            """.formatted(position));

        is(first(), Kind.INSERTED, position, "inserted");
    }

    @Test
    void events_whose_contents_were_exchanged_are_found() throws Exception {
        alter("""
            update event.domain_event one set payload = other.payload
            from event.domain_event other
            where (one.global_index = 400 and other.global_index = 900)
                or (one.global_index = 900 and other.global_index = 400)
            """);

        var outcome = verify();
        is(outcome.first().orElseThrow(), Kind.SWAPPED, 400L, eventAt(400));
        assertThat(outcome.findings().getFirst().sentence())
                .isEqualTo("What stands at position 400, event %s, stood at position 900: it was exchanged."
                        .formatted(eventAt(400)));
        assertThat(outcome.findings()).extracting(Finding::kind).containsExactly(Kind.SWAPPED, Kind.SWAPPED);
    }

    @Test
    void events_that_exchanged_their_places_are_found() throws Exception {
        alter(
                "alter table event.domain_event alter column global_index set generated by default",
                "update event.domain_event set global_index = -1 where global_index = 400",
                "update event.domain_event set global_index = 400 where global_index = 401",
                "update event.domain_event set global_index = 401 where global_index = -1");

        is(first(), Kind.SWAPPED, 400L, eventAt(400));
    }

    @Test
    void an_event_that_was_moved_into_a_hole_is_found() throws Exception {
        alter(
                "alter table event.domain_event alter column global_index set generated by default",
                "update event.domain_event set global_index = 501 where global_index = 400");

        var outcome = verify();
        is(outcome.findings().get(0), Kind.DELETED, 400L, null);
        is(outcome.findings().get(1), Kind.INSERTED, 501L, eventAt(501));
    }

    @Test
    void events_cut_off_from_the_end_are_found() throws Exception {
        alter("delete from event.domain_event where global_index > 900");

        var outcome = verify();
        is(outcome.first().orElseThrow(), Kind.DELETED, 901L, null);
        assertThat(outcome.findings()).hasSize(100);
    }

    @Test
    void a_record_that_was_cut_off_with_its_hashes_is_found() throws Exception {
        alter(
                "delete from event.domain_event where global_index > 901",
                "delete from event.leaf where index >= 900",
                "delete from event.subtree where index >= 900 / 256");

        var finding = first();
        is(finding, Kind.TRUNCATED, null, null);
        assertThat(finding.leaf()).isEqualTo(900);
        assertThat(finding.sentence())
                .isEqualTo(
                        "The record ends after 900 events, at position 901, and its own checkpoint says 1000: the last"
                                + " 100 were removed.");
    }

    @Test
    void a_record_that_was_emptied_is_found() throws Exception {
        alter("truncate event.domain_event", "truncate event.leaf", "truncate event.subtree");

        is(first(), Kind.TRUNCATED, null, null);

        alter("truncate event.checkpoint");
        assertThat(first().sentence())
                .isEqualTo("The record ends after 0 events, at position 0, and what was signed last says 1000: the last"
                        + " 1000 were removed.");
        alter("truncate state.log_key");
        assertThat(verification()
                        .verify(SigningKey.generate("keyledger/any").verifier(), List.of(), (_, _) -> {})
                        .first()
                        .orElseThrow()
                        .sentence())
                .startsWith("The database has no key of the record, and so not the given one, keyledger/any+");
    }

    @Test
    void a_record_that_was_emptied_with_its_key_put_back_is_found_by_a_checkpoint_from_outside() throws Exception {
        keys.forgetLast();
        alter("truncate event.domain_event, event.leaf, event.subtree, event.checkpoint");

        assertThat(verify().isSound()).isTrue();
        is(first(signed.get(0)), Kind.OLDER_STATE, null, null);
    }

    @Test
    void an_older_state_that_was_put_back_is_found_by_a_checkpoint_from_outside() throws Exception {
        putBackTheStateOf(701);

        assertThat(verify(signed.get(0), signed.get(1)).isSound()).isTrue();
        var finding = first(signed.get(0), signed.get(1), signed.get(2));
        is(finding, Kind.OLDER_STATE, null, null);
        assertThat(finding.sentence())
                .isEqualTo(
                        "The record ends after 700 events, at position 701, and a checkpoint that was kept outside says"
                                + " 1000: this is an older state, or the last 300 were removed.");
    }

    /** As far as the second checkpoint. */
    private void putBackTheStateOf(long position) {
        alter(
                "delete from event.domain_event where global_index > " + position,
                "delete from event.checkpoint where size > (select index + 1 from event.leaf where global_index = "
                        + position + ")",
                "delete from event.leaf where global_index > " + position,
                "delete from event.subtree where index >= (select max(index) + 1 from event.leaf) / 256",
                keyOf(1));
    }

    @Test
    void an_older_state_that_went_on_is_found_by_a_checkpoint_from_outside() throws Exception {
        putBackTheStateOf(701);
        try (var writer = new EventWriter(database)) {
            writer.append(500);
            writer.commit();
        }
        checkpoints.signNow();

        assertThat(verify().isSound()).isTrue();
        var finding = first(signed.get(2));
        is(finding, Kind.REWRITTEN, null, null);
        assertThat(finding.sentence())
                .isEqualTo("Among the leaves from 700 to 999 at least one event was altered together with its hash: a"
                        + " checkpoint of size 1000 that was kept outside says so.");
    }

    @Test
    void an_event_that_was_altered_with_its_hash_is_found_among_those_of_its_block() throws Exception {
        alterWithLeaf(600);

        var finding = first();
        is(finding, Kind.REWRITTEN, null, null);
        assertThat(finding.sentence())
                .isEqualTo("Among the leaves from 512 to 699 at least one event was altered together with its hash: the"
                        + " checkpoint of size 700 says so.");
    }

    @Test
    void an_event_that_was_altered_with_its_hash_is_named_by_the_trail() throws Exception {
        showInTheTrail();
        alterWithLeaf(600);
        alterSubtrees();

        is(first(), Kind.REWRITTEN, 600L, eventAt(600));
    }

    @Test
    void no_checkpoint_is_signed_for_a_record_that_was_altered() throws Exception {
        alterWithLeaf(600);
        alterSubtrees();
        try (var writer = new EventWriter(database)) {
            writer.append(1);
            writer.commit();
        }
        assertThatThrownBy(checkpoints::signNow)
                .hasMessageContaining("no longer begins with its checkpoint of size 1000");
    }

    @Test
    void a_deleted_checkpoint_is_found_and_comes_back_with_the_next_one() throws Exception {
        alter("delete from event.checkpoint where size = 1000");

        assertThat(verify().findings())
                .extracting(Finding::sentence)
                .containsExactly("The checkpoint of size 1000, which was signed last, was deleted.");
        is(first(), Kind.CHECKPOINT_DELETED, null, null);
        assertThat(checkpoints.signNow()).isEqualTo(signed.get(2));
        assertThat(verify().isSound()).isTrue();
    }

    /** Without the master key. */
    @ParameterizedTest
    @ValueSource(strings = {"size >= 700", "true"})
    void an_event_that_was_altered_with_every_hash_and_checkpoint_is_found_and_not_signed(String which)
            throws Exception {
        alterWithLeaf(600);
        alterSubtrees();
        alter("delete from event.checkpoint where " + which);

        var outcome = verify();
        is(outcome.first().orElseThrow(), Kind.REWRITTEN, null, null);
        assertThat(outcome.findings())
                .extracting(Finding::sentence)
                .containsExactly(
                        "Among the leaves from %d to 999 at least one event was altered together with its hash: what was signed last, a checkpoint of size 1000, says so."
                                .formatted(outcome.signedUpTo()),
                        "The checkpoint of size 1000, which was signed last, was deleted.");
        assertNothingIsSigned("no longer begins with its checkpoint of size 1000");
    }

    @Test
    void a_record_that_was_cut_off_with_every_hash_and_checkpoint_is_found_and_not_signed() throws Exception {
        putBackTheStateOf(701);
        alter(keyOf(2));

        assertThat(verify().findings())
                .extracting(Finding::sentence)
                .containsExactly(
                        "The record ends after 700 events, at position 701, and what was signed last says 1000: the"
                                + " last 300 were removed.",
                        "The checkpoint of size 1000, which was signed last, was deleted.");
        assertNothingIsSigned("no longer begins with its checkpoint of size 1000");
    }

    private void assertNothingIsSigned(String because) throws SQLException {
        var before = sql.queryForList("select note from event.checkpoint", String.class);
        try (var writer = new EventWriter(database)) {
            writer.append(1);
            writer.commit();
        }
        assertThatThrownBy(checkpoints::signNow).hasMessageContaining(because);
        assertThat(sql.queryForList("select note from event.checkpoint", String.class))
                .isEqualTo(before);
    }

    /** What the database cannot show: docs/record.md says so. */
    @Test
    void a_record_that_was_altered_with_an_older_key_put_back_is_found_by_a_checkpoint_from_outside_alone()
            throws Exception {
        alterWithLeaf(600);
        alterSubtrees();
        alter("delete from event.checkpoint where size >= 700", keyOf(0));

        checkpoints.signNow();
        assertThat(verify().isSound()).isTrue();
        assertThat(first(signed.get(1)).sentence()).endsWith("a checkpoint of size 700 that was kept outside says so.");
    }

    @Test
    void a_record_that_was_begun_anew_is_found_by_who_knows_its_key() throws Exception {
        var trusted = keys.verifier().orElseThrow();
        alterWithLeaf(600);
        alterSubtrees();
        alter("delete from event.checkpoint", "delete from state.log_key");
        checkpoints.signNow();

        assertThat(verify().isSound()).isTrue();
        assertThat(verification().verify(trusted, List.of(), (_, _) -> {}).findings())
                .extracting(Finding::kind)
                .containsExactly(Kind.KEY_REPLACED);
    }

    @Test
    void a_key_that_remembers_nothing_signs_on_and_remembers_that() throws Exception {
        // As a version left it that did not know of this.
        keys.forgetLast();
        assertThat(verify().isSound()).isTrue();
        assertThat(checkpoints.signNow()).isEqualTo(signed.get(2));

        alter("delete from event.checkpoint where size = 1000");
        is(first(), Kind.CHECKPOINT_DELETED, null, null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "note = 'nothing'",
                "note = replace(note, E'\\n1000\\n', E'\\n900\\n')",
                "note = (select note from event.checkpoint where size = 700)"
            })
    void nothing_is_signed_after_a_checkpoint_that_was_altered(String change) throws Exception {
        alter("update event.checkpoint set " + change + " where size = 1000");

        if (change.contains("700")) {
            // It is one, and the key knows of a newer one that the tree begins with.
            checkpoints.signNow();
            assertThat(verify().first().orElseThrow().kind()).isEqualTo(Kind.CHECKPOINT_ALTERED);
        } else {
            assertNothingIsSigned("newest checkpoint is not signed by its key");
        }
    }

    @Test
    void a_sealed_key_that_was_altered_is_found_and_signs_nothing() throws Exception {
        alter("update state.log_key set private_key = set_byte(private_key, 20, get_byte(private_key, 20) # 1)");

        is(first(), Kind.KEY_REPLACED, null, null);
        assertNothingIsSigned("does not open: it was sealed with another master key, or altered");
    }

    private void alterWithLeaf(long position) {
        alter("update event.domain_event set payload = '\\x7b7d' where global_index = " + position);
        var entry = sql.queryForObject(
                "select * from event.domain_event where global_index = ?",
                (row, _) -> new LeafEntry(
                        position,
                        row.getString("event_identifier"),
                        row.getString("aggregate_identifier"),
                        row.getLong("sequence_number"),
                        row.getString("type"),
                        row.getObject("occurred_at", OffsetDateTime.class).toInstant(),
                        row.getString("payload_type"),
                        row.getString("payload_revision"),
                        row.getBytes("payload"),
                        row.getBytes("metadata")),
                position);
        alter("update event.leaf set hash = decode('%s', 'base64') where global_index = %d"
                .formatted(entry == null ? "" : entry.hash(), position));
    }

    private void alterSubtrees() {
        var statements = new ArrayList<String>();
        var tree = new Frontier((level, index, root) -> {
            if (level == 8) {
                statements.add("update event.subtree set hash = decode('%s', 'base64') where index = %d"
                        .formatted(root, index));
            }
        });
        sql.query("select hash from event.leaf order by index", (row, _) -> Hash.of(row.getBytes(1)))
                .forEach(tree::append);
        alter(statements.toArray(String[]::new));
    }

    @Test
    void a_leaf_that_was_altered_is_told_from_an_event_that_was() throws Exception {
        alter("update event.leaf set hash = sha256(hash) where global_index = 400");

        var finding = first();
        is(finding, Kind.TREE_ALTERED, 400L, eventAt(400));
        assertThat(finding.sentence()).endsWith("The event itself is what was recorded.");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 255, 256, 400, 999})
    void a_leaf_that_was_removed_is_found(long leaf) throws Exception {
        var position = sql.queryForObject("select global_index from event.leaf where index = ?", Long.class, leaf);
        alter("delete from event.leaf where index = " + leaf);

        if (leaf == 999) {
            is(first(), Kind.TRUNCATED, null, null);
        } else {
            is(first(), Kind.TREE_ALTERED, position, eventAt(position == null ? 0 : position));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update event.subtree set hash = sha256(hash) where index = 1",
                "delete from event.subtree where index = 1"
            })
    void an_altered_hash_of_the_tree_is_found(String change) throws Exception {
        alter(change);

        var finding = first();
        is(finding, Kind.TREE_ALTERED, null, null);
        assertThat(finding.sentence())
                .isEqualTo("The stored hash over the 256 leaves from 256 on is not theirs, or is missing.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "note = replace(note, split_part(note, ' ', 3), (select split_part(note, ' ', 3) from event.checkpoint"
                        + " where size = 300))",
                "note = 'nothing'",
                "note = (select note from event.checkpoint where size = 300)",
                "note = replace(note, E'\\n700\\n', E'\\n700\\nA')",
                "size = 701"
            })
    void an_altered_checkpoint_is_found(String change) throws Exception {
        alter("update event.checkpoint set " + change + " where size = 700");

        assertThat(verify().findings())
                .singleElement()
                .satisfies(finding -> is(finding, Kind.CHECKPOINT_ALTERED, null, null));
    }

    @Test
    void checkpoints_that_nobody_signed_over_an_altered_record_are_no_alibi() throws Exception {
        alterWithLeaf(600);
        alterSubtrees();
        var tree = new Frontier();
        var statements = new ArrayList<String>();
        sql.query("select hash from event.leaf order by index", (row, _) -> Hash.of(row.getBytes(1)))
                .forEach(hash -> {
                    tree.append(hash);
                    statements.add(
                            "update event.checkpoint set note = regexp_replace(note, '(\\n\\d+\\n)[^\\n]+', '\\1%s') where size = %d"
                                    .formatted(tree.root(), tree.size()));
                });
        alter(statements.toArray(String[]::new));
        assertThat(first().sentence())
                .isEqualTo(
                        "Among the leaves from 300 to 999 at least one event was altered together with its hash: what"
                                + " was signed last, a checkpoint of size 1000, says so.");
        alter(keyOf(0));

        var outcome = verify();
        assertThat(outcome.signedUpTo()).isEqualTo(300);
        assertThat(outcome.findings())
                .extracting(Finding::sentence)
                .containsExactly(
                        "The stored checkpoint of size 700 was altered: the record's key has not signed it.",
                        "The stored checkpoint of size 1000 was altered: the record's key has not signed it.");
        showInTheTrail();
        sql.execute("update projection.audit_entry set payload = '{}'::bytea || payload where position = 600");
        is(first(), Kind.REWRITTEN, 600L, eventAt(600));
        sql.execute("delete from projection.audit_entry");
        assertThat(first(signed.get(1)).sentence())
                .isEqualTo("Among the leaves from 300 to 699 at least one event was altered together with its hash: a"
                        + " checkpoint of size 700 that was kept outside says so.");
    }

    @Test
    void a_checkpoint_that_another_key_signed_over_an_altered_record_is_no_alibi() throws Exception {
        alterWithLeaf(600);
        alterSubtrees();
        var trusted = keys.verifier().orElseThrow();
        var forger = SigningKey.generate(trusted.name());
        var tree = new Frontier();
        sql.query("select hash from event.leaf order by index", (row, _) -> Hash.of(row.getBytes(1)))
                .forEach(tree::append);
        var forged = SignedNote.sign(new Checkpoint(trusted.name(), 1_000, tree.root()).text(), forger);
        alter(
                "delete from event.checkpoint",
                "insert into event.checkpoint (size, note) values (1000, '" + forged + "')",
                "update state.log_key set public_key = decode('"
                        + Base64.getEncoder().encodeToString(forger.verifier().key()) + "', 'base64')");

        assertThat(first().sentence())
                .isEqualTo("The public key of the record, %s, is not that of its sealed private key: it was replaced."
                        .formatted(trusted.name()));
        assertThat(verification().verify(trusted, List.of(), (_, _) -> {}).findings())
                .extracting(Finding::kind)
                .contains(Kind.KEY_REPLACED);
        assertThat(first(signed.get(2)).kind()).isEqualTo(Kind.CHECKPOINT_NOT_OURS);
        assertThat(verification()
                        .verify(trusted, List.of(signed.get(2)), (_, _) -> {})
                        .findings())
                .extracting(Finding::kind)
                .contains(Kind.REWRITTEN);
    }

    @Test
    void a_checkpoint_from_outside_that_is_not_ours_is_told() throws Exception {
        var own = signed.get(1).toString();
        var forged = SignedNote.parse(own.replace("\n700\n", "\n701\n"));
        var foreign = SignedNote.sign(
                new Checkpoint("keyledger/other", 5, Hash.of(new byte[32])).text(),
                SigningKey.generate("keyledger/other"));
        var noCheckpoint = SignedNote.sign("text\n", SigningKey.generate("keyledger/other"));

        assertThat(verify(forged, foreign, noCheckpoint).findings())
                .extracting(Finding::sentence)
                .satisfiesExactly(
                        one -> assertThat(one)
                                .isEqualTo(
                                        "The given checkpoint of size 701 was altered: its signature is not one of its"
                                                + " text."),
                        two -> assertThat(two)
                                .startsWith("The given checkpoint of size 5, of keyledger/other, is not signed by this"
                                        + " record's key, keyledger/")
                                .endsWith(": it is another log's, or the key was replaced."),
                        three -> assertThat(three).startsWith("This note is no checkpoint"));
    }

    @Test
    void a_wrong_key_is_told() throws Exception {
        VerifierKey other = SigningKey.generate("keyledger/other").verifier();

        assertThat(verification().verify(other, List.of(), (_, _) -> {}).findings())
                .extracting(Finding::sentence)
                .containsExactly("The record's key in the database is %s, and not the given one, %s."
                        .formatted(keys.verifier().orElseThrow(), other));
    }
}
