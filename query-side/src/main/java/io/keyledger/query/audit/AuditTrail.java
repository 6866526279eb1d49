package io.keyledger.query.audit;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.query.ProjectionPositions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.axonframework.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Tells what happened in the order of the log, from beginning to end: for exports and replays, however long they are. It
 * is read a page at a time, each a statement of its own, so that neither a transaction nor more than a page is held while
 * whoever reads takes their time.
 */
@Component
public final class AuditTrail {

    static final int PAGE = 500;

    /** PostgreSQL's times go further than the form of times does. */
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private final JdbcClient jdbc;
    private final TrailEntries entries;
    private final TrailReader reader;
    private final ProjectionPositions positions;
    private final Clock clock;

    /** @param serializer of events */
    public AuditTrail(
            JdbcClient jdbc, Serializer serializer, PersonalDataKeys keys, ProjectionPositions positions, Clock clock) {
        this.jdbc = jdbc;
        this.entries = new TrailEntries(jdbc);
        this.reader = new TrailReader(jdbc, serializer, keys);
        this.positions = positions;
        this.clock = clock;
    }

    /**
     * Where a part of the trail begins and ends in the log: from the first event whose time is within to the last one. One
     * between them whose time lies outside, by the clocks of two nodes or a slow transaction, belongs to it.
     *
     * @param first position, inclusive
     * @param last position, inclusive; below the first where there is nothing
     */
    public record Range(long first, long last) {

        static final Range EMPTY = new Range(1, 0);

        public boolean isEmpty() {
            return last < first;
        }
    }

    /**
     * The part that was asked for, of what is committed now.
     *
     * @throws Refusal where it makes no sense, or cannot be told right now
     */
    public Range range(TrailSelection selection) {
        AuditQueries.checkType(selection.type());
        check(selection.from(), selection.to());
        positions.awaitHead("audit");
        // Names of tokens are read from there.
        positions.awaitHead("token");
        if (selection.everything()) {
            checkKnown(selection);
        }
        if (selection.from() instanceof TrailPlace.Position(var position) && position > positions.head()) {
            throw new Refusal.Malformed(
                    "invalid_range", "from is beyond the last event; nothing has happened there yet.");
        }
        return jdbc.sql("""
            select min(position), max(position) from projection.audit_entry
            where occurred_at >= :from and occurred_at < :to and position >= :first and position < :end\
            """)
                .param("from", instant(selection.from(), Instant.EPOCH).atOffset(ZoneOffset.UTC))
                .param("to", instant(selection.to(), LATEST).atOffset(ZoneOffset.UTC))
                .param("first", position(selection.from(), 0))
                .param("end", position(selection.to(), Long.MAX_VALUE))
                .query((row, _) -> {
                    var first = row.getLong(1);
                    return row.wasNull() ? Range.EMPTY : new Range(first, row.getLong(2));
                })
                .single();
    }

    private void check(@Nullable TrailPlace from, @Nullable TrailPlace to) {
        var reversed = switch (from) {
            case TrailPlace.At(var begin) -> to instanceof TrailPlace.At(var end) && !begin.isBefore(end);
            case TrailPlace.Position(var first) -> to instanceof TrailPlace.Position(var end) && first >= end;
            case null -> false;
        };
        if (reversed) {
            throw new Refusal.Malformed("invalid_range", "from has to be before to.");
        }
        if (from instanceof TrailPlace.At(var begin) && begin.isAfter(clock.instant())) {
            throw new Refusal.Malformed("invalid_range", "from is in the future; nothing has happened there yet.");
        }
    }

    private void checkKnown(TrailSelection selection) {
        if (selection.accountId() != null && !isKnown("account_id", selection.accountId())) {
            throw new Refusal.NotFound("not_found", "There is no account with this id.");
        }
        if (selection.tokenId() != null && !isKnown("token_id", selection.tokenId())) {
            throw new Refusal.NotFound("not_found", "There is no token with this id.");
        }
    }

    private boolean isKnown(String column, String id) {
        return jdbc.sql("select exists (select from projection.audit_entry where " + column + " = ?)")
                .param(id)
                .query(Boolean.class)
                .single();
    }

    private static Instant instant(@Nullable TrailPlace place, Instant otherwise) {
        return place instanceof TrailPlace.At(var instant) ? instant : otherwise;
    }

    private static long position(@Nullable TrailPlace place, long otherwise) {
        return place instanceof TrailPlace.Position(var position) ? position : otherwise;
    }

    /**
     * The events of a part of the trail, in the order of the log. The first page is read already, so that what fails,
     * fails before anything is told.
     */
    public Iterator<ToldEntry> walk(TrailSelection selection, Range range) {
        var walk = new Walk(selection, range);
        walk.fill();
        return walk;
    }

    private final class Walk implements Iterator<ToldEntry> {

        private final TrailSelection selection;
        private final long last;
        private final ArrayDeque<ToldEntry> page = new ArrayDeque<>();
        private long read;
        private boolean ended;

        Walk(TrailSelection selection, Range range) {
            this.selection = selection;
            this.last = range.last();
            this.read = range.first() - 1;
            this.ended = range.isEmpty();
        }

        void fill() {
            if (!page.isEmpty() || ended) {
                return;
            }
            var filter = new TrailEntries.Filter(
                    selection.readerId(),
                    selection.everything(),
                    selection.type(),
                    selection.tokenId(),
                    selection.accountId(),
                    null,
                    null,
                    null,
                    read,
                    last + 1);
            var rows = entries.oldestFirst(filter, PAGE);
            page.addAll(reader.read(selection.readerId(), selection.everything(), rows));
            if (rows.size() < PAGE) {
                ended = true;
            } else {
                read = rows.getLast().position();
            }
        }

        @Override
        public boolean hasNext() {
            fill();
            return !page.isEmpty();
        }

        @Override
        public ToldEntry next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return page.remove();
        }
    }
}
