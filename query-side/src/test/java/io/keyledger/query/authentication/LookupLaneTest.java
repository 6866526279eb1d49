package io.keyledger.query.authentication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which heartbeat proves that the server is the primary, and for how long. The clock stands still but for what is said. */
class LookupLaneTest {

    private static final byte[][] ONE = {{1}};

    private final AtomicLong clock = new AtomicLong();
    /** What was sent to the database. */
    private final List<String> sent = new ArrayList<>();

    private long beatTakes;
    private @Nullable SQLWarning warning;
    private int timeout;

    private final LookupLane lane = new LookupLane(proxy(DataSource.class, (_, _, _) -> connection()), clock::get);

    @Test
    void a_heartbeat_holds_for_less_than_300_ms() throws SQLException {
        lane.find(ONE);
        clock.addAndGet(LookupLane.BEAT_HOLDS.toNanos() - 1);
        lane.find(ONE);
        clock.addAndGet(1);
        lane.find(ONE);
        assertThat(sent).containsExactly("beat", "select", "select", "beat", "select");
    }

    /** That it was acknowledged late says nothing of the time since: the standby may have had it long before. */
    @Test
    void a_heartbeat_holds_from_when_it_was_sent() throws SQLException {
        beatTakes = LookupLane.BEAT_HOLDS.toNanos() - 1;
        lane.find(ONE);
        lane.find(ONE);
        clock.addAndGet(1);
        lane.find(ONE);
        assertThat(sent).containsExactly("beat", "select", "select", "beat", "select");
    }

    @Test
    void a_heartbeat_whose_wait_for_the_standby_was_cancelled_proves_nothing() throws SQLException {
        lane.find(ONE);
        clock.addAndGet(LookupLane.BEAT_HOLDS.toNanos());
        warning = new SQLWarning("canceling wait for synchronous replication due to user request");
        for (var attempt = 0; attempt < 2; attempt++) {
            assertThatExceptionOfType(SQLWarning.class).isThrownBy(() -> lane.find(ONE));
        }
        warning = null;
        lane.find(ONE);
        assertThat(sent).containsExactly("beat", "select", "beat", "close", "beat", "close", "beat", "select");
    }

    @Test
    void a_heartbeat_that_nobody_acknowledges_is_cancelled_after_a_second() throws SQLException {
        lane.find(ONE);
        assertThat(timeout).isEqualTo(1);
    }

    private Connection connection() {
        return proxy(Connection.class, (connection, method, arguments) -> switch (method.getName()) {
            case "prepareStatement" ->
                ((String) arguments[0]).contains("pg_logical_emit_message") ? beat() : select((Connection) connection);
            case "createArrayOf" -> proxy(Array.class, (_, _, _) -> null);
            case "close" -> {
                sent.add("close");
                yield null;
            }
            default -> null;
        });
    }

    private PreparedStatement beat() {
        return proxy(PreparedStatement.class, (_, method, arguments) -> switch (method.getName()) {
            case "setQueryTimeout" -> {
                timeout = (int) arguments[0];
                yield null;
            }
            case "executeQuery" -> {
                sent.add("beat");
                clock.addAndGet(beatTakes);
                yield noRows();
            }
            case "getWarnings" -> warning;
            default -> null;
        });
    }

    private PreparedStatement select(Connection connection) {
        return proxy(PreparedStatement.class, (_, method, _) -> switch (method.getName()) {
            case "getConnection" -> connection;
            case "executeQuery" -> {
                sent.add("select");
                yield noRows();
            }
            default -> null;
        });
    }

    private static ResultSet noRows() {
        return proxy(ResultSet.class, (_, method, _) -> method.getName().equals("next") ? false : null);
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
