package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.EVENING;
import static io.keyledger.command.token.TokenFixture.NOON;
import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.createdUntil;
import static io.keyledger.command.token.TokenFixture.details;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.ExpireToken;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.command.IfMatch;
import io.keyledger.command.Refused;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChangeTokenExpiryTest {

    private static final Instant MORNING = Instant.parse("2026-11-01T06:00:00Z");

    @Test
    void a_token_ends_at_another_time() {
        given(created())
                .when(expire("acc_ada", EVENING))
                .expectEvents(new TokenExpiryChanged("tok_1", "acc_ada", null, EVENING))
                .expectResultMessagePayload(details("ci", "Builds", List.of("tokens:read"), EVENING, 1));
    }

    @Test
    void a_token_may_last_for_ever() {
        given(createdUntil(EVENING))
                .when(expire("acc_ada", null))
                .expectEvents(new TokenExpiryChanged("tok_1", "acc_ada", EVENING, null));
    }

    @Test
    void an_expired_token_works_again_and_may_expire_again() {
        given(createdUntil(MORNING), new TokenExpired("tok_1", "acc_ada", MORNING))
                .when(expire("acc_ada", EVENING))
                .expectEvents(new TokenExpiryChanged("tok_1", "acc_ada", MORNING, EVENING))
                .expectResultMessagePayload(details("ci", null, List.of("tokens:read"), EVENING, 2));
        given(
                        createdUntil(MORNING),
                        new TokenExpired("tok_1", "acc_ada", MORNING),
                        new TokenExpiryChanged("tok_1", "acc_ada", MORNING, NOON))
                .when(new ExpireToken("tok_1"))
                .expectEvents(new TokenExpired("tok_1", "acc_ada", NOON));
    }

    @Test
    void a_repeat_appends_nothing() {
        given(createdUntil(EVENING))
                .when(expire("acc_ada", EVENING.plusNanos(1)))
                .expectNoEvents();
        given(createdUntil(null)).when(expire("acc_ada", null)).expectNoEvents();
    }

    @Test
    void the_expiry_of_an_expired_token_may_be_repeated() {
        given(createdUntil(MORNING)).when(expire("acc_ada", MORNING)).expectNoEvents();
    }

    @Test
    void an_expiry_is_in_the_future_and_before_the_year_10000() {
        given(created())
                .when(expire("acc_ada", NOON))
                .expectException(Refused.fields("expiresAt not_in_future"))
                .expectNoEvents();
        given(created())
                .when(expire("acc_ada", Instant.parse("+10000-01-01T00:00:00Z")))
                .expectException(Refused.fields("expiresAt too_late"))
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_stays_as_it_is() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(expire("acc_ada", EVENING))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found() {
        given(created())
                .when(expire("acc_eve", EVENING))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"))
                .expectNoEvents();
    }

    @Test
    void somebody_elses_token_is_not_found_whatever_version_is_asked_for() {
        given(created())
                .when(expire("acc_eve", EVENING), Map.of(IfMatch.METADATA, 7L))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    @Test
    void another_version_than_the_one_seen_is_not_changed() {
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(expire("acc_ada", EVENING), Map.of(IfMatch.METADATA, 0L))
                .expectException(Refused.with(Refusal.Stale.class, "version_mismatch"))
                .expectNoEvents();
        given(created(), new TokenRenamed("tok_1", "acc_ada", text("ci"), text("cd")))
                .when(expire("acc_ada", EVENING), Map.of(IfMatch.METADATA, 1L))
                .expectSuccessfulHandlerExecution();
    }

    private static ChangeTokenExpiry expire(String accountId, Instant at) {
        return new ChangeTokenExpiry("tok_1", accountId, at);
    }
}
