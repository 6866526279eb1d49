package io.keyledger.command.token;

import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * For what is to be done once, however many nodes there are: by whichever node comes first, held by a lock in the
 * database.
 */
final class OneNodeAtATime {

    private OneNodeAtATime() {}

    /**
     * Does it, unless another node is at it.
     *
     * @param locks a pool that the task itself takes no connections from
     * @param lock any number that nothing else of ours locks
     */
    static void run(DataSource locks, long lock, Runnable task) throws SQLException {
        try (var connection = locks.getConnection();
                var statement = connection.createStatement()) {
            try (var locked = statement.executeQuery("select pg_try_advisory_lock(" + lock + ")")) {
                if (!locked.next() || !locked.getBoolean(1)) {
                    return;
                }
            }
            try {
                task.run();
            } finally {
                statement.execute("select pg_advisory_unlock(" + lock + ")");
            }
        }
    }
}
