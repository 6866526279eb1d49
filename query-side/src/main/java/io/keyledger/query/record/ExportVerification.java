package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keyledger.query.record.ExportVerification.Finding.Kind;
import io.keyledger.query.record.ReadableEvents.Comparison;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Verifies an export of the record with nothing but the export: no database, no network, no server. It is read once, from
 * beginning to end, and no more than a line and a few hashes of it are held.
 *
 * <p>Shown is that each event is as it was when the checkpoint was signed, none between the first and the last one is left
 * out of an export without filters, what people read of an event agrees with the record, and, with checkpoints that were
 * kept elsewhere, that the log has not been written anew since. Not shown are texts that are encrypted in the record: names,
 * email addresses, where somebody came from.
 */
public final class ExportVerification {

    /** Longer lines are none of an export. */
    private static final int LONGEST_LINE = 4 << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final Set<String> HEADER_FIELDS =
            Set.of("kind", "format", "origin", "from", "to", "type", "accountId", "tokenId");
    private static final Set<String> EVENT_FIELDS = Set.of(
            "kind",
            "leaf",
            "position",
            "eventId",
            "aggregateType",
            "aggregateId",
            "sequenceNumber",
            "occurredAt",
            "type",
            "revision",
            "payload",
            "metadata",
            "hash",
            "event");
    private static final Set<String> SKIPPED_FIELDS = Set.of("kind", "from", "to", "hashes");
    private static final Set<String> CHECKPOINT_FIELDS = Set.of("kind", "note");

    private final ReadableEvents readable;
    private final @Nullable VerifierKey key;
    private final TreeMap<Long, Checkpoint> older = new TreeMap<>();
    private final LongConsumer progress;

    private final byte[] buffer = new byte[64 * 1024];
    private int at;
    private int filled;
    /** Whether the end was reached, and so the last line has no line break. */
    private boolean broken;

    private final Frontier tree = new Frontier();
    private long bytes;
    private long lines;
    private long events;
    private long unknown;
    private long compared;
    private @Nullable Header header;
    private @Nullable Event firstEvent;
    private @Nullable Event lastEvent;
    /** The biggest older tree that this one begins with, and the smallest one that it does not begin with. */
    private long agreesUpTo;

    private @Nullable Checkpoint disagrees;

    /**
     * @param key that has to have signed; absent: signatures are not looked at
     * @param older checkpoints that were kept elsewhere
     * @param progress is told how many bytes were read
     */
    private ExportVerification(
            ReadableEvents readable, @Nullable VerifierKey key, List<SignedNote> older, LongConsumer progress) {
        this.readable = readable;
        this.key = key;
        this.progress = progress;
        for (var note : older) {
            var checkpoint = signed(note, "The checkpoint that it is to be compared with");
            var same = this.older.putIfAbsent(checkpoint.size(), checkpoint);
            if (same != null && !same.root().equals(checkpoint.root())) {
                throw new Found(new Finding(
                        Kind.INCONSISTENT,
                        null,
                        "Two of the checkpoints to compare with are of %d events, and differ: the log was written anew between them."
                                .formatted(checkpoint.size())));
            }
        }
    }

    /**
     * What is wrong, and where.
     *
     * @param eventId the first event that it is about, as far as it can be told
     * @param text a sentence for a person
     */
    public record Finding(Kind kind, @Nullable String eventId, String text) {

        /** What kind of wrong. */
        public enum Kind {
            /** It does not begin like an export. */
            NOT_AN_EXPORT,
            /** It does not begin like the proof of an event. */
            NOT_A_PROOF,
            /** A line is none that an export has; a proof cannot be read to its end. */
            MALFORMED,
            /** It ends before its checkpoint. */
            CUT_OFF,
            /** Something comes after its checkpoint. */
            LONGER,
            /** An event is not what its hash is of. */
            EVENT_ALTERED,
            /** What people read of an event is not what the record holds. */
            READABLE_PART_ALTERED,
            /** A line is missing, or not in its place. */
            OUT_OF_PLACE,
            /** An export without filters, or of a range, leaves an event out or holds another one. */
            INCOMPLETE,
            /** The lines, or a proof's hashes, do not give the checkpoint's root. */
            ROOT_DIFFERS,
            /** The checkpoint is of another log. */
            FOREIGN_CHECKPOINT,
            /** The checkpoint is not signed by the key, though of its log. */
            NOT_SIGNED,
            /** The checkpoint or its signature was altered. */
            FORGED,
            /** The log does not begin with what an older checkpoint is of. */
            INCONSISTENT,
            /** It cannot be compared with the older checkpoint. */
            NOT_COMPARABLE
        }
    }

