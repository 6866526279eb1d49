package io.keyledger.server.database;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.JdbcTransactionObjectSupport;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.DefaultTransactionStatus;

/**
 * Transactions whose commit every synchronous standby has, or that fail. A commit waits for the standbys, and whoever
 * cancels the wait ({@code pg_cancel_backend}) makes PostgreSQL say that it has committed, with a warning: a failover may
 * lose it, so that it must not be acknowledged.
 */
public final class AcknowledgedCommits extends JdbcTransactionManager {

    public AcknowledgedCommits(DataSource dataSource) {
        super(dataSource);
    }

    @Override
    protected void doCommit(DefaultTransactionStatus status) {
        var connection = ((JdbcTransactionObjectSupport) status.getTransaction())
                .getConnectionHolder()
                .getConnection();
        try {
            // Of nothing else; both ask only the driver.
            connection.clearWarnings();
            super.doCommit(status);
            requireNoWarning(connection);
        } catch (SQLException e) {
            throw translateException("JDBC commit", e);
        }
    }

    private static void requireNoWarning(Connection connection) throws SQLException {
        var warning = connection.getWarnings();
        if (warning != null) {
            throw new TransactionSystemException("Whether a standby has this commit is not known", warning);
        }
    }
}
