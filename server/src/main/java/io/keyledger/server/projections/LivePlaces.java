package io.keyledger.server.projections;

import io.keyledger.query.Projection;
import java.util.TreeSet;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventhandling.WrappedToken;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Where the live tables of projections stand in the log. */
final class LivePlaces {

    private final Serializer tokens;

    /** @param tokens the serializer of the token store */
    LivePlaces(Serializer tokens) {
        this.tokens = tokens;
    }

    /**
     * Where the live tables stand that the transaction under way sees: a streaming projection's place is stored together
     * with its rows, and of another one, every visible event is in its rows.
     *
     * @param from where a reader has come to; what it looked for before that is not looked for again
     */
    Place visible(Projection projection, Place from, JdbcClient jdbc) {
        return projection.isStreaming() ? stored(projection.name(), jdbc) : everything(from, jdbc);
    }

    /** How far a streaming projection has read. */
    Place stored(String processor, JdbcClient jdbc) {
        return jdbc.sql("select token, token_type from state.token_entry where processor_name = ? and segment = 0")
                .param(processor)
                .query((row, _) -> place(row.getBytes("token"), row.getString("token_type")))
                .optional()
                .orElse(Place.START);
    }

    private Place place(byte @Nullable [] stored, @Nullable String type) {
        TrackingToken token = stored == null || type == null
                ? null
                : tokens.deserialize(new SimpleSerializedObject<>(stored, byte[].class, type, null));
        return WrappedToken.unwrapLowerBound(token) instanceof GapAwareTrackingToken read
                ? new Place(read.getIndex(), new TreeSet<>(read.getGaps()))
                : Place.START;
    }

    private static Place everything(Place from, JdbcClient jdbc) {
        var head = Math.max(from.index(), head(jdbc));
        var missing = new TreeSet<Long>();
        jdbc.sql("""
            select index from (
                select unnest(:gaps::bigint[]) as index
                union all
                select generate_series(:from + 1, :head::bigint)) as searched
            where not exists (select from event.domain_event where global_index = index)\
            """)
                .param("gaps", from.gaps().toArray(Long[]::new))
                .param("from", from.index())
                .param("head", head)
                .query((RowCallbackHandler) row -> missing.add(row.getLong(1)));
        return new Place(head, missing);
    }

    static long head(JdbcClient jdbc) {
        return jdbc.sql("select coalesce(max(global_index), 0) from event.domain_event")
                .query(Long.class)
                .single();
    }
}