    /**
     * What was found.
     *
     * @param header what the export says it is of; absent: it does not say
     * @param events how many events it holds
     * @param notCompared how many of them are of kinds that this version does not know, or say nothing for people to read, so
     *     that this was not compared with the record
     * @param checkpoint its own; absent: it was not reached
     * @param signed whether the key has signed it
     * @param compared how many older checkpoints it agrees with
     * @param finding the first thing that is wrong; absent: all is well
     */
    public record Result(
            @Nullable Header header,
            long events,
            long notCompared,
            @Nullable Checkpoint checkpoint,
            boolean signed,
            long compared,
            @Nullable Finding finding) {}

    /** What the export says it is of; nobody vouches for that. */
    public record Header(
            String origin,
            @Nullable String from,
            @Nullable String to,
            @Nullable String type,
            @Nullable String accountId,
            @Nullable String tokenId) {

        /** Whether it may leave out events between the first and the last one. */
        public boolean isFiltered() {
            return type != null || accountId != null || tokenId != null;
        }
    }

    private record Event(long leaf, LeafEntry entry) {}

    private static final class Found extends RuntimeException {

        private final transient Finding finding;

        Found(Finding finding) {
            super(finding.text(), null, false, false);
            this.finding = finding;
        }
    }

    /** A finding about the line that is being read. */
    private Found found(Kind kind, String text) {
        return new Found(new Finding(kind, null, "Line %d: %s".formatted(lines, text)));
    }

    /**
     * Reads an export and says what is wrong with it, if anything.
     *
     * @param key that has to have signed; absent: signatures are not looked at
     * @param older checkpoints that were kept elsewhere
     * @param progress is told how many bytes were read
     * @throws IOException when it cannot be read
     */
    public static Result verify(
            InputStream export,
            ReadableEvents readable,
            @Nullable VerifierKey key,
            List<SignedNote> older,
            LongConsumer progress)
            throws IOException {
        try {
            return new ExportVerification(readable, key, older, progress).read(export);
        } catch (Found e) {
            // About the older checkpoints: nothing was read yet.
            return new Result(null, 0, 0, null, false, 0, e.finding);
        }
    }

    /**
     * Says what is wrong with how an export begins, if anything: whether it is one at all.
     *
     * @throws IOException when it cannot be read
     */
    public static @Nullable Finding look(InputStream export) throws IOException {
        var begun = new ExportVerification((_, _) -> new ReadableEvents.Comparison.Same(), null, List.of(), _ -> {});
        try {
            begun.header(begun.line(export));
            return null;
        } catch (Found e) {
            return e.finding;
        }
    }

    private Result read(InputStream export) throws IOException {
        Checkpoint checkpoint = null;
        try {
            header(line(export));
            while (checkpoint == null) {
                checkpoint = next(line(export));
            }
            if (line(export) != null) {
                throw found(Kind.LONGER, "something comes after the checkpoint, which is an export's last line.");
            }
            end(checkpoint);
            return result(checkpoint, null);
        } catch (Found e) {
            return result(checkpoint, e.finding);
        }
    }

    private Result result(@Nullable Checkpoint checkpoint, @Nullable Finding finding) {
        return new Result(header, events, unknown, checkpoint, finding == null && key != null, compared, finding);
    }

