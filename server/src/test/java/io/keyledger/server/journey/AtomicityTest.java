package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Person;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A change happens altogether or not at all, wherever it fails on its way. */
class AtomicityTest {

    private static Nodes nodes;
    private static Client administrator;

    @BeforeAll
    static void start() {
        nodes = Nodes.start(1);
        administrator = nodes.administrator();
        nodes.jdbc().sql("""
            create function public.fail() returns trigger language plpgsql as
            $$ begin raise exception 'the test lets this fail'; end $$\
            """).update();
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

    private interface Action {
        Answer send();
    }

    /** Sends it while the trigger is there: it must fail and leave everything as it was. */
    private static void assertFailsWithoutTrace(String trigger, Action action) {
        nodes.jdbc()
                .sql("create " + trigger + " execute function public.fail()")
                .update();
        var words = List.of(trigger.replaceAll("\\s+", " ").split(" "));
        try {
            var before = everything();
            var answer = action.send();
            assertThat(answer.status()).as("%s", answer).isEqualTo(500);
            assertThat(answer.code()).isEqualTo("internal_error");
            assertThat(answer.header("Keyledger-Position")).isEmpty();
            assertThat(everything()).isEqualTo(before);
        } finally {
            nodes.jdbc()
                    .sql("drop trigger fails on " + words.get(words.indexOf("on") + 1))
                    .update();
        }
    }

    /** All rows that a change may touch, but for the streaming projections, which follow. */
    private static Map<String, List<String>> everything() {
        return Stream.of(
                        "event.domain_event",
                        "projection.token",
                        "projection.account",
                        "state.credential",
                        "state.data_key",
                        "state.reset_link",
                        "state.idempotency_key")
                .collect(java.util.stream.Collectors.toMap(
                        table -> table,
                        table -> nodes.jdbc()
                                .sql("select t::text from " + table + " t order by 1")
                                .query(String.class)
                                .list()));
    }

    @Test
    void a_creation_that_the_lookup_table_refuses_leaves_no_event() {
        var owner = register("creator").session();
        assertFailsWithoutTrace(
                "trigger fails before insert on projection.token for each row when (new.name_key = 'cursed')",
                () -> owner.header("Idempotency-Key", "again").post("/api/tokens", "{\"name\": \"Cursed\"}"));
        // And the key is free again.
        assertThat(owner.header("Idempotency-Key", "again")
                        .post("/api/tokens", "{\"name\": \"Cursed\"}")
                        .json()
                        .has("value"))
                .isTrue();
    }

    @Test
    void a_revocation_that_the_lookup_table_refuses_leaves_the_token_as_it_was() {
        var owner = register("revoker").session();
        var token = People.createToken(owner, "to be revoked");
        assertFailsWithoutTrace(
                "trigger fails before update on projection.token for each row when (new.revoked)",
                () -> owner.delete("/api/tokens/" + token.id()));

        var shown = owner.after(token.created()).get("/api/tokens/" + token.id());
        assertThat(shown.json().path("status").asString()).isEqualTo("active");
        assertThat(People.status(nodes.node(0), token.value())).isEqualTo(200);
        assertThat(owner.delete("/api/tokens/" + token.id()).status()).isEqualTo(204);
        assertThat(People.status(nodes.node(0), token.value())).isEqualTo(401);
    }

    @Test
    void a_disabling_that_the_lookup_table_refuses_leaves_the_account_enabled() {
        var person = register("person");
        assertFailsWithoutTrace(
                "trigger fails before update on projection.account for each row when (not new.enabled)",
                () -> administrator.patch("/api/accounts/" + person.accountId(), "{\"enabled\": false}"));
        assertThat(person.session().get("/api/account").status()).isEqualTo(200);
    }

    @Test
    void of_several_changes_in_one_request_none_happens_when_the_last_fails() {
        var owner = register("changer").session();
        var token = People.createToken(owner, "first name");
        assertFailsWithoutTrace(
                "trigger fails before update on projection.token for each row when (new.expires_at is not null)",
                () -> owner.patch(
                        "/api/tokens/" + token.id(),
                        "{\"name\": \"second name\", \"expiresAt\": \"2999-01-01T00:00:00Z\"}"));
        assertThat(owner.get("/api/tokens/" + token.id()).json().path("name").asString())
                .isEqualTo("first name");
    }

    @Test
    void an_event_that_cannot_be_appended_leaves_no_row_anywhere() {
        var owner = register("appender").session();
        assertFailsWithoutTrace(
                "trigger fails before insert on event.domain_event for each row when (new.payload_type ="
                        + " 'token.created')",
                () -> owner.header("Idempotency-Key", "key").post("/api/tokens", "{\"name\": \"never\"}"));
        assertFailsWithoutTrace(
                "trigger fails before insert on event.domain_event for each row when (new.payload_type ="
                        + " 'account.registered')",
                () -> administrator.post("/api/accounts", """
                    {"email": "never@example.org", "displayName": "Never"}\
                    """));
        assertFailsWithoutTrace(
                "trigger fails before insert on event.domain_event for each row when (new.payload_type ="
                        + " 'account.password-changed')",
                () -> owner.put("/api/account/password", """
                    {"currentPassword": "%s", "newPassword": "never to be used", "confirmNewPassword": "never to be used"}\
                    """.formatted(People.PASSWORD)));
        assertThat(People.signIn(nodes.node(0).client(), "appender@example.org", People.PASSWORD)
                        .get("/api/account")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void a_transaction_that_fails_only_when_it_commits_is_not_answered_as_done() {
        var owner = register("committer").session();
        assertFailsWithoutTrace(
                "constraint trigger fails after insert on event.domain_event deferrable initially deferred for each row"
                        + " when (new.payload_type = 'token.created')",
                () -> People.tryCreateToken(owner, "never"));
    }
}
