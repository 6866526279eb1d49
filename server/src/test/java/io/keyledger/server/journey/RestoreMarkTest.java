package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.token.TokenValue;
import io.keyledger.server.journey.Client.Answer;
import org.junit.jupiter.api.Test;

/** A database that is marked as restored authenticates nobody, on any node, from one moment to the next. */
class RestoreMarkTest {

    @Test
    void while_the_mark_is_there_no_token_no_password_and_no_session_is_accepted() {
        try (var nodes = Nodes.start(2)) {
            var person = People.register(nodes.administrator(), nodes.node(0).client(), "somebody");
            var token = People.createToken(person.session(), "a token", "tokens:read");
            var node = nodes.node(1);
            var session = person.session().at(node);
            var bearer = node.client().token(token.value());
            assertThat(bearer.get("/api/tokens/self").status()).isEqualTo(200);
            assertThat(session.get("/api/account").status()).isEqualTo(200);

            nodes.jdbc().sql("insert into state.restore values (true)").update();

            closed(bearer.get("/api/tokens/self"), "authentication_unavailable");
            closed(bearer.get("/api/authenticate"), "authentication_unavailable");
            // Made after the backup, for all that is known.
            closed(
                    node.client().token(TokenValue.generate("klt_").reveal()).get("/api/tokens/self"),
                    "authentication_unavailable");
            closed(session.get("/api/account"), "restored_from_backup");
            closed(People.trySignIn(node.client(), person.email(), People.PASSWORD), "restored_from_backup");
            assertThat(node.client().get("/actuator/health/readiness").status()).isEqualTo(503);

            nodes.jdbc().sql("delete from state.restore").update();

            assertThat(bearer.get("/api/tokens/self").status()).isEqualTo(200);
            assertThat(session.get("/api/account").status()).isEqualTo(200);
        }
    }

    private static void closed(Answer answer, String code) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(503);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.header("Retry-After")).isNotEmpty();
    }
}
