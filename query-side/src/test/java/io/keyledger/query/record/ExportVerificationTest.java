package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.query.record.ExportVerification.Finding.Kind;
import io.keyledger.query.record.ExportVerification.Result;
import io.keyledger.query.record.ReadableEvents.Comparison;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What an export proves, and what is found when one thing in it is altered. */
class ExportVerificationTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
    private static final SigningKey KEY = SigningKey.generate("keyledger/mine");
    private static final SigningKey OTHER = SigningKey.generate("keyledger/other");

    /** Tells an event by its payload alone. */
    private static final ReadableEvents READABLE =
            (entry, told) -> told.path("payload").asString("").equals(new String(entry.payload(), UTF_8))
                    ? new Comparison.Same()
                    : new Comparison.Different("payload");

    private static LeafEntry entry(long leaf) {
        return new LeafEntry(
                3 * leaf + 2,
                "event-" + leaf,
                "acc_" + leaf % 7,
                leaf / 7,
                leaf % 5 == 0 ? null : "Account",
                START.plusSeconds(3600 * leaf),
                "account.happened",
                "1",
                ("{\"leaf\":" + leaf + "}").getBytes(UTF_8),
                "{\"actorType\":\"system\"}".getBytes(UTF_8));
    }

    /** A log, and the exports of it. */
    private record Log(long size) {

        Hash at(int level, long index) {
            var frontier = new Frontier();
            LongStream.range(index << level, (index + 1) << level)
                    .forEach(leaf -> frontier.append(entry(leaf).hash()));
            return frontier.root();
        }

        SignedNote checkpoint() {
            return checkpoint(size, KEY);
        }

        SignedNote checkpoint(long size, SigningKey key) {
            return SignedNote.sign(
                    new Checkpoint(key.verifier().name(), size, MerkleTree.root(size, this::at)).text(), key);
        }

        List<String> export(LongPredicate wanted, @Nullable String account, Long... older) {
            return exportOf(wanted, new ExportWriter.Header("keyledger/mine", null, null, null, account, null), older);
        }

        List<String> exportOf(LongPredicate wanted, ExportWriter.Header header, Long... older) {
            var out = new StringBuilder();
            try {
                var writer = new ExportWriter(out, this::at, List.of(older));
                writer.header(header);
                for (var leaf = 0L; leaf < size; leaf++) {
                    if (wanted.test(leaf)) {
                        var entry = entry(leaf);
                        writer.event(leaf, entry, Map.of("payload", new String(entry.payload(), UTF_8)));
                    }
                }
                writer.checkpoint(checkpoint());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new ArrayList<>(out.toString().lines().toList());
        }
    }

    private static final Log LOG = new Log(333);
    private static final List<String> ALL = Collections.unmodifiableList(LOG.export(_ -> true, null));

    private static Result verify(List<String> lines, @Nullable VerifierKey key, SignedNote... older) {
        return verify(String.join("\n", lines) + "\n", key, older);
    }

    private static Result verify(String export, @Nullable VerifierKey key, SignedNote... older) {
        try {
            return ExportVerification.verify(
                    new ByteArrayInputStream(export.getBytes(UTF_8)), READABLE, key, List.of(older), _ -> {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Result verify(List<String> lines, SignedNote... older) {
        return verify(lines, KEY.verifier(), older);
    }

    private static ExportVerification.Finding found(Result result, Kind kind) {
        var finding = Objects.requireNonNull(result.finding(), "nothing was found");
        assertThat(finding.kind()).as(finding.text()).isEqualTo(kind);
        assertThat(result.signed()).isFalse();
        return finding;
    }

    /** The whole export, with one line made another. The event of leaf n is in line n + 1. */
    private static List<String> altered(int line, UnaryOperator<String> alteration) {
        var lines = new ArrayList<>(ALL);
        lines.set(line, alteration.apply(lines.get(line)));
        assertThat(lines.get(line)).isNotEqualTo(ALL.get(line));
        return lines;
    }

    private static List<String> altered(int line, String field, Object value) {
        return altered(line, text -> with(text, field, value));
    }

    private static String with(String line, String field, Object value) {
        var json = (ObjectNode) JSON.readTree(line);
        json.set(field, JSON.<JsonNode>valueToTree(value));
        return JSON.writeValueAsString(json);
    }

    // What is as it was

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3, 7, 8, 9, 255, 256, 257})
    void an_untouched_export_of_everything_verifies(long size) {
        var log = new Log(size);
        var result = verify(log.export(_ -> true, null), new SignedNote[] {});
        assertThat(result.finding()).isNull();
        assertThat(result.signed()).isTrue();
        assertThat(result.events()).isEqualTo(size);
        assertThat(Objects.requireNonNull(result.checkpoint()).size()).isEqualTo(size);
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3", "5", "17", "64", "400"})
    void an_export_of_some_events_verifies_and_holds_no_others(long every) {
        var export = LOG.export(leaf -> leaf % every == every - 1, "acc_1");
        var result = verify(export);
        assertThat(result.finding()).isNull();
        assertThat(result.events()).isEqualTo(333 / every);
        assertThat(export.stream().filter(line -> line.contains("payload"))).hasSize((int) (333 / every));
    }

    @Test
    void a_range_verifies() {
        var week = new ExportWriter.Header(
                "keyledger/mine",
                START.plusSeconds(3600 * 100).toString(),
                START.plusSeconds(3600 * 268).toString(),
                null,
                null,
                null);
        var result = verify(LOG.exportOf(leaf -> leaf >= 100 && leaf < 268, week));
        assertThat(result.finding()).isNull();
        assertThat(result.events()).isEqualTo(168);
        // Skipped are 100 before and 65 after, in no more lines than there are gaps.
        assertThat(LOG.exportOf(leaf -> leaf >= 100 && leaf < 268, week)).hasSize(168 + 2 + 2);

        var positions = new ExportWriter.Header("keyledger/mine", 302, 806, null, null, null);
        assertThat(verify(LOG.exportOf(leaf -> leaf >= 100 && leaf < 268, positions))
                        .finding())
                .isNull();
        found(verify(LOG.exportOf(leaf -> leaf >= 99 && leaf < 268, week)), Kind.INCOMPLETE);
        found(verify(LOG.exportOf(leaf -> leaf >= 100 && leaf < 269, week)), Kind.INCOMPLETE);
        found(verify(LOG.exportOf(leaf -> leaf >= 100 && leaf < 270, positions)), Kind.INCOMPLETE);
    }

    @Test
    void without_a_key_the_signature_is_not_looked_at_and_that_is_told() {
        var result = verify(ALL, (VerifierKey) null);
        assertThat(result.finding()).isNull();
        assertThat(result.signed()).isFalse();
    }

    @Test
    void older_checkpoints_are_compared_where_the_export_lets_them() {
        var all = verify(ALL, LOG.checkpoint(1, KEY), LOG.checkpoint(100, KEY), LOG.checkpoint(333, KEY));
        assertThat(all.finding()).isNull();
        assertThat(all.compared()).isEqualTo(3);

        LongPredicate few = leaf -> leaf % 150 == 149;
        found(verify(LOG.export(few, "acc_1"), LOG.checkpoint(100, KEY)), Kind.NOT_COMPARABLE);
        var split = verify(LOG.export(few, "acc_1", 100L), LOG.checkpoint(100, KEY), LOG.checkpoint(101, KEY));
        assertThat(split.finding()).isNull();
        assertThat(split.compared()).isEqualTo(1);
        found(verify(ALL, new Log(400).checkpoint()), Kind.NOT_COMPARABLE);
    }

    // What was altered

    @ParameterizedTest
    @CsvSource({
        "position, 303",
        "eventId, event-0",
        "aggregateId, acc_6",
        "sequenceNumber, 1",
        "occurredAt, 2026-03-06T04:00:00.000001Z",
        "type, account.other",
        "revision, 2",
        "aggregateType, Token",
        "payload, e30=",
        "metadata, e30=",
        "hash, 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    })
    void an_altered_field_of_an_event_is_found_and_the_event_named(String field, String value) {
        Object as = field.equals("position") || field.equals("sequenceNumber") ? (Object) Long.valueOf(value) : value;
        var finding = found(verify(altered(101, field, as)), Kind.EVENT_ALTERED);
        assertThat(finding.eventId()).isEqualTo(field.equals("eventId") ? "event-0" : "event-100");
        assertThat(finding.text()).contains("leaf 100");
    }

    @Test
    void every_altered_byte_of_a_payload_is_found() {
        var payload = entry(100).payload();
        for (var i = 0; i < payload.length; i++) {
            var other = payload.clone();
            other[i] ^= 1;
            var result = verify(altered(101, "payload", Base64.getEncoder().encodeToString(other)));
            assertThat(found(result, Kind.EVENT_ALTERED).eventId()).isEqualTo("event-100");
        }
    }

    @Test
    void an_event_altered_together_with_its_hash_and_what_is_read_of_it_is_found_by_the_root() {
        var entry = entry(100);
        var forged = new LeafEntry(
                entry.position(),
                entry.eventId(),
                entry.aggregateId(),
                entry.sequenceNumber(),
                entry.type(),
                entry.occurredAt(),
                entry.payloadType(),
                entry.payloadRevision(),
                "{}".getBytes(UTF_8),
                entry.metadata());
        var lines = altered(
                101,
                line -> with(
                        with(
                                with(line, "payload", "e30="),
                                "hash",
                                forged.hash().base64()),
                        "event",
                        Map.of("payload", "{}")));
        found(verify(lines), Kind.ROOT_DIFFERS);
        // Checkpoints that were kept elsewhere say about where.
        var finding = found(
                verify(lines, LOG.checkpoint(90, KEY), LOG.checkpoint(95, KEY), LOG.checkpoint(110, KEY)),
                Kind.ROOT_DIFFERS);
        assertThat(finding.text()).contains("among leaves 95 to 109");
    }

    @Test
    void an_altered_readable_part_is_found_and_the_event_named() {
        var finding =
                found(verify(altered(101, "event", Map.of("payload", "{\"leaf\":99}"))), Kind.READABLE_PART_ALTERED);
        assertThat(finding.eventId()).isEqualTo("event-100");
        assertThat(finding.text()).contains("\"payload\"");
    }

    @Test
    void a_line_that_was_taken_out_is_found() {
        var lines = new ArrayList<>(ALL);
        lines.remove(101);
        assertThat(found(verify(lines), Kind.OUT_OF_PLACE).eventId()).isEqualTo("event-101");
        // The last event, which no other follows.
        lines = new ArrayList<>(ALL);
        lines.remove(333);
        found(verify(lines), Kind.ROOT_DIFFERS);
    }

    @Test
    void a_line_that_is_there_twice_is_found() {
        var lines = new ArrayList<>(ALL);
        lines.add(102, lines.get(101));
        assertThat(found(verify(lines), Kind.OUT_OF_PLACE).eventId()).isEqualTo("event-100");
    }

    @Test
    void two_lines_that_changed_places_are_found_renumbered_too() {
        var lines = new ArrayList<>(ALL);
        Collections.swap(lines, 101, 102);
        assertThat(found(verify(lines), Kind.OUT_OF_PLACE).eventId()).isEqualTo("event-101");
        lines.set(101, with(lines.get(101), "leaf", 100));
        lines.set(102, with(lines.get(102), "leaf", 101));
        assertThat(found(verify(lines), Kind.OUT_OF_PLACE).eventId()).isEqualTo("event-100");
    }

    @Test
    void an_event_that_was_put_in_is_found() {
        var lines = new ArrayList<>(ALL);
        var more = new Log(400).export(_ -> true, null).get(334);
        lines.add(334, more);
        found(verify(lines), Kind.ROOT_DIFFERS);
    }

    @Test
    void an_export_is_cut_off_wherever_it_ends_before_its_last_line() {
        var whole = String.join("\n", ALL) + "\n";
        for (var end : List.of(
                ALL.getFirst().length(),
                ALL.getFirst().length() + 1,
                ALL.getFirst().length() + 40,
                whole.length() / 2,
                whole.length() - 300,
                whole.length() - ALL.getLast().length() - 1,
                whole.length() - 5)) {
            var finding = found(verify(whole.substring(0, end), KEY.verifier()), Kind.CUT_OFF);
            assertThat(finding.text()).contains("cut off");
        }
        // The line break alone says nothing.
        assertThat(verify(whole.substring(0, whole.length() - 1), KEY.verifier())
                        .finding())
                .isNull();
    }

    @Test
    void something_after_the_checkpoint_is_found() {
        var lines = new ArrayList<>(ALL);
        lines.add(lines.get(5));
        found(verify(lines), Kind.LONGER);
    }

    @Test
    void an_event_may_not_be_skipped_within_an_export_without_a_filter() {
        var finding = found(verify(LOG.export(leaf -> leaf != 100, null)), Kind.INCOMPLETE);
        assertThat(finding.eventId()).isEqualTo("event-101");
        assertThat(verify(LOG.export(leaf -> leaf != 100, "acc_1")).finding()).isNull();
    }

    @Test
    void altered_hashes_of_skipped_events_are_found() {
        var lines = LOG.export(leaf -> leaf == 100, "acc_1");
        assertThat(JSON.readTree(lines.get(1)).path("hashes")).hasSize(3);
        for (var hash = 0; hash < 3; hash++) {
            var json = (ObjectNode) JSON.readTree(lines.get(1));
            json.withArray("hashes").set(hash, entry(1).hash().base64());
            var altered = new ArrayList<>(lines);
            altered.set(1, json.toString());
            found(verify(altered), Kind.ROOT_DIFFERS);

            json.withArray("hashes").remove(hash);
            altered.set(1, json.toString());
            found(verify(altered), Kind.MALFORMED);

            json.withArray("hashes")
                    .add(json.path("hashes").get(0))
                    .add(json.path("hashes").get(0));
            altered.set(1, json.toString());
            found(verify(altered), Kind.MALFORMED);
        }
        for (var field : List.of("from", "to")) {
            var altered = new ArrayList<>(lines);
            altered.set(1, with(lines.get(1), field, 1));
            assertThat(Objects.requireNonNull(verify(altered).finding()).kind())
                    .isIn(Kind.OUT_OF_PLACE, Kind.MALFORMED);
        }
    }

    @Test
    void a_field_that_nobody_vouches_for_is_refused_and_so_is_one_that_is_there_twice() {
        found(verify(altered(101, "note", "approved")), Kind.MALFORMED);
        found(verify(altered(101, line -> line.replace("{\"kind\"", "{\"leaf\":100,\"kind\""))), Kind.MALFORMED);
        found(verify(altered(101, "kind", "other")), Kind.MALFORMED);
        found(verify(altered(101, "leaf", -1)), Kind.MALFORMED);
        found(verify(altered(101, "payload", "%%%")), Kind.MALFORMED);
        found(verify(altered(101, "occurredAt", "2026")), Kind.MALFORMED);
    }

    // Checkpoints and keys

    @Test
    void a_forged_checkpoint_is_found() {
        // Of another size, with the signature of the true one.
        found(verify(altered(334, "note", LOG.checkpoint().toString().replace("\n333\n", "\n332\n"))), Kind.FORGED);
        found(verify(altered(334, "note", "nonsense")), Kind.FORGED);
        // Rightly signed, but of other events.
        found(
                verify(altered(
                        334,
                        "note",
                        SignedNote.sign(new Checkpoint("keyledger/mine", 333, entry(1).hash()).text(), KEY)
                                .toString())),
                Kind.ROOT_DIFFERS);
    }

    @Test
    void a_checkpoint_of_another_log_is_found() {
        var foreign = LOG.checkpoint(333, OTHER).toString();
        found(verify(altered(334, "note", foreign)), Kind.FOREIGN_CHECKPOINT);
        found(verify(altered(334, "note", foreign), OTHER.verifier()), Kind.FOREIGN_CHECKPOINT);
        found(verify(altered(334, "note", foreign), (VerifierKey) null), Kind.FOREIGN_CHECKPOINT);
        found(verify(ALL, (VerifierKey) null, LOG.checkpoint(100, OTHER)), Kind.FOREIGN_CHECKPOINT);
        found(verify(ALL, LOG.checkpoint(100, OTHER)), Kind.FOREIGN_CHECKPOINT);
    }

    @Test
    void a_wrong_key_is_found() {
        found(verify(ALL, SigningKey.generate("keyledger/mine").verifier()), Kind.NOT_SIGNED);
        found(verify(ALL, OTHER.verifier()), Kind.FOREIGN_CHECKPOINT);
    }

    @Test
    void a_log_that_was_written_anew_does_not_agree_with_an_older_checkpoint() {
        var before = new Frontier();
        LongStream.range(0, 100)
                .forEach(leaf -> before.append(entry(leaf == 40 ? 4000 : leaf).hash()));
        var kept = SignedNote.sign(new Checkpoint("keyledger/mine", 100, before.root()).text(), KEY);

        var finding = found(verify(ALL, LOG.checkpoint(32, KEY), kept, LOG.checkpoint(200, KEY)), Kind.INCONSISTENT);
        assertThat(finding.text()).contains("among leaves 32 to 99");
        found(verify(ALL, LOG.checkpoint(100, KEY), kept), Kind.INCONSISTENT);
    }

    // What is no export

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "id,position\r\n",
                "{}",
                "[]",
                "{\"kind\":\"event\"}",
                "{\"kind\":\"header\"}",
                "{\"kind\":\"header\",\"format\":\"keyledger-export/2\"}",
                "\u0000\u0001\u0002"
            })
    void what_does_not_begin_like_an_export_is_none(String text) {
        found(verify(text, KEY.verifier()), Kind.NOT_AN_EXPORT);
    }

    @Test
    void a_line_without_end_fills_no_memory() throws IOException {
        var endless = new InputStream() {
            private long given;

            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] buffer, int from, int length) {
                given += length;
                assertThat(given).isLessThan(10 << 20);
                Arrays.fill(buffer, from, from + length, (byte) 'x');
                return length;
            }
        };
        found(ExportVerification.verify(endless, READABLE, null, List.of(), _ -> {}), Kind.NOT_AN_EXPORT);
    }

    @Test
    void text_that_is_no_utf_8_is_told_as_such() throws IOException {
        var bytes = (String.join("\n", ALL) + "\n").getBytes(UTF_8);
        bytes[ALL.getFirst().length() + 30] = (byte) 0xff;
        found(
                ExportVerification.verify(
                        new ByteArrayInputStream(bytes), READABLE, KEY.verifier(), List.of(), _ -> {}),
                Kind.MALFORMED);
    }
}
