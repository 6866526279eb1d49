package io.keyledger.query.record;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a part of the record so that it proves itself: NDJSON, whose lines stand for all leaves of one checkpoint's tree
 * in their order, those of events that were not asked for as hashes of whole subtrees. {@link ExportVerification} reads it
 * again; docs/export.md describes it. Holds no more than a line.
 */
public final class ExportWriter {

    /** The header's {@code format}. Another number: another meaning of what was there before. */
    static final String FORMAT = "keyledger-export/1";

    public static final String MEDIA_TYPE = "application/x-ndjson";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Appendable out;
    private final MerkleTree.Subtrees subtrees;
    private final NavigableSet<Long> sizes;
    private long next;

    /**
     * @param subtrees of the checkpoint's tree
     * @param sizes of older checkpoints that the export is to be compared with: no skipped subtree reaches across one
     */
    public ExportWriter(Appendable out, MerkleTree.Subtrees subtrees, Iterable<Long> sizes) {
        this.out = out;
        this.subtrees = subtrees;
        this.sizes = new TreeSet<>();
        sizes.forEach(this.sizes::add);
    }

    /**
     * What was asked for; absent: no limit.
     *
     * @param origin of the log
     * @param from an instant or a position, inclusive
     * @param to an instant or a position, exclusive
     */
    public record Header(
            String origin,
            @Nullable Object from,
            @Nullable Object to,
            @Nullable String type,
            @Nullable String accountId,
            @Nullable String tokenId) {}

    /** The first line. */
    public void header(Header header) throws IOException {
        var line = line("header");
        line.put("format", FORMAT);
        line.put("origin", header.origin());
        line.put("from", header.from());
        line.put("to", header.to());
        line.put("type", header.type());
        line.put("accountId", header.accountId());
        line.put("tokenId", header.tokenId());
        write(line);
    }

    /**
     * The next event, after those that are left out.
     *
     * @param leaf its index, above the one before
     * @param readable the same as a person reads it; absent: left out, because it would tell in clear what is encrypted
     */
    public void event(long leaf, LeafEntry entry, @Nullable Object readable) throws IOException {
        skip(leaf);
        var line = line("event");
        line.put("leaf", leaf);
        line.put("position", entry.position());
        line.put("eventId", entry.eventId());
        line.put("aggregateType", entry.type());
        line.put("aggregateId", entry.aggregateId());
        line.put("sequenceNumber", entry.sequenceNumber());
        line.put("occurredAt", LeafEntry.TIME.format(entry.occurredAt()));
        line.put("type", entry.payloadType());
        line.put("revision", entry.payloadRevision());
        line.put("payload", base64(entry.payload()));
        line.put("metadata", base64(entry.metadata()));
        line.put("hash", entry.hash().base64());
        line.put("event", readable);
        write(line);
        next = leaf + 1;
    }

    /** The last line; without it the export was cut off. */
    public void checkpoint(SignedNote checkpoint) throws IOException {
        skip(Checkpoint.parse(checkpoint.text()).size());
        var line = line("checkpoint");
        line.put("note", checkpoint.toString());
        write(line);
    }

    private void skip(long to) throws IOException {
        if (to < next) {
            throw new IllegalArgumentException("leaf " + to + " comes after leaf " + (next - 1));
        }
        while (next < to) {
            var size = sizes.higher(next);
            var end = size == null || size > to ? to : size;
            var line = line("skipped");
            line.put("from", next);
            line.put("to", end);
            List<String> hashes = new ArrayList<>();
            while (next < end) {
                var level = level(next, end);
                hashes.add(subtrees.at(level, next >> level).base64());
                next += 1L << level;
            }
            line.put("hashes", hashes);
            write(line);
        }
    }

    /** Of the biggest complete subtree that begins at a leaf and ends before another. */
    static int level(long from, long to) {
        var fits = 63 - Long.numberOfLeadingZeros(to - from);
        return from == 0 ? fits : Math.min(fits, Long.numberOfTrailingZeros(from));
    }

    private static Map<String, @Nullable Object> line(String kind) {
        var line = new LinkedHashMap<String, @Nullable Object>();
        line.put("kind", kind);
        return line;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private void write(Map<String, @Nullable Object> line) throws IOException {
        out.append(JSON.writeValueAsString(line)).append('\n');
    }
}
