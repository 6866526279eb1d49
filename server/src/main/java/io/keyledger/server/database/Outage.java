package io.keyledger.server.database;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLWarning;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;

/** Tells failures that pass by themselves, or by an operator's help, from mistakes. */
public final class Outage {

    /**
     * Classes of SQLSTATE (PostgreSQL's appendix A): connection, insufficient resources (a full disk too), operator
     * intervention, system error.
     */
    private static final Set<String> CLASSES = Set.of("08", "53", "57", "58");

    /** What a standby says, which has been the primary before a failover. */
    private static final String READ_ONLY = "25006";

    /** operator_intervention: what a database that was restored from a backup says to who authenticates or appends. */
    private static final String RESTORED = "57000";

    private Outage() {}

    public static boolean isCauseOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException
                    || cause instanceof CannotCreateTransactionException
                    || isBrokenConnection(cause)
                    // Of a commit that no standby may have (AcknowledgedCommits): nothing else throws one.
                    || cause instanceof SQLWarning
                    || (cause instanceof SQLException e && isOutage(e.getSQLState()))) {
                return true;
            }
        }
        return false;
    }

    /** Whether nobody is authenticated and nothing appended because the database was restored from a backup. */
    public static boolean isOfRestore(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException e && RESTORED.equals(e.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    /** A rollback fails, by the pool's word, when the connection has broken before; why, is lost then. */
    private static boolean isBrokenConnection(Throwable failure) {
        return failure instanceof TransactionSystemException
                && failure.getCause() instanceof SQLException e
                && e.getSQLState() == null;
    }

    private static boolean isOutage(@Nullable String state) {
        return state != null
                && state.length() == 5
                && (CLASSES.contains(state.substring(0, 2)) || state.equals(READ_ONLY));
    }
}
