package io.keyledger.server.eventstore;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Tells the processes on this database that there are new events, by PostgreSQL's {@code NOTIFY}. It only makes them look
 * sooner: what is not heard is found by looking from time to time.
 *
 * <p>A notification is sent after the commit that it is about, one for all that were committed since the last: within
 * their transactions, PostgreSQL would let them commit one after the other (docs/adr, 21). It bears the id of the node that
 * sends it, which PostgreSQL tells, too, and which has looked already.
 */
public final class EventNotifications implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EventNotifications.class);

    /** Nobody waits until it is on the disk, or at a standby. */
    private static final String SEND =
            "select set_config('synchronous_commit', 'off', true), pg_notify('keyledger_events', :node)";

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(10);

    /** After so much silence the connection has to prove that it still is one. */
    private static final Duration SILENCE = Duration.ofSeconds(1);

    private static final Duration ANSWER = Duration.ofSeconds(2);

    private final String nodeId;
    private final Connections connections;
    private final JdbcClient jdbc;
    private final AtomicBoolean pending = new AtomicBoolean();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final ScheduledThreadPoolExecutor sender = new ScheduledThreadPoolExecutor(
            1,
            Thread.ofPlatform().name("event-notifications-out").daemon().factory(),
            new ThreadPoolExecutor.DiscardPolicy());
    private volatile long sentAt = System.nanoTime() - SHORTEST_PAUSE.toNanos();
    private volatile boolean listening;

    /** Makes a connection of its own, which belongs to no pool. */
    public interface Connections {
        Connection connect() throws SQLException;
    }

    /** @param nodeId that of no other process */
    public EventNotifications(String nodeId, Connections connections, JdbcClient jdbc) {
        this.nodeId = nodeId;
        this.connections = connections;
        this.jdbc = jdbc;
    }

    /** Starts to listen. Another node's notification calls {@code onNews}, and so does whatever may have kept one away. */
    public void start(Runnable onNews) {
        Thread.ofPlatform().name("event-notifications-in").daemon().start(() -> listenUntilStopped(onNews));
    }

    /** Whether it is certain, up to some seconds ago, that notifications arrive. */
    public boolean isListening() {
        return listening;
    }

    /** This process has committed events, and has looked at them itself. */
    public void send() {
        if (pending.compareAndSet(false, true)) {
            var pause = sentAt + SHORTEST_PAUSE.toNanos() - System.nanoTime();
            var _ = sender.schedule(this::sendNow, Math.max(0, pause), TimeUnit.NANOSECONDS);
        }
    }

    private void sendNow() {
        // Before it is sent: what is committed from now on needs another one.
        pending.set(false);
        try {
            jdbc.sql(SEND).param("node", nodeId).query((_, _) -> true).single();
        } catch (DataAccessException e) {
            LOG.debug("The other nodes could not be told of new events and have to find them: {}", e.toString());
        }
        sentAt = System.nanoTime();
    }

    private void listenUntilStopped(Runnable onNews) {
        try {
            do {
                listen(onNews);
            } while (!stopping.await(SILENCE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void listen(Runnable onNews) {
        try (var connection = connections.connect();
                var statement = connection.createStatement()) {
            // Of the driver's own threads none is needed for it.
            connection.setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
            statement.execute("listen keyledger_events");
            listening = true;
            onNews.run();
            var notifications = connection.unwrap(PGConnection.class);
            while (stopping.getCount() > 0) {
                var received = notifications.getNotifications((int) SILENCE.toMillis());
                if (Arrays.stream(received)
                        .anyMatch(news -> !news.getParameter().equals(nodeId))) {
                    onNews.run();
                } else if (received.length == 0) {
                    // One that the network has lost says nothing, as does one that has nothing to say.
                    statement.execute("select 1");
                }
            }
        } catch (SQLException e) {
            if (listening && stopping.getCount() > 0) {
                LOG.warn("New events of other nodes are not told any more, but looked for: {}", e.toString());
            }
        } finally {
            listening = false;
        }
    }

    /** What is to be told yet still is. */
    @Override
    public void close() {
        stopping.countDown();
        sender.shutdown();
        try {
            var _ = sender.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
