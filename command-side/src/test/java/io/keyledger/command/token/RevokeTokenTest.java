package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.NOON;
import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.createdUntil;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.command.IfMatch;
import io.keyledger.command.Refused;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RevokeTokenTest {

    @Test
    void a_token_ends_for_good() {
        given(created())
                .when(revoke("acc_ada"))
                .expectEvents(new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED));
    }

    @Test
    void an_expired_token_can_be_revoked() {
        given(createdUntil(NOON), new TokenExpired("tok_1", "acc_ada", NOON))
                .when(revoke("acc_ada"))
                .expectEvents(new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(revoke("acc_ada"))
                .expectNoEvents()
                .expectSuccessfulHandlerExecution();
    }

    @Test
    void somebody_elses_token_is_not_found() {
        given(created())
                .when(revoke("acc_eve"))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found_whatever_version_is_asked_for() {
        given(created())
                .when(revoke("acc_eve"), Map.of(IfMatch.METADATA, 7L))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(revoke("acc_ada"), Map.of(IfMatch.METADATA, 0L))
                .expectException(Refused.with(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(revoke("acc_ada"), Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }

    private static RevokeToken revoke(String accountId) {
        return new RevokeToken("tok_1", accountId);
    }
}
