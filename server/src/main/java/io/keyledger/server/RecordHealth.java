package io.keyledger.server;

import io.keyledger.query.record.Checkpoints;
import io.keyledger.query.record.RecordAltered;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Tells who watches the server when the record does not go on, as metrics and in the health. It is no part of the readiness:
 * who altered the record must not stop the service by it.
 */
final class RecordHealth implements HealthIndicator {

    private static final Logger LOG = LoggerFactory.getLogger(RecordHealth.class);

    /** Why, by what was refused. */
    private final Map<String, String> refused = new ConcurrentSkipListMap<>();

    RecordHealth(Checkpoints checkpoints, MeterRegistry meters) {
        Gauge.builder("keyledger.record.altered", () -> refused.isEmpty() ? 0 : 1)
                .description("1 while this node appends or signs nothing, because the record was altered")
                .register(meters);
        Gauge.builder(
                        "keyledger.record.unsigned.age",
                        () -> checkpoints.unsignedAge().toMillis() / 1000.0)
                .description("How long ago the oldest event happened that no checkpoint covers; 0 without one")
                .baseUnit("seconds")
                .register(meters);
    }

    /** A part of the housekeeping. */
    interface Work {
        void run() throws Exception;
    }

    /** Does it, unless the record was altered. That is said once, and then by health and metrics for as long as it is so. */
    void watch(String what, Work work) throws Exception {
        try {
            work.run();
            if (refused.remove(what) != null) {
                LOG.info("{} goes on", what);
            }
        } catch (RecordAltered e) {
            var reason = String.valueOf(e.getMessage());
            if (!reason.equals(refused.put(what, reason))) {
                LOG.error("{} is refused: {}", what, reason);
            }
        }
    }

    @Override
    public Health health() {
        return refused.values().stream()
                .findFirst()
                .map(reason -> Health.down().withDetail("reason", reason))
                .orElseGet(Health::up)
                .build();
    }
}
