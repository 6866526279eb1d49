package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.journey.Client.Answer;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A database that is marked as restored authenticates nobody and takes no events, on any node, from one moment to the next. */
class RestoreMarkTest {

    @Test
    void while_the_mark_is_there_no_token_no_password_and_no_session_is_accepted() {
        try (var nodes = Nodes.start(Collections.nCopies(
                2,
                setup -> setup.with("KEYLEDGER_WEBHOOKS_ALLOWPRIVATETARGETS", "true")
                        .with("KEYLEDGER_REGISTRATION", "open")))) {
            var started = Instant.now();
            var person = People.register(nodes.administrator(), nodes.node(0).client(), "somebody");
            var token = People.createToken(person.session(), "a token", "tokens:read");
            var node = nodes.node(1);
            var session = person.session().at(node);
            var bearer = node.client().token(token.value());
            assertThat(bearer.get("/api/tokens/self").status()).isEqualTo(200);
            assertThat(session.get("/api/account").status()).isEqualTo(200);
            var secret = nodes.administrator()
                    .post("/api/accounts/" + person.accountId() + "/reset-link", "{}")
                    .json()
                    .path("secret")
                    .asString();
            var soon = Instant.now().plusSeconds(3);
            var expiring = person.session().post("/api/tokens", """
                {"name": "expiring", "expiresAt": "%s"}\
                """.formatted(soon));
            assertThat(expiring.status()).as("%s", expiring).isEqualTo(201);

            var webhook = nodes.administrator().post("/api/webhooks", """
                {"url": "http://127.0.0.1:9/", "types": ["token.created"]}\
                """);
            assertThat(webhook.status()).as("%s", webhook).isEqualTo(201);
            People.createToken(person.session(), "told of", "tokens:read");

            var ending = person.session()
                    .post("/api/tokens", """
                        {"name": "ending", "expiresAt": "%s"}\
                        """.formatted(Instant.now().plus(Duration.ofDays(6))));
            assertThat(ending.status()).as("%s", ending).isEqualTo(201);
            // As if its value had been made a month ago, so that its end is to be announced.
            nodes.jdbc()
                    .sql("update projection.token_value set issued_at = issued_at - interval '30 days' where"
                            + " token_id = ?")
                    .param(People.issued(ending).id())
                    .update();

            nodes.jdbc().sql("insert into state.restore values (true)").update();
            var head = head(nodes);
            // As old as one that is given up, and its webhook with it.
            nodes.jdbc().sql("""
                update state.webhook_delivery set created_at = created_at - interval '4 days', due_at = clock_timestamp()\
                """).update();

            closed(bearer.get("/api/tokens/self"), "authentication_unavailable");
            closed(bearer.get("/api/authenticate"), "authentication_unavailable");
            // Made after the backup, for all that is known.
            closed(
                    node.client().token(TokenValue.generate("klt_").reveal()).get("/api/tokens/self"),
                    "authentication_unavailable");
            closed(session.get("/api/account"), "restored_from_backup");
            closed(People.trySignIn(node.client(), person.email(), People.PASSWORD), "restored_from_backup");
            closed(node.client().post("/api/password-reset", """
                {"secret": "%s", "newPassword": "eight wooden ladders", "confirmNewPassword": "eight wooden ladders"}\
                """.formatted(secret)), "restored_from_backup");
            assertThat(node.client().get("/actuator/health/readiness").status()).isEqualTo(503);
            // What asks nobody who they are would be an event, too. Unknown values are answered alike: for all that is
            // known,
            // they were made after the backup, and would be good again.
            for (var value : List.of(token.value(), TokenValue.generate("klt_").reveal())) {
                closed(revoke(node.client(), value), "restored_from_backup");
                closed(
                        node.client().post("/api/leaked-tokens", "{\"tokens\": [\"%s\"]}".formatted(value)),
                        "restored_from_backup");
            }
            closed(node.client().post("/api/accounts", """
                {"email": "new@example.org", "displayName": "New", "password": "%s"}\
                """.formatted(People.PASSWORD)), "restored_from_backup");
            // What the servers do by themselves, each second or half a minute, they leave.
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> lookedForMark(nodes, latest(soon, started.plusSeconds(30))));
            assertThat(head(nodes)).isEqualTo(head);
            assertThat(nodes.all())
                    .allSatisfy(one -> assertThat(one.output()).doesNotContain("could not be announced"));

            nodes.jdbc().sql("delete from state.restore").update();

            assertThat(bearer.get("/api/tokens/self").status()).isEqualTo(200);
            assertThat(session.get("/api/account").status()).isEqualTo(200);
            assertThat(revoke(node.client(), token.value()).status()).isEqualTo(200);
            await().until(() -> count(nodes, "token.expired") == 1 && count(nodes, "webhook.disabled") == 1);
            await().atMost(Duration.ofMinutes(1)).until(() -> count(nodes, "token.expiry-announced") == 1);
        }
    }

    private static Answer revoke(Client client, String value) {
        return client.send("POST", "/oauth2/revoke", "application/x-www-form-urlencoded", "token=" + value);
    }

    private static Instant latest(Instant one, Instant other) {
        return (one.isAfter(other) ? one : other).plusSeconds(2);
    }

    private static long head(Nodes nodes) {
        return nodes.jdbc()
                .sql("select last_value from event.domain_event_global_index_seq")
                .query(Long.class)
                .single();
    }

    /** Whether a server has asked for the mark later than that, by the database's clock: it does before each such task. */
    private static boolean lookedForMark(Nodes nodes, Instant after) {
        return nodes.jdbc()
                .sql("""
                    select exists (select from pg_stat_activity where datname = current_database()
                        and application_name = 'keyledger keyledger' and query like '%state.restore%' and query_start > ?)\
                    """)
                .param(Timestamp.from(after))
                .query(Boolean.class)
                .single();
    }

    private static long count(Nodes nodes, String type) {
        return nodes.jdbc()
                .sql("select count(*) from event.domain_event where payload_type = ?")
                .param(type)
                .query(Long.class)
                .single();
    }

    private static void closed(Answer answer, String code) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(503);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.header("Retry-After")).isNotEmpty();
    }
}
