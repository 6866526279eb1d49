package io.keyledger.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.sql.Connection;
import java.sql.SQLException;

/** A pool in which a request waits no longer than {@link RequestWaits} lets it, all in all; others wait as it is configured. */
final class SharedPool extends HikariDataSource {

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
            // The bean is the pool itself, which alone can be told a time for one borrowing.
            return ((HikariPool) getHikariPoolMXBean()).getConnection(waits.leftMillis());
        } finally {
            waits.waited(System.nanoTime() - begun);
        }
    }
}
