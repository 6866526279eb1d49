package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.createdUntil;
import static io.keyledger.command.token.TokenFixture.details;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.ChangeTokenDescription;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.command.IfMatch;
import io.keyledger.command.Refused;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChangeTokenDescriptionTest {

    @Test
    void a_description_is_changed() {
        given(created())
                .when(describe("acc_ada", "one\ntwo"))
                .expectEvents(new TokenDescriptionChanged("tok_1", "acc_ada", text("Builds"), text("one\ntwo")))
                .expectResultMessagePayload(details("ci", "one\ntwo", List.of("tokens:read"), null, 1));
    }

    @Test
    void a_blank_one_removes_it() {
        for (var none : Arrays.asList(null, "", " ")) {
            given(created())
                    .when(describe("acc_ada", none))
                    .expectEvents(new TokenDescriptionChanged("tok_1", "acc_ada", text("Builds"), null));
        }
    }

    @Test
    void one_is_added() {
        given(createdUntil(null))
                .when(describe("acc_ada", "Builds"))
                .expectEvents(new TokenDescriptionChanged("tok_1", "acc_ada", null, text("Builds")));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(created()).when(describe("acc_ada", "Builds ")).expectNoEvents();
        given(createdUntil(null)).when(describe("acc_ada", null)).expectNoEvents();
    }

    @Test
    void a_bad_description_is_refused() {
        given(created())
                .when(describe("acc_ada", "x".repeat(501)))
                .expectException(Refused.fields("description too_long"))
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_stays_as_it_is() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(describe("acc_ada", "new"))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found() {
        given(created())
                .when(describe("acc_eve", "new"))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found_whatever_version_is_asked_for() {
        given(created())
                .when(describe("acc_eve", "new"), Map.of(IfMatch.METADATA, 7L))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(describe("acc_ada", "new"), Map.of(IfMatch.METADATA, 0L))
                .expectException(Refused.with(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(describe("acc_ada", "new"), Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }

    private static ChangeTokenDescription describe(String accountId, String description) {
        return new ChangeTokenDescription("tok_1", accountId, description);
    }
}
