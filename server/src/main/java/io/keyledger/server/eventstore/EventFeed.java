package io.keyledger.server.eventstore;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.axonframework.common.stream.BlockingStream;
import org.axonframework.eventhandling.TrackedEventMessage;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.messaging.StreamableMessageSource;
import org.axonframework.serialization.SerializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where pooled streaming processors get their events from, those of other processes included.
 *
 * <p>Axon's event store will not do. It has no way to tell these processors of news, so they ask twice a second,
 * whatever its fetch delay; and if it shares one reader among them, an event that cannot be read is logged by that
 * reader again and again, while the processors stand still and report no error. Here each processor reads for
 * itself, is told to look, and gets the exception.
 *
 * <p>Who commits events tells ({@link EventNotifications}). What was not told is looked for once in a second, or at every
 * {@code pause} while nothing would be told: one query per processor, when there is nothing new.
 */
public final class EventFeed implements StreamableMessageSource<TrackedEventMessage<?>>, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    /** Of the news of one look: while much happens, a projection takes what has come together at once. */
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

    private final PostgresEventStorageEngine engine;
    private final BooleanSupplier isTold;
    private volatile long lookedAt = System.nanoTime() - SHORTEST_PAUSE.toNanos();
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile @Nullable RuntimeException failure;
    private final Set<Events> open = new CopyOnWriteArraySet<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("event-feed").daemon().factory());

    /**
     * @param pause how long another process's event may stay unnoticed while it is not told
     * @param isTold whether other processes' events are
     */
    public EventFeed(PostgresEventStorageEngine engine, Duration pause, BooleanSupplier isTold) {
        this.engine = engine;
        this.isTold = isTold;
        var _ = clock.scheduleWithFixedDelay(
                this::lookIfDue, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Why no events are handed out: what was thrown at the last attempt, if it failed. */
    public @Nullable RuntimeException failure() {
        return failure;
    }

    private void lookIfDue() {
        if (!isTold.getAsBoolean() || System.nanoTime() - lookedAt >= LONGEST_PAUSE.toNanos()) {
            look();
        }
    }

    /** Tells the processors to look, now or some milliseconds after the last time: somebody has committed events. */
    public void look() {
        if (due.compareAndSet(false, true)) {
            var pause = lookedAt + SHORTEST_PAUSE.toNanos() - System.nanoTime();
            try {
                var _ = clock.schedule(this::lookNow, Math.max(0, pause), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException closed) {
                LOG.debug("Nobody looks any more");
            }
        }
    }

    private void lookNow() {
        // Before it is told: what is committed from now on needs another look.
        due.set(false);
        lookedAt = System.nanoTime();
        open.forEach(Events::look);
    }

    @Override
    public BlockingStream<TrackedEventMessage<?>> openStream(@Nullable TrackingToken after) {
        Events events = new Events(after);
        open.add(events);
        return events;
    }

    @Override
    public TrackingToken createTailToken() {
        return engine.createTailToken();
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    /**
     * What one processor reads. Its methods wait for each other: Axon's coordinator asks whether there are more events after
     * it has let another thread do its work, and an event that both fetch at once would be lost.
     */
    private final class Events implements BlockingStream<TrackedEventMessage<?>> {

        /** Has a permit when there may be something that was not there at the last query. */
        private final Semaphore news = new Semaphore(1);

        private volatile Runnable onNews = () -> {};
        private @Nullable TrackingToken last;
        private @Nullable TrackedEventMessage<?> next;
        private Iterator<? extends TrackedEventMessage<?>> found = Collections.emptyIterator();

        private Events(@Nullable TrackingToken after) {
            last = after;
        }

        private void look() {
            if (news.availablePermits() == 0) {
                news.release();
            }
            try {
                onNews.run();
            } catch (RejectedExecutionException processorIsGone) {
                close();
            } catch (RuntimeException e) {
                // Thrown on, it would end the schedule for every processor, without a word.
                LOG.warn("A processor could not be told of news, will be told again: {}", e.toString());
            }
        }

        @Override
        public synchronized boolean hasNextAvailable(int timeout, TimeUnit unit) throws InterruptedException {
            try {
                var available = find(timeout, unit);
                failure = null;
                return available;
            } catch (RuntimeException e) {
                failure = e instanceof SerializationException ? unreadable(e) : e;
                throw e;
            }
        }

        private RuntimeException unreadable(RuntimeException e) {
            return new IllegalStateException(
                    "%s cannot be read: %s".formatted(engine.describeNext(last), e.getMessage()), e);
        }

        private boolean find(int timeout, TimeUnit unit) throws InterruptedException {
            while (next == null) {
                if (found.hasNext()) {
                    next = found.next();
                } else if (news.tryAcquire(timeout, unit)) {
                    found = engine.readEvents(last, false).iterator();
                } else {
                    // An iterator that has come to its end asks the database again.
                    found = Collections.emptyIterator();
                    return false;
                }
            }
            return true;
        }

        @Override
        public synchronized Optional<TrackedEventMessage<?>> peek() {
            return hasNextAvailable() ? Optional.ofNullable(next) : Optional.empty();
        }

        @Override
        public synchronized TrackedEventMessage<?> nextAvailable() throws InterruptedException {
            while (next == null) {
                hasNextAvailable(1, TimeUnit.HOURS);
            }
            TrackedEventMessage<?> event = next;
            next = null;
            last = event.trackingToken();
            return event;
        }

        @Override
        public boolean setOnAvailableCallback(Runnable callback) {
            onNews = callback;
            return true;
        }

        @Override
        public void close() {
            open.remove(this);
        }
    }
}
