package io.keyledger.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A pool in which a request waits no longer than {@link RequestWaits} lets it, all in all; others wait as it is configured.
 * Requests queue once: who has had a connection and needs another does not wait behind a crowd of those who come.
 */
final class SharedPool extends HikariDataSource {

    /** How many of those who come wait among those who have begun. */
    private static final int NEWCOMERS = 2;

    private final Semaphore door = new Semaphore(NEWCOMERS, true);

    SharedPool(HikariConfig config) {
        super(config);
    }

    @Override
    public Connection getConnection() throws SQLException {
        var waits = RequestWaits.current();
        if (waits == null || isClosed()) {
            return super.getConnection();
        }
        var begun = System.nanoTime();
        try {
            return waits.hasBegun() ? borrow(waits.leftMillis()) : comeIn(waits.leftMillis());
        } finally {
            waits.waited(System.nanoTime() - begun);
        }
    }

    private Connection comeIn(long millis) throws SQLException {
        var begun = System.nanoTime();
        try {
            if (!door.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
                throw new SQLTransientConnectionException("too many requests wait for a connection");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException("interrupted while waiting for a connection", e);
        }
        try {
            return borrow(millis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        } finally {
            door.release();
        }
    }

    /** The bean is the pool itself, which alone can be told a time for one borrowing. */
    private Connection borrow(long millis) throws SQLException {
        return ((HikariPool) getHikariPoolMXBean()).getConnection(Math.max(0, millis));
    }
}
