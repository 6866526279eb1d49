package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.EVENING;
import static io.keyledger.command.token.TokenFixture.NOON;
import static io.keyledger.command.token.TokenFixture.createdUntil;
import static io.keyledger.command.token.TokenFixture.given;

import io.keyledger.api.token.ExpireToken;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenRevoked;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ExpireTokenTest {

    private static final Instant MORNING = Instant.parse("2026-11-01T06:00:00Z");
    private static final ExpireToken EXPIRE = new ExpireToken("tok_1");

    @Test
    void a_token_whose_time_is_over_has_expired_since_then() {
        given(createdUntil(MORNING)).when(EXPIRE).expectEvents(new TokenExpired("tok_1", "acc_ada", MORNING));
        given(createdUntil(NOON)).when(EXPIRE).expectEvents(new TokenExpired("tok_1", "acc_ada", NOON));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(createdUntil(MORNING), new TokenExpired("tok_1", "acc_ada", MORNING))
                .when(EXPIRE)
                .expectNoEvents();
    }

    @Test
    void a_token_whose_time_is_not_over_goes_on() {
        given(createdUntil(EVENING)).when(EXPIRE).expectNoEvents();
        given(createdUntil(null)).when(EXPIRE).expectNoEvents();
        given(createdUntil(MORNING), new TokenExpiryChanged("tok_1", "acc_ada", MORNING, EVENING))
                .when(EXPIRE)
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_does_not_expire_any_more() {
        given(createdUntil(MORNING), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(EXPIRE)
                .expectNoEvents();
    }
}
