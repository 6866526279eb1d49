package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.details;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.command.IfMatch;
import io.keyledger.command.Refused;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RenameTokenTest {

    @Test
    void a_token_gets_another_name() {
        given(created())
                .when(rename("acc_ada", " deploy "))
                .expectEvents(new TokenRenamed("tok_1", "acc_ada", text("ci"), text("deploy")))
                .expectResultMessagePayload(details("deploy", "Builds", List.of("tokens:read"), null, 1));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(created())
                .when(rename("acc_ada", "ci"))
                .expectNoEvents()
                .expectResultMessagePayload(details("ci", "Builds", List.of("tokens:read"), null, 0));
    }

    @Test
    void the_name_before_is_the_last_one() {
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(rename("acc_ada", "ci"))
                .expectEvents(new TokenRenamed("tok_1", "acc_ada", text("cd"), text("ci")));
    }

    @Test
    void a_bad_name_is_refused() {
        given(created()).when(rename("acc_ada", null)).expectException(Refused.fields("name required"));
        given(created())
                .when(rename("acc_ada", "x".repeat(101)))
                .expectException(Refused.fields("name too_long"))
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_stays_as_it_is() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(rename("acc_ada", "cd"))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found() {
        given(created())
                .when(rename("acc_eve", "new"))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found_whatever_version_is_asked_for() {
        given(created())
                .when(rename("acc_eve", "new"), Map.of(IfMatch.METADATA, 7L))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(rename("acc_ada", "new"), Map.of(IfMatch.METADATA, 0L))
                .expectException(Refused.with(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(rename("acc_ada", "new"), Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }

    private static RenameToken rename(String accountId, String name) {
        return new RenameToken("tok_1", accountId, name);
    }
}
