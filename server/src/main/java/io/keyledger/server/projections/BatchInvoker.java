package io.keyledger.server.projections;

import io.keyledger.query.LogEntry;
import io.keyledger.query.Projection;
import io.keyledger.query.Tables;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.eventhandling.EventHandlerInvoker;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.Segment;
import org.axonframework.messaging.unitofwork.BatchingUnitOfWork;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Gives a projection the events of a batch all at once, in the transaction that stores how far it has read. */
public final class BatchInvoker implements EventHandlerInvoker {

    private static final String BATCH = BatchInvoker.class.getName() + ".batch";

    private final Projection projection;
    private final JdbcClient jdbc;

    /** What failed as a batch is tried again event by event, so that the failure names the one that it is about. */
    private volatile long failedUpTo;

    public BatchInvoker(Projection projection, JdbcClient jdbc) {
        this.projection = projection;
        this.jdbc = jdbc;
    }

    /** What is of no concern to the projection still moves its place in the log, on which reads wait. */
    @Override
    public boolean canHandle(EventMessage<?> event, Segment segment) {
        return true;
    }

    @Override
    public void handle(EventMessage<?> event, Segment segment) {
        var unitOfWork = (BatchingUnitOfWork<?>) CurrentUnitOfWork.get();
        List<EventMessage<?>> batch = unitOfWork.root().getOrComputeResource(BATCH, _ -> new ArrayList<>());
        batch.add(event);
        if (unitOfWork.isLastMessage()) {
            var entries = LogEntry.find(batch, jdbc);
            if (entries.stream().noneMatch(entry -> entry.position() <= failedUpTo)) {
                apply(entries);
            } else {
                entries.forEach(entry -> apply(List.of(entry)));
            }
        }
    }

    private void apply(List<LogEntry> entries) {
        try {
            projection.apply(entries, Tables.live(jdbc));
        } catch (LogEntry.Unreadable e) {
            throw e;
        } catch (RuntimeException e) {
            var last = entries.getLast();
            failedUpTo = Math.max(failedUpTo, last.position());
            throw new IllegalStateException(
                    "%s cannot be applied: %s"
                            .formatted(
                                    entries.size() == 1
                                            ? "The event " + last.describe()
                                            : "One of the events from %s to %s"
                                                    .formatted(
                                                            entries.getFirst().describe(), last.describe()),
                                    FailureReason.of(e)),
                    e);
        }
    }

    @Override
    public boolean supportsReset() {
        return false;
    }
}
