package io.keyledger.server.projections;

import io.keyledger.api.Event;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.query.Projection;
import io.keyledger.query.audit.AuditTrailSample;
import io.keyledger.query.authentication.LookupProjection;
import io.keyledger.query.token.TokenListSample;
import io.keyledger.server.eventstore.EventSerializer;
import java.util.List;

/** All projections, as the server has them. */
final class Samples {

    private Samples() {}

    static List<Projection> projections(PersonalDataKeys keys) {
        return List.of(
                new LookupProjection(keys),
                TokenListSample.projection(keys),
                AuditTrailSample.projection(new EventSerializer(Event.types())));
    }
}
