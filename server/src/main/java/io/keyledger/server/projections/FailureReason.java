package io.keyledger.server.projections;

import java.sql.SQLException;
import org.springframework.dao.DataAccessException;

/** What administrators are told of a failure. */
final class FailureReason {

    private FailureReason() {}

    /** The words of PostgreSQL or of whoever failed, without the statement. */
    static String of(Throwable failure) {
        var cause = failure;
        while (failure instanceof DataAccessException && cause.getCause() != null) {
            cause = cause.getCause();
            if (cause instanceof SQLException) {
                break;
            }
        }
        if (cause instanceof SQLException sql
                && sql.getSQLState() != null
                && sql.getSQLState().startsWith("22")) {
            // Its words quote the value, which may be personal.
            return "PostgreSQL cannot store a value (SQLSTATE %s)".formatted(sql.getSQLState());
        }
        // Java's own words about a null or a cast tell of code only.
        return cause.getMessage() == null
                        || cause instanceof NullPointerException
                        || cause instanceof ClassCastException
                ? "an error in the program, " + cause.getClass().getName()
                : cause.getMessage();
    }
}