    /** The next line; absent: there is none. */
    private @Nullable String line(InputStream export) throws IOException {
        var line = new ByteArrayOutputStream(1024);
        while (!broken) {
            var from = at;
            while (at < filled && buffer[at] != '\n') {
                at++;
            }
            line.write(buffer, from, at - from);
            if (line.size() > LONGEST_LINE) {
                lines++;
                throw malformed("it is longer than one of an export");
            }
            if (at < filled) {
                at++;
                break;
            }
            at = 0;
            filled = Math.max(0, export.read(buffer));
            broken = filled == 0;
        }
        if (broken && line.size() == 0) {
            return null;
        }
        lines++;
        bytes += line.size() + 1L;
        progress.accept(bytes);
        try {
            return UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(line.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("it is not text in UTF-8");
        }
    }

    private Found malformed(String why) {
        return lines == 1
                ? new Found(new Finding(
                        Kind.NOT_AN_EXPORT,
                        null,
                        "This is not an export of the record in NDJSON: it does not begin with the header of one."))
                : found(Kind.MALFORMED, "this is no line of an export: " + why + ".");
    }

    private void header(@Nullable String line) {
        if (line == null) {
            lines = 1;
            throw malformed("");
        }
        var json = parse(line);
        if (!"header".equals(json.path("kind").asString(""))
                || !json.path("format").isString()) {
            throw malformed("");
        }
        if (!json.path("format").asString().equals(ExportWriter.FORMAT)) {
            throw new Found(new Finding(
                    Kind.NOT_AN_EXPORT,
                    null,
                    "This export is of a form that this version does not know: "
                            + json.path("format").asString() + "."));
        }
        checkFields(json, HEADER_FIELDS);
        header = new Header(
                text(json, "origin"),
                value(json, "from"),
                value(json, "to"),
                value(json, "type"),
                value(json, "accountId"),
                value(json, "tokenId"));
    }

    private Found cutOff() {
        return new Found(new Finding(
                Kind.CUT_OFF,
                lastEvent == null ? null : lastEvent.entry().eventId(),
                "The export was cut off: it ends after %s, without a checkpoint."
                        .formatted(lastEvent == null ? "line " + lines : told(lastEvent))));
    }

    /** @return the checkpoint, if that is what the line holds */
    private @Nullable Checkpoint next(@Nullable String line) {
        if (line == null) {
            throw cutOff();
        }
        var json = parse(line);
        switch (json.path("kind").asString("")) {
            case "event" -> event(json);
            case "skipped" -> skipped(json);
            case "checkpoint" -> {
                checkFields(json, CHECKPOINT_FIELDS);
                SignedNote note;
                try {
                    note = SignedNote.parse(text(json, "note"));
                } catch (IllegalArgumentException e) {
                    throw new Found(new Finding(
                            Kind.FORGED, null, "The checkpoint was altered: " + lower(String.valueOf(e.getMessage()))));
                }
                return signed(note, "The checkpoint");
            }
            default -> throw malformed("its kind is unknown");
        }
        return null;
    }

    private void event(JsonNode json) {
        checkFields(json, EVENT_FIELDS);
        LeafEntry entry;
        Hash hash;
        try {
            var aggregateType = json.get("aggregateType");
            entry = new LeafEntry(
                    number(json, "position"),
                    text(json, "eventId"),
                    text(json, "aggregateId"),
                    number(json, "sequenceNumber"),
                    aggregateType == null || aggregateType.isNull() ? null : text(json, "aggregateType"),
                    LeafEntry.TIME.parse(text(json, "occurredAt"), Instant::from),
                    text(json, "type"),
                    text(json, "revision"),
                    Base64.getDecoder().decode(text(json, "payload")),
                    Base64.getDecoder().decode(text(json, "metadata")));
            hash = Hash.ofBase64(text(json, "hash"));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw malformed("a field of the event is not of its form");
        }
        var event = new Event(number(json, "leaf"), entry);
        checkPlace(event);
        if (!entry.hash().equals(hash)) {
            throw found(
                    event,
                    Kind.EVENT_ALTERED,
                    "%s was altered: what is written of it is not what its hash is of.".formatted(told(event)));
        }
        compare(event, json.path("event"));
        append(0, hash);
        events++;
        if (firstEvent == null) {
            firstEvent = event;
        }
        lastEvent = event;
    }

    private void checkPlace(Event event) {
        var expected = tree.size();
        if (event.leaf() != expected) {
            throw found(
                    event,
                    Kind.OUT_OF_PLACE,
                    event.leaf() > expected
                            ? "%s does not belong here, leaf %d does: something was taken out or moved."
                                    .formatted(told(event), expected)
                            : "%s does not belong here, leaf %d does: it is there twice, or was moved."
                                    .formatted(told(event), expected));
        }
        if (lastEvent != null) {
            if (event.entry().position() <= lastEvent.entry().position()) {
                throw found(
                        event,
                        Kind.OUT_OF_PLACE,
                        "%s stands after %s, whose position is not below its own."
                                .formatted(told(event), told(lastEvent)));
            }
            if (lastEvent.leaf() != expected - 1 && header != null && !header.isFiltered()) {
                throw found(
                        event,
                        Kind.INCOMPLETE,
                        "Between %s and %s, events are left out, though the export has no filter."
                                .formatted(told(lastEvent), told(event)));
            }
        }
    }

    private void compare(Event event, JsonNode told) {
        switch (readable.compare(event.entry(), told)) {
            case Comparison.Same _ -> {}
            case Comparison.Unknown _ -> unknown++;
            case Comparison.Different(var field) ->
                throw found(
                        event,
                        Kind.READABLE_PART_ALTERED,
                        "What people read of %s was altered: \"%s\" is not what the record holds."
                                .formatted(told(event), field));
        }
    }

    private void skipped(JsonNode json) {
        checkFields(json, SKIPPED_FIELDS);
        var from = number(json, "from");
        var to = number(json, "to");
        if (from != tree.size() || to <= from) {
            throw found(
                    Kind.OUT_OF_PLACE,
                    "leaf %d is expected here, and this skips from %d to %d: something was taken out or moved."
                            .formatted(tree.size(), from, to));
        }
        for (var base64 : json.path("hashes")) {
            if (tree.size() >= to) {
                throw malformed("it has more hashes than it skips");
            }
            Hash hash;
            try {
                hash = Hash.ofBase64(base64.isString() ? base64.asString() : "");
            } catch (IllegalArgumentException e) {
                throw malformed("it holds something that is no hash");
            }
            append(ExportWriter.level(tree.size(), to), hash);
        }
        if (tree.size() != to) {
            throw malformed("it has fewer hashes than it skips");
        }
    }

    private void append(int level, Hash hash) {
        tree.append(level, hash);
        var checkpoint = older.get(tree.size());
        if (checkpoint == null || disagrees != null) {
            return;
        }
        if (checkpoint.root().equals(tree.root())) {
            agreesUpTo = tree.size();
            compared++;
        } else {
            disagrees = checkpoint;
        }
    }

    private void end(Checkpoint checkpoint) {
        if (header != null && !checkpoint.origin().equals(header.origin())) {
            throw new Found(new Finding(
                    Kind.FOREIGN_CHECKPOINT,
                    null,
                    "The checkpoint is of the log %s, and the export of %s."
                            .formatted(checkpoint.origin(), header.origin())));
        }
        for (var other : older.values()) {
            if (!other.origin().equals(checkpoint.origin())) {
                throw new Found(new Finding(
                        Kind.FOREIGN_CHECKPOINT,
                        null,
                        "The checkpoint that it is to be compared with is of the log %s, and the export of %s."
                                .formatted(other.origin(), checkpoint.origin())));
            }
        }
        if (checkpoint.size() != tree.size()) {
            throw new Found(new Finding(
                    Kind.ROOT_DIFFERS,
                    null,
                    "The checkpoint is of %d events, and the export of %d: lines were taken out or added at its end, or the checkpoint is not its own."
                            .formatted(checkpoint.size(), tree.size())));
        }
        if (!checkpoint.root().equals(tree.root())) {
            throw new Found(new Finding(Kind.ROOT_DIFFERS, null, """
                The events do not give the checkpoint's root: one %s was altered together with its hash, or a hash of skipped \
                ones was, or the checkpoint is not of these events.\
                """.formatted(where())));
        }
        if (disagrees != null) {
            throw new Found(new Finding(
                    Kind.INCONSISTENT,
                    null,
                    "The log does not begin with the %d events of the older checkpoint: it was written anew; the first event that differs is %s."
                            .formatted(disagrees.size(), where())));
        }
        checkOlder(checkpoint);
        checkTimes();
    }

    /** Which events the older checkpoints leave over as the culprits. */
    private String where() {
        if (disagrees != null) {
            return "among leaves %d to %d".formatted(agreesUpTo, disagrees.size() - 1);
        }
        return agreesUpTo == 0 ? "of them" : "from leaf %d on".formatted(agreesUpTo);
    }

    private void checkOlder(Checkpoint checkpoint) {
        if (older.isEmpty() || compared > 0) {
            return;
        }
        // Every log begins with nothing.
        if (older.firstKey() == 0) {
            return;
        }
        throw new Found(new Finding(
                Kind.NOT_COMPARABLE,
                null,
                older.firstKey() > checkpoint.size()
                        ? "The checkpoint to compare with is newer than the export: it is of %d events, the export of %d."
                                .formatted(older.firstKey(), checkpoint.size())
                        : "The export skips across the place of the older checkpoint, after %d events: make it again, naming that checkpoint."
                                .formatted(older.firstKey())));
    }

    /** A range is exported from the first event within it to the last. */
    private void checkTimes() {
        if (header == null || header.isFiltered() || firstEvent == null || lastEvent == null) {
            return;
        }
        if (!isAtOrAfter(firstEvent, header.from()) || (header.to() != null && isAtOrAfter(lastEvent, header.to()))) {
            throw new Found(new Finding(
                    Kind.INCOMPLETE,
                    null,
                    "The events are not those between %s and %s, which the header says they are."
                            .formatted(header.from(), header.to())));
        }
    }

    private static boolean isAtOrAfter(Event event, @Nullable String place) {
        if (place == null) {
            return true;
        }
        if (place.matches("[0-9]{1,18}")) {
            return event.entry().position() >= Long.parseLong(place);
        }
        try {
            return !event.entry().occurredAt().isBefore(Instant.parse(place));
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** What a note says, if its signature is as it has to be. */
    private Checkpoint signed(SignedNote note, String what) {
        Checkpoint checkpoint;
        try {
            checkpoint = Checkpoint.parse(note.text());
        } catch (IllegalArgumentException e) {
            throw new Found(
                    new Finding(Kind.FORGED, null, what + " was altered: " + lower(String.valueOf(e.getMessage()))));
        }
        var finding = key == null ? null : checkSignature(note, checkpoint, key, what);
        if (finding != null) {
            throw new Found(finding);
        }
        return checkpoint;
    }

    /** What is wrong with a checkpoint's signature; null: nothing. */
    static @Nullable Finding checkSignature(SignedNote note, Checkpoint checkpoint, VerifierKey key, String what) {
        return switch (note.check(key)) {
            case SIGNED -> null;
            case FORGED ->
                new Finding(
                        Kind.FORGED,
                        null,
                        what + " is forged: its signature claims to be by the key, and is not of this text.");
            case NOT_SIGNED ->
                checkpoint.origin().equals(key.name())
                        ? new Finding(Kind.NOT_SIGNED, null, what + " is not signed by the key " + key + ".")
                        : new Finding(
                                Kind.FOREIGN_CHECKPOINT,
                                null,
                                "%s is of the log %s, and the key of %s."
                                        .formatted(what, checkpoint.origin(), key.name()));
        };
    }

    private static Found found(Event event, Kind kind, String text) {
        return new Found(
                new Finding(kind, event.entry().eventId(), Character.toUpperCase(text.charAt(0)) + text.substring(1)));
    }

    private static String told(Event event) {
        return "event %s (%s, position %d, leaf %d)"
                .formatted(
                        event.entry().eventId(),
                        event.entry().payloadType(),
                        event.entry().position(),
                        event.leaf());
    }

    private static String lower(String sentence) {
        return sentence.isEmpty() ? sentence : Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    private JsonNode parse(String line) {
        try {
            var json = JSON.readTree(line);
            if (json.isObject()) {
                return json;
            }
        } catch (JacksonException e) {
            if (broken && lines > 1) {
                throw cutOff();
            }
            // Not told: it quotes the line.
        }
        throw malformed("it is not a JSON object");
    }

    /** Nobody vouches for what has no meaning here. */
    private void checkFields(JsonNode json, Set<String> known) {
        var others = new HashSet<>(json.propertyNames());
        others.removeAll(known);
        if (!others.isEmpty()) {
            throw malformed("it has a field that none has");
        }
    }

    private String text(JsonNode json, String field) {
        var value = json.path(field);
        if (!value.isString()) {
            throw malformed("\"" + field + "\" is missing, or no text");
        }
        return value.asString();
    }

    private long number(JsonNode json, String field) {
        var value = json.path(field);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
            throw malformed("\"" + field + "\" is missing, or no number");
        }
        return value.asLong();
    }

    private @Nullable String value(JsonNode json, String field) {
        var value = json.path(field);
        return value.isMissingNode() || value.isNull() ? null : value.asString("");
    }
}
