package io.keyledger.query.record;

import io.keyledger.query.record.RecordVerification.Finding;
import io.keyledger.query.record.RecordVerification.Kind;
import io.keyledger.query.record.RecordVerification.Signers;
import io.keyledger.query.record.RecordVerification.Stored;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Some leaves beside each other and the events they were made of, read and compared.
 *
 * @param hashes of the leaves, as they are stored; where one is missing, its event's; null: neither is there
 * @param findings of events that have no leaf and the reverse
 * @param differences of events that are not what their leaves were made of
 * @param subtrees the stored roots over 256 of these leaves, by their index
 * @param checkpoints that end within, by the size they are stored under, their signatures looked at
 */
record VerifiedStretch(
        List<@Nullable Hash> hashes,
        List<Finding> findings,
        List<Difference> differences,
        Map<Long, Hash> subtrees,
        Map<Long, Stored> checkpoints) {

    /** A hundred are told; a few thousand are looked through for those that were exchanged. */
    private static final int MOST = 1_000;

    private static final int FETCHED_AT_ONCE = 2_000;

    /** Where a stretch begins or ends: at this leaf, whose event has this position. */
    record Edge(long leaf, long position) {}

    /**
     * An event that is not what its leaf was made of.
     *
     * @param recorded the leaf's hash
     * @param stored the event as it is now
     */
    record Difference(long leaf, Hash recorded, LeafEntry stored) {}

    /** Reads them; {@code to} is the next one's edge. */
    static VerifiedStretch read(DataSource dataSource, Edge from, Edge to, Signers signers) throws SQLException {
        try (var connection = dataSource.getConnection()) {
            var before = connection.getAutoCommit();
            // Otherwise all rows would be fetched at once.
            connection.setAutoCommit(false);
            try {
                return new Reading(connection, from, to, signers).read();
            } finally {
                connection.rollback();
                connection.setAutoCommit(before);
            }
        }
    }

    private static final class Reading {

        private final Connection connection;
        private final Edge from;
        private final Edge to;
        private final Signers signers;
        private final List<@Nullable Hash> hashes = new ArrayList<>();
        private final List<Finding> findings = new ArrayList<>();
        private final List<Difference> differences = new ArrayList<>();
        private @Nullable LeafEntry event;

        Reading(Connection connection, Edge from, Edge to, Signers signers) {
            this.connection = connection;
            this.from = from;
            this.to = to;
            this.signers = signers;
        }

        VerifiedStretch read() throws SQLException {
            try (var leaves = select(
                            "select index, global_index, hash from event.leaf where index >= ? and index < ? order by"
                                    + " index",
                            from.leaf(),
                            to.leaf());
                    var events = select(
                            "select " + StoredEvents.COLUMNS + " from event.domain_event"
                                    + " where global_index >= ? and global_index < ? order by global_index",
                            from.position(),
                            to.position());
                    var leaf = leaves.executeQuery();
                    var row = events.executeQuery()) {
                next(row);
                var expected = from.leaf();
                while (leaf.next()) {
                    var index = leaf.getLong(1);
                    withoutLeaf(row, leaf.getLong(2), expected, index - expected);
                    compare(row, index, leaf.getLong(2), Hash.of(leaf.getBytes(3)));
                    expected = index + 1;
                }
                withoutLeaf(row, to.position(), expected, to.leaf() - expected);
            }
            return new VerifiedStretch(hashes, findings, differences, subtrees(), checkpoints());
        }

        private PreparedStatement select(String sql, long from, long to) throws SQLException {
            var select = connection.prepareStatement(sql);
            select.setFetchSize(FETCHED_AT_ONCE);
            select.setLong(1, from);
            select.setLong(2, to);
            return select;
        }

        private void next(ResultSet row) throws SQLException {
            event = row.next() ? StoredEvents.entry(row) : null;
        }

        /**
         * Events before this position, that no leaf is there for, and leaves that are not there.
         *
         * @param missing how many leaves are not there, from {@code index} on
         */
        private void withoutLeaf(ResultSet row, long position, long index, long missing) throws SQLException {
            var first = index;
            while (event != null && event.position() < position) {
                if (first < index + missing) {
                    hashes.add(event.hash());
                    found(
                            Kind.TREE_ALTERED,
                            first,
                            event.position(),
                            event.eventId(),
                            "The leaf of event %s at position %d was removed. The event itself is there."
                                    .formatted(event.eventId(), event.position()));
                    first++;
                } else {
                    found(
                            Kind.INSERTED,
                            index + missing,
                            event.position(),
                            event.eventId(),
                            "Event %s at position %d was inserted: it was never recorded."
                                    .formatted(event.eventId(), event.position()));
                }
                next(row);
            }
            if (first < index + missing) {
                hashes.add(null);
                found(
                        Kind.DELETED,
                        first,
                        null,
                        null,
                        first + 1 == index + missing
                                ? "The event of leaf %d was deleted together with its leaf.".formatted(first)
                                : "The events of leaves %d to %d were deleted together with their leaves."
                                        .formatted(first, index + missing - 1));
            }
        }

        private void compare(ResultSet row, long index, long position, Hash recorded) throws SQLException {
            hashes.add(recorded);
            if (event == null || event.position() != position) {
                var known = knownToTheTrail(position);
                found(
                        Kind.DELETED,
                        index,
                        position,
                        known,
                        known == null
                                ? "The event at position %d was deleted.".formatted(position)
                                : "Event %s at position %d was deleted.".formatted(known, position));
                return;
            }
            if (differences.size() < MOST && !event.hash().equals(recorded)) {
                differences.add(new Difference(index, recorded, event));
            }
            next(row);
        }

        private void found(Kind kind, long leaf, @Nullable Long position, @Nullable String eventId, String sentence) {
            if (findings.size() < MOST) {
                findings.add(new Finding(kind, leaf, position, eventId, sentence));
            }
        }

        private @Nullable String knownToTheTrail(long position) throws SQLException {
            if (findings.size() >= MOST) {
                return null;
            }
            try (var select =
                    connection.prepareStatement("select event_id from projection.audit_entry where position = ?")) {
                select.setLong(1, position);
                try (var row = select.executeQuery()) {
                    return row.next() ? row.getString(1) : null;
                }
            }
        }

        private Map<Long, Hash> subtrees() throws SQLException {
            Map<Long, Hash> subtrees = new HashMap<>();
            try (var select = select(
                            "select index, hash from event.subtree where level = 8 and index >= ? and index < ?",
                            from.leaf() >> StoredTree.HEIGHT,
                            to.leaf() >> StoredTree.HEIGHT);
                    var row = select.executeQuery()) {
                while (row.next()) {
                    subtrees.put(row.getLong(1), Hash.of(row.getBytes(2)));
                }
            }
            return subtrees;
        }

        private Map<Long, Stored> checkpoints() throws SQLException {
            Map<Long, Stored> checkpoints = new HashMap<>();
            try (var select = select(
                            "select size, note from event.checkpoint where size > ? and size <= ?",
                            from.leaf(),
                            to.leaf());
                    var row = select.executeQuery()) {
                while (row.next()) {
                    checkpoints.put(row.getLong(1), signers.stored(row.getLong(1), row.getString(2)));
                }
            }
            return checkpoints;
        }
    }
}
