package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Person;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whoever carries the position of a change sees it on every node, whatever transactions are under way, and although
 * the third node's clock is an hour fast.
 */
class ReceiptsTest {

    private static final int AHEAD = 2;

    private static Nodes nodes;
    private static Client administrator;

    @BeforeAll
    static void start(@TempDir Path patches) {
        nodes = Nodes.start(List.of(
                UnaryOperator.identity(),
                UnaryOperator.identity(),
                setup -> FastClock.ahead(setup, patches, Duration.ofHours(1))));
        administrator = nodes.administrator();
        // Whoever started first may have both projections, and lets go of one after 10 s: then it stands still for a
        // moment,
        // and so would a read that waits for a position.
        await().atMost(Duration.ofMinutes(1))
                .until(() -> jdbcLongs("select count(distinct owner) from state.token_entry"), List.of(2L)::equals);
    }

    @AfterAll
    static void stop() {
        if (nodes != null) {
            nodes.close();
        }
    }

    private static Person register(String name) {
        return People.register(administrator, nodes.node(0).client(), name);
    }

    @Test
    void a_change_on_one_node_is_seen_at_once_on_another_by_whoever_carries_its_position() {
        var person = register("reader");
        for (var i = 0; i < 15; i++) {
            var here = person.session().at(nodes.turn(i));
            var there = person.session().at(nodes.turn(i + 1));

            var token = People.createToken(here, "name " + i);
            assertShown(there, token.created(), token.id(), "name " + i, "token.created");

            var renamed = there.patch("/api/tokens/" + token.id(), "{\"name\": \"other name %d\"}".formatted(i));
            assertThat(renamed.status()).as("%s", renamed).isEqualTo(200);
            assertShown(here, renamed, token.id(), "other name " + i, "token.renamed");
        }
    }

    private static void assertShown(Client reader, Answer change, String tokenId, String name, String event) {
        var list = reader.after(change).get("/api/tokens?search=" + name.replace(" ", "%20"));
        assertThat(list.status()).as("%s", list).isEqualTo(200);
        assertThat(list.json().path("items").findValuesAsString("name")).contains(name);
        assertThat(reader.after(change)
                        .get("/api/tokens/" + tokenId)
                        .json()
                        .path("name")
                        .asString())
                .isEqualTo(name);
        var trail = reader.after(change).get("/api/audit-events?tokenId=" + tokenId);
        assertThat(trail.status()).as("%s", trail).isEqualTo(200);
        assertThat(trail.json().path("items").path(0).path("type").asString()).isEqualTo(event);
    }

