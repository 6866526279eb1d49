package io.keyledger.server.projections;

import io.keyledger.api.Event;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.eventstore.LogReader;
import io.keyledger.server.eventstore.TokenSerializer;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import org.axonframework.serialization.upcasting.event.NoOpEventUpcaster;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Not a test: measures how fast each projection is built from a log of this many events (first argument). */
final class ReplaySpeed {

    private ReplaySpeed() {}

    public static void main(String[] arguments) throws InterruptedException {
        var count = arguments.length == 0 ? 300_000 : Integer.parseInt(arguments[0]);
        try (var database = TestDatabase.create()) {
            var jdbc = JdbcClient.create(database);
            var keys = new TestDataKeys(database);
            var start = System.nanoTime();
            new SampleLog(database, keys, 1).append(count);
            System.out.printf("%d events made in %.1f s%n", count, (System.nanoTime() - start) / 1e9);
            var log = new TestLog(database);
            log.cover("token", LivePlaces.head(jdbc));
            log.cover("audit", LivePlaces.head(jdbc));
            try (var rebuilds = new Rebuilds(
                    Samples.projections(keys),
                    new LogReader(new EventSerializer(Event.types()), NoOpEventUpcaster.INSTANCE),
                    TokenSerializer.create(),
                    () -> DriverManager.getConnection(database.getJdbcUrl()),
                    jdbc)) {
                for (var name : List.of("lookup", "token", "audit", "lookup", "audit")) {
                    start = System.nanoTime();
                    rebuilds.start(name, null);
                    while (rebuilds.status(name).orElseThrow().state() == Rebuilds.State.RUNNING) {
                        Thread.sleep(Duration.ofMillis(50));
                    }
                    var status = rebuilds.status(name).orElseThrow();
                    System.gc();
                    System.out.printf(
                            "%s: %s, %.0f events/s while loading, %.1f s in all, %d differences, %d MB used %s%n",
                            name,
                            status.state(),
                            status.eventsPerSecond(),
                            (System.nanoTime() - start) / 1e9,
                            status.differences(),
                            (Runtime.getRuntime().totalMemory()
                                            - Runtime.getRuntime().freeMemory())
                                    >> 20,
                            status.error() == null ? "" : status.error());
                }
            }
        }
        System.exit(0);
    }
}
