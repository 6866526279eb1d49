package io.keyledger.query.audit;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.audit.AuditEventPage;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.query.Cursors;
import io.keyledger.query.Page;
import io.keyledger.query.ProjectionPositions;
import io.keyledger.query.QueryHandlers;
import java.util.Arrays;
import java.util.List;
import org.axonframework.queryhandling.QueryHandler;
import org.axonframework.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Answers what happened, from {@code projection.audit_entry}. Somebody who may not read everything sees the events that
 * happened to the own account and those that it did, those that took a token of theirs away among them.
 */
@Component
class AuditQueries implements QueryHandlers {

    /** The names of all kinds of events, sorted. */
    static final List<String> TYPES = Event.types().stream()
            .map(type -> type.getAnnotation(EventType.class).name())
            .sorted()
            .toList();

    private final TrailEntries entries;
    private final TrailReader reader;
    private final Cursors cursors;
    private final ProjectionPositions positions;

    /** @param serializer of events */
    AuditQueries(
            JdbcClient jdbc,
            Serializer serializer,
            PersonalDataKeys keys,
            Cursors cursors,
            ProjectionPositions positions) {
        entries = new TrailEntries(jdbc);
        reader = new TrailReader(jdbc, serializer, keys);
        this.cursors = cursors;
        this.positions = positions;
    }

    @QueryHandler
    AuditEventPage handle(FindAuditEvents query) {
        Page.checkLimit(query.limit());
        checkType(query.type());
        List<@Nullable Object> list = Arrays.asList(
                "audit-events",
                query.readerId(),
                query.everything(),
                query.type(),
                query.tokenId(),
                query.accountId(),
                query.actor(),
                query.after(),
                query.before());
        var last = cursors.read(list, query.cursor());
        if (query.position() != null) {
            positions.await("audit", query.position());
            // Names of tokens are read from there.
            positions.await("token", query.position());
        }

        var filter = new TrailEntries.Filter(
                query.readerId(),
                query.everything(),
                query.type(),
                query.tokenId(),
                query.accountId(),
                query.actor(),
                query.after(),
                query.before(),
                null,
                last == null ? null : Long.valueOf(last.getFirst()));
        var page = Page.of(entries.newestFirst(filter, query.limit() + 1), query.limit());
        return new AuditEventPage(
                reader.read(query.readerId(), query.everything(), page.rows()).stream()
                        .map(ToldEntry::told)
                        .toList(),
                page.nextCursor(entry -> cursors.write(list, List.of(Long.toString(entry.position())))));
    }

    static void checkType(@Nullable String type) {
        if (type != null && !TYPES.contains(type)) {
            throw new Refusal.Malformed("invalid_type", "type is one of %s.".formatted(String.join(", ", TYPES)));
        }
    }
}
