package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.given;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.DisableToken;
import io.keyledger.api.token.EnableToken;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.command.Refused;
import org.junit.jupiter.api.Test;

class DisableTokenTest {

    @Test
    void a_token_is_disabled_and_enabled_again() {
        given(created()).when(disable("acc_ada")).expectEvents(new TokenDisabled("tok_1", "acc_ada"));
        given(created(), new TokenDisabled("tok_1", "acc_ada"))
                .when(enable("acc_ada"))
                .expectEvents(new TokenEnabled("tok_1", "acc_ada"));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(created(), new TokenDisabled("tok_1", "acc_ada"))
                .when(disable("acc_ada"))
                .expectNoEvents();
        given(created()).when(enable("acc_ada")).expectNoEvents();
    }

    @Test
    void a_revoked_token_stays_as_it_is_and_somebody_elses_is_not_found() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(enable("acc_ada"))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"));
        given(created())
                .when(disable("acc_eve"))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    private static DisableToken disable(String accountId) {
        return new DisableToken("tok_1", accountId);
    }

    private static EnableToken enable(String accountId) {
        return new EnableToken("tok_1", accountId);
    }
}
