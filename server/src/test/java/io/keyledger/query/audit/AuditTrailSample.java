package io.keyledger.query.audit;

import io.keyledger.query.Projection;
import org.axonframework.serialization.Serializer;

/** Hands the projection of this package to tests of others. */
public final class AuditTrailSample {

    private AuditTrailSample() {}

    public static Projection projection(Serializer serializer) {
        return new AuditTrailProjection(serializer);
    }
}
