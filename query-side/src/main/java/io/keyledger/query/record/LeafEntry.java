package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An event as the record holds it: a row of {@code event.domain_event}, every column of it, and no more. Its bytes are
 * fixed forever, as every leaf of the tree is the hash of one: the tag {@code keyledger.event.v1}, then the fields in the
 * order below, tag and fields each as a length (4 bytes, the highest first) and that many bytes. Numbers are decimal,
 * the time is as in {@code 2026-03-03T10:12:44.123456Z}.
 *
 * @param type of the aggregate; absent is written as empty
 * @param payload the stored bytes, in which personal data is ciphertext, so that erasure leaves them as they are
 */
@SuppressWarnings("ArrayRecordComponent") // Entries are compared by their hashes.
public record LeafEntry(
        long position,
        String eventId,
        String aggregateId,
        long sequenceNumber,
        @Nullable String type,
        Instant occurredAt,
        String payloadType,
        String payloadRevision,
        byte[] payload,
        byte[] metadata) {

    private static final String TAG = "keyledger.event.v1";
    private static final int FIELDS = 11;

    /** With six decimals always: PostgreSQL keeps microseconds. */
    public static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** What the leaf is the hash of. */
    public byte[] bytes() {
        var fields = new byte[][] {
            TAG.getBytes(UTF_8),
            Long.toString(position).getBytes(UTF_8),
            eventId.getBytes(UTF_8),
            aggregateId.getBytes(UTF_8),
            Long.toString(sequenceNumber).getBytes(UTF_8),
            (type == null ? "" : type).getBytes(UTF_8),
            TIME.format(occurredAt).getBytes(UTF_8),
            payloadType.getBytes(UTF_8),
            payloadRevision.getBytes(UTF_8),
            payload,
            metadata
        };
        var length = 4 * fields.length;
        for (var field : fields) {
            length += field.length;
        }
        var bytes = ByteBuffer.allocate(length);
        for (var field : fields) {
            bytes.putInt(field.length).put(field);
        }
        return bytes.array();
    }

    public Hash hash() {
        return MerkleTree.leaf(bytes());
    }

    LeafEntry at(long anotherPosition) {
        return new LeafEntry(
                anotherPosition,
                eventId,
                aggregateId,
                sequenceNumber,
                type,
                occurredAt,
                payloadType,
                payloadRevision,
                payload,
                metadata);
    }

    LeafEntry with(byte[] anotherPayload, byte[] anotherMetadata) {
        return new LeafEntry(
                position,
                eventId,
                aggregateId,
                sequenceNumber,
                type,
                occurredAt,
                payloadType,
                payloadRevision,
                anotherPayload,
                anotherMetadata);
    }

    /** @throws IllegalArgumentException when these are not the bytes of an entry */
    public static LeafEntry parse(byte[] bytes) {
        var from = ByteBuffer.wrap(bytes);
        try {
            if (!text(from).equals(TAG)) {
                throw new IllegalArgumentException("it does not begin with " + TAG);
            }
            var position = Long.parseLong(text(from));
            var eventId = text(from);
            var aggregateId = text(from);
            var sequenceNumber = Long.parseLong(text(from));
            var type = text(from);
            var occurredAt = TIME.parse(text(from), Instant::from);
            var entry = new LeafEntry(
                    position,
                    eventId,
                    aggregateId,
                    sequenceNumber,
                    type.isEmpty() ? null : type,
                    occurredAt,
                    text(from),
                    text(from),
                    field(from),
                    field(from));
            if (from.hasRemaining()) {
                throw new IllegalArgumentException("something follows the last of its " + FIELDS + " fields");
            }
            return entry;
        } catch (IllegalArgumentException | BufferUnderflowException | CharacterCodingException | DateTimeException e) {
            throw new IllegalArgumentException("This is no entry of the record: " + e.getMessage(), e);
        }
    }

    private static String text(ByteBuffer from) throws CharacterCodingException {
        return UTF_8.newDecoder().decode(ByteBuffer.wrap(field(from))).toString();
    }

    private static byte[] field(ByteBuffer from) {
        var length = from.getInt();
        if (length < 0 || length > from.remaining()) {
            throw new IllegalArgumentException("it was cut off");
        }
        var field = new byte[length];
        from.get(field);
        return field;
    }

    @Override
    public String toString() {
        return "LeafEntry[position=" + position + ", eventId=" + eventId + "]";
    }
}
