package io.keyledger.server.database;

import io.keyledger.api.ForRole.Role;
import io.keyledger.server.settings.KeyledgerSettings;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What the nodes know of each other: each reports every few seconds that it is there, in {@code state.node}. Nothing
 * relies on it for being right; it says how many share the work, and finds a second process that goes by this one's id.
 */
public final class Nodes implements HealthIndicator, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);

    /** Who has not reported for so long is taken for dead; as long as a claim on a projection lasts. */
    private static final String ABSENT = "10 seconds";

    /** Far more than are left in that time. */
    private static final int MARKS = 20;

    private final String id = UUID.randomUUID().toString();
    private final List<String> roles;
    private final DatabaseClock clock;
    private final JdbcClient jdbc;

    /** Of the last reports, and of the one to come, or of which it is not known whether it was made. */
    private final Deque<UUID> marks = new ArrayDeque<>(List.of(UUID.randomUUID()));

    private volatile boolean doubled;

    public Nodes(KeyledgerSettings settings, DatabaseClock clock, JdbcClient jdbc) {
        this.roles = settings.roles().stream()
                .map(role -> role.toLowerCase(Locale.ROOT))
                .sorted()
                .toList();
        this.clock = clock;
        this.jdbc = jdbc;
    }

    /** Of this process, and of no other one. */
    public String id() {
        return id;
    }

    /**
     * Says that this node is there; to be called every few seconds. Each report leaves a mark that was never left before,
     * and has to find one that this process has left: another process with its id leaves others, so that one of the two
     * finds a mark that it does not know, at its second report at the latest. Which of its own it finds says nothing: a
     * failover may have lost the last ones, although they were acknowledged.
     */
    public synchronized void report() {
        if (doubled) {
            return;
        }
        jdbc.sql("delete from state.node where seen_at < clock_timestamp() - interval '" + ABSENT + "'")
                .update();
        var reported = jdbc.sql("""
            insert into state.node (id, roles, mark) values (:id, :roles, :next)
            on conflict (id) do update set mark = excluded.mark, seen_at = clock_timestamp()
            where node.mark = any (:marks)\
            """)
                .param("id", id)
                .param("roles", String.join(",", roles))
                .param("next", marks.getLast())
                .param("marks", marks.toArray(UUID[]::new))
                .update();
        if (reported == 0) {
            doubled = true;
            LOG.error("Another process goes by this node's id, {}: a copy of this machine? Restart this one", id);
        } else {
            marks.addLast(UUID.randomUUID());
            if (marks.size() > MARKS) {
                marks.removeFirst();
            }
        }
    }

    /** Whether another process reports under this one's id. It stays so until this one is restarted. */
    public boolean isDoubled() {
        return doubled;
    }

    /** How many nodes with this role are there. */
    public long count(Role role) {
        return jdbc.sql("""
            select count(*) from state.node
            where :role = any (string_to_array(roles, ',')) and seen_at > clock_timestamp() - cast(:absent as interval)\
            """)
                .param("role", role.name().toLowerCase(Locale.ROOT))
                .param("absent", ABSENT)
                .query(Long.class)
                .single();
    }

    /** Down if another process goes by this one's id. A wrong clock is told: nothing is decided by it, but logs show it. */
    @Override
    public Health health() {
        var health = doubled
                ? Health.down().withDetail("reason", "another process goes by this node's id; restart this one")
                : Health.up();
        health.withDetail("id", id).withDetail("roles", roles);
        var ahead = clock.machineAhead();
        if (ahead.abs().compareTo(DatabaseClock.NOTICEABLE) > 0) {
            health.withDetail("clockAheadOfDatabase", ahead.toString());
        }
        return health.build();
    }

    /** So that the others need not find out. */
    @Override
    public synchronized void close() {
        try {
            jdbc.sql("delete from state.node where id = :id and mark = any (:marks)")
                    .param("id", id)
                    .param("marks", marks.toArray(UUID[]::new))
                    .update();
        } catch (DataAccessException e) {
            LOG.debug("The other nodes have to find out that this one is gone: {}", e.toString());
        }
    }
}
