package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.People.Person;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An event that cannot be read or applied stops the projections, visibly, and nothing else; they go on when they can. */
class StuckProjectionTest {

    /** A node that was closed may have left a claim, which lasts 10 s; each read that finds out may wait for 2 s. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Nodes nodes;
    private static Client administrator;
    private static Person owner;

    @BeforeAll
    static void start() {
        nodes = Nodes.start(1);
        administrator = nodes.administrator();
        owner = People.register(administrator, nodes.node(0).client(), "owner");
    }

    @AfterAll
    static void stop() {
        if (nodes != null) {
            nodes.close();
        }
    }

    @Test
    void an_event_of_an_unknown_name_stops_the_projections_until_it_is_gone() {
        var event = append("account.teleported", "1", "{\"accountId\":\"%s\"}".formatted(owner.accountId()));
        assertStuck("unknown name", nodes.node(0), List.of("token", "audit"));
        assertSays(
                event,
                "(account.teleported, revision 1) cannot be read: No event record is known as account.teleported,"
                        + " revision 1");
        assertNewNodeAuthenticates();
        remove(event);
        assertGoesOn("unknown name");
    }

    @Test
    void an_event_of_an_unknown_revision_stops_the_projections_until_it_is_gone() {
        var event = append("account.enabled", "99", "{\"accountId\":\"%s\"}".formatted(owner.accountId()));
        assertStuck("unknown revision", nodes.node(0), List.of("token", "audit"));
        remove(event);
        assertGoesOn("unknown revision");
    }

    @Test
    void an_event_that_is_no_json_stops_the_projections_until_it_is_gone() {
        var event = append("account.enabled", "1", "{\"accountId\":");
        assertStuck("no json", nodes.node(0), List.of("audit"));
        assertSays(event, "(account.enabled) cannot be read: it is no JSON");
        assertPastSays(event, "(account.enabled, revision 1) cannot be read: it is no JSON.");
        remove(event);
        assertGoesOn("no json");
    }

    @Test
    void an_event_that_lacks_fields_stops_the_projections_until_it_is_gone() {
        var event = append("token.created", "1", "{}");
        var words = "(token.created) cannot be read: its field tokenId is missing";
        assertSays(event, words);
        var tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(nodes.database()));
        assertThat(tool.run("projection", "list").out())
                .containsPattern("audit +[0-9]+ +[0-9]+ +stands still +never +The event " + event)
                .contains(words)
                .containsPattern("lookup +[0-9]+ +0 +good +never\n");
        assertThat(tool.run("projection", "list", "--json").out())
                .contains("\"healthy\":false,\"lastError\":\"The event " + event, words, "\"lastErrorAt\":\"");
        remove(event);
        assertGoesOn("no fields");
    }

    @Test
    void an_event_that_a_projection_cannot_apply_stops_that_projection_until_it_can() {
        var jdbc = nodes.jdbc();
        jdbc.sql("""
            create function public.fail() returns trigger language plpgsql as
            $$ begin raise exception 'the test lets this fail'; end $$\
            """).update();
        jdbc.sql("""
            create trigger fails before insert on projection.audit_entry for each row
            when (new.type = 'token.revoked') execute function public.fail()\
            """).update();
        var token = People.createToken(owner.session(), "to be revoked");
        assertThat(owner.session().delete("/api/tokens/" + token.id()).status()).isEqualTo(204);
        assertStuck("handler", nodes.node(0), List.of("audit"));
        assertSays(
                jdbc.sql("select event_identifier from event.domain_event where payload_type = 'token.revoked'"
                                + " and aggregate_identifier = ?")
                        .param(token.id())
                        .query(String.class)
                        .single(),
                "(token.revoked) cannot be applied: ERROR: the test lets this fail");
        try (var other =
                ServerProcess.onDatabase(TestDatabase.jdbcUrl(nodes.database())).start()) {
            assertStuck("handler, on another node", other, List.of("audit"));
            jdbc.sql("drop trigger fails on projection.audit_entry").update();
            // One of the two goes on with the projection, and neither says any more that it stands still.
            assertGoesOn("handler");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(other.client()
                                    .get("/actuator/health/readiness")
                                    .status())
                            .isEqualTo(200));
        }
    }

    private static void assertStuck(String name, ServerProcess node, List<String> projections) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            var readiness = node.client().get("/actuator/health/readiness");
            assertThat(readiness.status()).isEqualTo(503);
            var failing = readiness
                    .json()
                    .at("/components/projections/details/failing")
                    .toString();
            assertThat(failing).contains(projections);
        });
        // Commands and authentication work.
        var token = People.createToken(owner.session().at(node), "behind the " + name);
        assertThat(node.client().token(token.value()).get("/api/permissions").status())
                .isEqualTo(200);
        assertThat(node.client().get("/actuator/health/liveness").status()).isEqualTo(200);
        // Whoever wants to see it is told to come again.
        var reader = owner.session().at(node).after(token.created());
        var trail = reader.get("/api/audit-events?tokenId=" + token.id());
        assertThat(trail.status()).as("%s", trail).isEqualTo(503);
        assertThat(trail.header("Retry-After")).isNotEmpty();
        if (projections.contains("token")) {
            assertThat(reader.get("/api/tokens/" + token.id()).status()).isEqualTo(503);
        }
        // What changed is not told without what the trail lacks; an account's own past needs no trail.
        var then = token.created().header("Keyledger-Position");
        var diff = administrator.at(node).get("/api/admin/diff?from=0&to=" + then);
        assertThat(diff.status()).as("%s", diff).isEqualTo(503);
        assertThat(diff.code()).isEqualTo("position_not_reached");
        assertThat(administrator.at(node).get("/api/admin/diff?from=0&to=1").status())
                .isEqualTo(200);
        var past = owner.session().at(node).get("/api/tokens?asOf=" + then);
        assertThat(past.status()).as("%s", past).isEqualTo(200);
        assertThat(past.response().body()).contains(token.id());
        // Whoever does not, gets what there is.
        assertThat(owner.session().at(node).get("/api/audit-events").status()).isEqualTo(200);
        assertThat(owner.session().at(node).get("/api/tokens").status()).isEqualTo(200);
        assertThat(owner.session().at(node).delete("/api/tokens/" + token.id()).status())
                .isEqualTo(204);
        assertThat(node.client().token(token.value()).get("/api/permissions").status())
                .isEqualTo(401);
    }

    /** Which event the trail stands still at, and why, without the statement. */
    private static void assertSays(String event, String words) {
        var position = position(event);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(nodes.jdbc()
                                .sql("select message from state.projection_failure where projection = 'audit'")
                                .query(String.class)
                                .optional())
                        .hasValue("The event %s at position %d %s".formatted(event, position, words)));
    }

    /** Time travel to such an event names it, in programs' answers and on pages. */
    private static void assertPastSays(String event, String words) {
        var position = position(event);
        var path = "/accounts/acc_%s?asOf=".formatted(event);
        var answer = administrator.get("/api" + path + position);
        assertThat(answer.status()).as("%s", answer).isEqualTo(503);
        assertThat(answer.code()).isEqualTo("unreadable_event");
        var told = "the event %s at position %d %s".formatted(event, position, words);
        assertThat(answer.json().path("detail").asString()).endsWith(told);
        var page = administrator.header("Accept", "text/html").get(path + position);
        assertThat(page.status()).as("%s", page).isEqualTo(503);
        assertThat(page.response().body()).contains("A part of the history cannot be read", told);
        assertThat(administrator.get("/api" + path + (position - 1)).status()).isEqualTo(404);
    }

    private static long position(String event) {
        return nodes.jdbc()
                .sql("select global_index from event.domain_event where event_identifier = ?")
                .param(event)
                .query(Long.class)
                .single();
    }

    /** A restart or another node must not turn a stuck list into an outage. */
    private static void assertNewNodeAuthenticates() {
        try (var node =
                ServerProcess.onDatabase(TestDatabase.jdbcUrl(nodes.database())).start()) {
            assertStuck("unknown name, on a new node", node, List.of("token", "audit"));
        }
    }

    private static void assertGoesOn(String name) {
        var token = People.createToken(owner.session(), "after the " + name);
        await().atMost(PATIENCE).untilAsserted(() -> {
            var reader = owner.session().after(token.created());
            assertThat(reader.get("/api/tokens/" + token.id()).status()).isEqualTo(200);
            assertThat(reader.get("/api/audit-events?tokenId=" + token.id()).status())
                    .isEqualTo(200);
            var readiness = nodes.node(0).client().get("/actuator/health/readiness");
            assertThat(readiness.status()).as("%s", readiness).isEqualTo(200);
        });
        assertThat(longs("select position from projection.audit_entry order by 1"))
                .isEqualTo(longs("select global_index from event.domain_event order by 1"));
    }

    private static List<Long> longs(String sql) {
        return nodes.jdbc().sql(sql).query(Long.class).list();
    }

    private static String append(String type, String revision, String payload) {
        var id = UUID.randomUUID().toString();
        nodes.jdbc()
                .sql("""
                    insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                        occurred_at, payload_type, payload_revision, payload, metadata)
                    values (?, ?, 0, 'account', now(), ?, ?, ?, ?)\
                    """)
                .params(
                        id,
                        "acc_" + id,
                        type,
                        revision,
                        payload.getBytes(StandardCharsets.UTF_8),
                        "{\"actorType\":\"system\",\"correlationId\":\"test\"}".getBytes(StandardCharsets.UTF_8))
                .update();
        return id;
    }

    /** As only a superuser can. */
    private static void remove(String event) {
        var jdbc = nodes.jdbc();
        jdbc.sql("alter table event.domain_event disable trigger refuse_update_or_delete")
                .update();
        jdbc.sql("delete from event.domain_event where event_identifier = ?")
                .param(event)
                .update();
        jdbc.sql("alter table event.domain_event enable trigger refuse_update_or_delete")
                .update();
    }
}
