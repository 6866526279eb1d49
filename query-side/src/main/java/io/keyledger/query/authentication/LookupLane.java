package io.keyledger.query.authentication;

import io.keyledger.query.authentication.TokenLookup.Accepted;
import io.keyledger.query.authentication.TokenLookup.Known;
import io.keyledger.query.authentication.TokenLookup.Refused;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the primary, and the certainty that it still is the primary. A server that was cut off from its
 * standbys, or from whoever promotes one of them, goes on answering reads from what it knows. So a lane asks only when,
 * since the questions came, it has sent a heartbeat to the same server over the same connection, or has sent one less
 * than {@link #BEAT_HOLDS} before; and the heartbeat was committed as every change is, by a synchronous standby too,
 * where there are any. A standby that is promoted has to take longer than that from its last acknowledgement to its
 * first commit (docs/adr, 20).
 */
final class LookupLane implements AutoCloseable {

    static final Duration BEAT_HOLDS = Duration.ofMillis(300);

    /**
     * Seconds that a heartbeat may take; then the driver cancels it. Without that each one that no standby acknowledges
     * would leave a connection behind: PostgreSQL has no time limit for a commit, and does not notice who has gone.
     */
    private static final int BEAT_TAKES = 1;

    /** A record of the log that nobody reads; no row that would have to be cleaned away. */
    private static final String BEAT = """
        select case when current_setting('synchronous_standby_names') <> ''
            then pg_logical_emit_message(true, 'keyledger', '') end\
        """;

    /** The same for every value, whether it is accepted, refused or unknown. */
    static final String SELECT = """
        select v.digest, t.token_id, t.account_id, v.hint, v.state = 'retired', t.revoked,
            not t.revoked and not t.disabled and not t.expired and a.enabled
                and (t.expires_at is null or t.expires_at > clock_timestamp())
                and (v.state = 'current' or (v.state = 'previous' and t.overlap_ends_at > clock_timestamp())),
            t.permissions, a.administrator, coalesce(a.email, a.display_name), v.issued_at, t.expires_at,
            t.allowed_addresses, not t.used, v.state = 'current' and t.overlap_ends_at is not null
        from projection.token_value v
            join projection.token t using (token_id)
            join projection.account a using (account_id)
        where v.digest = any (?) and state.authentication_is_open()\
        """;

    private final DataSource dataSource;
    private final LongSupplier nanoTime;
    private @Nullable Connection connection;
    private @Nullable PreparedStatement beat;
    private @Nullable PreparedStatement select;
    private long beatSentAt;

    /** @param nanoTime never goes back, and goes on while this process stands still */
    LookupLane(DataSource dataSource, LongSupplier nanoTime) {
        this.dataSource = dataSource;
        this.nanoTime = nanoTime;
    }

    /**
     * What is known of these values now, those that no token ever had left out. Asked about none, it keeps the connection
     * ready and finds out whether it leads to the primary.
     *
     * @throws SQLException when it cannot be known; the connection is given up then
     */
    @SuppressWarnings("IllegalCatch") // Whatever went wrong, the connection is in no known state.
    Map<ByteBuffer, Known> find(byte[][] digests) throws SQLException {
        try {
            var ready = ready();
            ready.setArray(1, ready.getConnection().createArrayOf("bytea", digests));
            var found = HashMap.<ByteBuffer, Known>newHashMap(digests.length);
            try (var rows = ready.executeQuery()) {
                while (rows.next()) {
                    found.put(ByteBuffer.wrap(rows.getBytes(1)), known(rows));
                }
            }
            return found;
        } catch (SQLException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private PreparedStatement ready() throws SQLException {
        if (select == null) {
            connection = dataSource.getConnection();
            beat = connection.prepareStatement(BEAT);
            beat.setQueryTimeout(BEAT_TAKES);
            select = connection.prepareStatement(SELECT);
            beat(beat);
        } else if (nanoTime.getAsLong() - beatSentAt >= BEAT_HOLDS.toNanos()) {
            beat(Objects.requireNonNull(beat));
        }
        return select;
    }

    private void beat(PreparedStatement statement) throws SQLException {
        var sentAt = nanoTime.getAsLong();
        statement.executeQuery().close();
        // Whoever cancels the wait for the standbys, as the time limit does, makes the commit succeed, with a warning.
        if (statement.getWarnings() != null) {
            throw statement.getWarnings();
        }
        beatSentAt = sentAt;
    }

    private static Known known(ResultSet row) throws SQLException {
        if (!row.getBoolean(7)) {
            return new Refused(
                    row.getString(2), row.getString(3), row.getString(4), row.getBoolean(5), row.getBoolean(6));
        }
        var expiresAt = row.getTimestamp(12);
        var ranges = row.getArray(13);
        return new Accepted(
                row.getString(2),
                row.getString(3),
                Set.of((String[]) row.getArray(8).getArray()),
                row.getBoolean(9),
                row.getString(10),
                row.getTimestamp(11).toInstant(),
                expiresAt == null ? null : expiresAt.toInstant(),
                ranges == null ? List.of() : List.of((String[]) ranges.getArray()),
                row.getBoolean(14),
                row.getBoolean(15));
    }

    /** Until it is needed again. */
    @Override
    public void close() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            // It is given up anyway.
        }
        connection = null;
        beat = null;
        select = null;
    }
}