    @Test
    void positions_hold_when_all_nodes_write_at_once() throws Exception {
        var person = register("writer");
        var writers = new ArrayList<Callable<List<Answer>>>();
        for (var writer = 0; writer < 8; writer++) {
            var number = writer;
            writers.add(() -> {
                var wrong = new ArrayList<Answer>();
                for (var i = 0; i < 25; i++) {
                    var token = People.createToken(
                            person.session().at(nodes.turn(number + i)), "token %d of %d".formatted(i, number));
                    var reader = person.session().at(nodes.turn(number + i + 1)).after(token.created());
                    var shown = reader.get("/api/tokens/" + token.id());
                    if (shown.status() != 200) {
                        wrong.add(shown);
                    }
                    var trail = reader.get("/api/audit-events?tokenId=" + token.id());
                    if (trail.status() != 200 || trail.json().path("items").size() != 1) {
                        wrong.add(trail);
                    }
                }
                return wrong;
            });
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var writer : threads.invokeAll(writers)) {
                assertThat(writer.get()).isEmpty();
            }
        }
        assertTrailComplete();
    }

    /** Longer than the minute after which Axon's own engine takes an event that is late for lost. */
    @Test
    void a_transaction_that_stays_open_for_long_holds_up_nobody_and_loses_nothing() throws Exception {
        var person = register("patient");
        var late = register("late");
        var session = People.signIn(nodes.node(AHEAD).client(), person.email(), People.PASSWORD);
        var owners = new ArrayList<Set<String>>();
        long undone;
        long position;
        try (var slow = nodes.database().getConnection();
                var other = nodes.database().getConnection()) {
            slow.setAutoCommit(false);
            other.setAutoCommit(false);
            position = append(slow, late.accountId());
            undone = append(other, register("undone").accountId());

            var begun = System.nanoTime();
            var turn = new int[1];
            await().pollInterval(Duration.ofSeconds(1))
                    .pollDelay(Duration.ZERO)
                    .atMost(Duration.ofSeconds(120))
                    .until(() -> {
                        var i = turn[0]++;
                        var token = People.createToken(person.session().at(nodes.turn(i)), "while it is open " + i);
                        // Within 2 s: otherwise they were refused.
                        assertShown(
                                session.at(nodes.turn(i + 1)),
                                token.created(),
                                token.id(),
                                "while it is open " + i,
                                "token.created");
                        owners.add(owners());
                        return System.nanoTime() - begun
                                > Duration.ofSeconds(90).toNanos();
                    });
            assertThat(trail(late, 0)).noneMatch(entry -> entry == position);
            other.rollback();
            slow.commit();
        }
        assertThat(new HashSet<>(owners)).as("who owns the segments, over time").hasSize(1);

        // As soon as it is committed, whoever carries its position sees it, though everybody has passed it.
        for (var node = 0; node < 3; node++) {
            var seen = administrator
                    .at(nodes.node(node))
                    .header("Keyledger-Position", Long.toString(position))
                    .get("/api/audit-events?type=account.enabled&accountId=" + late.accountId());
            assertThat(seen.status()).as("%s", seen).isEqualTo(200);
            assertThat(seen.json().path("items").findValuesAsString("position"))
                    .containsExactly(Long.toString(position));
        }
        assertTrailComplete();
        assertThat(jdbcLongs("select position from projection.audit_entry where position = " + undone))
                .isEmpty();
    }

    @Test
    void a_node_whose_clock_is_fast_ends_nothing_early_and_dates_nothing_wrongly() {
        var ahead = nodes.node(AHEAD);
        var person = register("punctual");
        var soon = Instant.now().plus(Duration.ofMinutes(10));
        var created = person.session().at(ahead).post("/api/tokens", """
            {"name": "soon over", "expiresAt": "%s"}\
            """.formatted(soon));
        assertThat(created.status()).as("%s", created).isEqualTo(201);
        var token = People.issued(created);

        for (var node : nodes.all()) {
            assertThat(People.status(node, token.value())).isEqualTo(200);
            var shown = person.session().at(node).after(created).get("/api/tokens/" + token.id());
            assertThat(shown.json().path("status").asString()).isEqualTo("active");
            assertThat(Instant.parse(shown.json().path("createdAt").asString()))
                    .isBetween(Instant.now().minusSeconds(60), Instant.now());
            // Sessions that were started by a right clock and by the fast one.
            assertThat(person.session().at(node).get("/api/account").status()).isEqualTo(200);
            assertThat(People.signIn(ahead.client(), person.email(), People.PASSWORD)
                            .at(node)
                            .get("/api/account")
                            .status())
                    .isEqualTo(200);
        }
        var link = administrator.at(ahead).post("/api/accounts/" + person.accountId() + "/reset-link", "{}");
        assertThat(Instant.parse(link.json().path("expiresAt").asString()))
                .isBetween(Instant.now().plusSeconds(50 * 60), Instant.now().plusSeconds(61 * 60));
        // Who records what has expired asks the database, not its own clock.
        assertThat(jdbcLongs("select global_index from event.domain_event where payload_type = 'token.expired'"))
                .isEmpty();
        assertThat(jdbcLongs("select global_index from event.domain_event where occurred_at > clock_timestamp()"))
                .isEmpty();
        assertThat(nodes.jdbc()
                        .sql("select claimed_at from state.token_entry")
                        .query(String.class)
                        .list())
                .allSatisfy(at ->
                        assertThat(Instant.parse(at)).isBefore(Instant.now().plusSeconds(5)));
    }

    /** An event that concerns nobody's personal data, in this connection's transaction. */
    private static long append(Connection connection, String accountId) throws SQLException {
        try (var statement = connection.prepareStatement("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                occurred_at, payload_type, payload_revision, payload, metadata)
            select ?, ?, max(sequence_number) + 1, 'account', now(), 'account.enabled', '1', ?, ?
            from event.domain_event where aggregate_identifier = ?
            returning global_index\
            """)) {
            statement.setString(1, UUID.randomUUID().toString());
            statement.setString(2, accountId);
            statement.setBytes(3, utf8("{\"accountId\":\"%s\"}".formatted(accountId)));
            statement.setBytes(4, utf8("{\"actorType\":\"system\",\"correlationId\":\"late\"}"));
            statement.setString(5, accountId);
            try (var row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Long> trail(Person person, int node) {
        var answer = administrator.at(nodes.node(node)).get("/api/audit-events?accountId=" + person.accountId());
        return IntStream.range(0, answer.json().path("items").size())
                .mapToObj(i ->
                        answer.json().path("items").path(i).path("position").asLong())
                .toList();
    }

    private static Set<String> owners() {
        return new HashSet<>(nodes.jdbc()
                .sql("select processor_name || ' ' || segment || ' ' || coalesce(owner, 'nobody') from"
                        + " state.token_entry")
                .query(String.class)
                .list());
    }

    /** Every event is in the trail once, and nothing else is. */
    private static void assertTrailComplete() {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(jdbcLongs("select position from projection.audit_entry order by 1"))
                        .isEqualTo(jdbcLongs("select global_index from event.domain_event order by 1")));
    }

    private static List<Long> jdbcLongs(String sql) {
        return nodes.jdbc().sql(sql).query(Long.class).list();
    }
}
