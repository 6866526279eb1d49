package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.NOON;
import static io.keyledger.command.token.TokenFixture.createdUntil;
import static io.keyledger.command.token.TokenFixture.given;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.CreateToken;
import io.keyledger.api.token.LimitTokenLifetime;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.command.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.axonframework.test.aggregate.TestExecutor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a longest lifetime means for new tokens, for those that were there before, and for changes of their end. */
class TokenPolicyTest {

    private static final TokenPolicy POLICY = new TokenPolicy(Duration.ofDays(90), null);
    private static final Instant LONG_AGO = daysFromNow(-200);
    private static final LimitTokenLifetime LIMIT = new LimitTokenLifetime("tok_1");

    private static Instant daysFromNow(int days) {
        return NOON.plus(Duration.ofDays(days));
    }

    private static TestExecutor<Token> issued(Instant at, TokenEvent... events) {
        return given(POLICY, at, events);
    }

    private static CreateToken create(@Nullable Instant expiresAt) {
        return new CreateToken(
                "tok_1",
                "acc_ada",
                "ci",
                null,
                Set.of("tokens:read"),
                expiresAt,
                List.of(),
                "digest",
                "klt_abcd",
                Set.of("tokens:read"),
                null);
    }

    private static ChangeTokenExpiry expire(@Nullable Instant at) {
        return new ChangeTokenExpiry("tok_1", "acc_ada", at);
    }

    private static TokenCreated created(Instant expiresAt) {
        return createdUntil(expiresAt);
    }

    private static TokenExpiryChanged changed(@Nullable Instant before, Instant after) {
        return new TokenExpiryChanged("tok_1", "acc_ada", before, after);
    }

    @Test
    void a_new_token_lasts_as_long_as_it_may_unless_it_is_to_end_earlier() {
        issued(NOON).when(create(null)).expectEvents(created(daysFromNow(90)));
        issued(NOON).when(create(daysFromNow(90))).expectEvents(created(daysFromNow(90)));
        issued(NOON).when(create(daysFromNow(30))).expectEvents(created(daysFromNow(30)));
        issued(NOON)
                .when(create(daysFromNow(90).plusMillis(1)))
                .expectException(Refused.fields("expiresAt beyond_policy"))
                .expectNoEvents();
    }

    @Test
    void an_end_may_be_moved_within_the_lifetime() {
        var end = daysFromNow(-10 + 90);
        issued(daysFromNow(-10), createdUntil(daysFromNow(5)))
                .when(expire(end))
                .expectEvents(changed(daysFromNow(5), end));
        issued(daysFromNow(-10), createdUntil(daysFromNow(5)))
                .when(expire(end.plusMillis(1)))
                .expectException(Refused.fields("expiresAt beyond_policy"));
        issued(daysFromNow(-10), createdUntil(daysFromNow(5)))
                .when(expire(null))
                .expectEvents(changed(daysFromNow(5), end));
        issued(daysFromNow(-10), createdUntil(end)).when(expire(null)).expectNoEvents();
    }

    @Test
    void a_token_that_was_there_before_ends_with_its_lifetime_or_after_seven_days() {
        issued(LONG_AGO, createdUntil(null)).when(LIMIT).expectEvents(changed(null, daysFromNow(7)));
        issued(LONG_AGO, createdUntil(daysFromNow(8)))
                .when(LIMIT)
                .expectEvents(changed(daysFromNow(8), daysFromNow(7)));
        issued(daysFromNow(-10), createdUntil(null)).when(LIMIT).expectEvents(changed(null, daysFromNow(80)));
        issued(daysFromNow(-84), createdUntil(null)).when(LIMIT).expectEvents(changed(null, daysFromNow(7)));
    }

    @Test
    void what_ends_in_time_is_left_alone() {
        issued(LONG_AGO, createdUntil(daysFromNow(7))).when(LIMIT).expectNoEvents();
        issued(LONG_AGO, createdUntil(daysFromNow(-1))).when(LIMIT).expectNoEvents();
        issued(daysFromNow(-10), createdUntil(daysFromNow(80))).when(LIMIT).expectNoEvents();
        issued(LONG_AGO, createdUntil(null), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(LIMIT)
                .expectNoEvents();
        given(new TokenPolicy(null, Duration.ofDays(90)), LONG_AGO, createdUntil(null))
                .when(LIMIT)
                .expectNoEvents();
    }

    @Test
    void the_seven_days_do_not_begin_again() {
        var limited = new TokenEvent[] {createdUntil(null), changed(null, daysFromNow(3))};
        issued(LONG_AGO, limited).when(LIMIT).expectNoEvents();
        issued(LONG_AGO, limited)
                .when(expire(daysFromNow(4)))
                .expectException(Refused.fields("expiresAt beyond_policy"));
        issued(LONG_AGO, limited).when(expire(null)).expectNoEvents();
        issued(LONG_AGO, limited).when(expire(daysFromNow(2))).expectEvents(changed(daysFromNow(3), daysFromNow(2)));
    }

    @Test
    void a_token_whose_lifetime_is_over_stays_expired() {
        issued(LONG_AGO, createdUntil(daysFromNow(-1)))
                .when(expire(daysFromNow(1)))
                .expectException(Refused.fields("expiresAt lifetime_over"));
        issued(LONG_AGO, createdUntil(daysFromNow(-1)))
                .when(expire(null))
                .expectException(Refused.fields("expiresAt lifetime_over"));
        issued(daysFromNow(-10), createdUntil(daysFromNow(-1)))
                .when(expire(daysFromNow(80)))
                .expectEvents(changed(daysFromNow(-1), daysFromNow(80)));
    }

    @Test
    void a_new_value_begins_a_new_lifetime() {
        given(POLICY, LONG_AGO, createdUntil(daysFromNow(3)))
                .andGivenCurrentTime(NOON)
                .andGiven(new TokenRotated("tok_1", "acc_ada", "digest2", "klt_efgh", null))
                .when(expire(daysFromNow(90)))
                .expectEvents(changed(daysFromNow(3), daysFromNow(90)));
    }

    @Test
    void a_policy_is_of_days() {
        assertThatIllegalArgumentException().isThrownBy(() -> new TokenPolicy(Duration.ofHours(23), null));
        assertThatIllegalArgumentException().isThrownBy(() -> new TokenPolicy(null, Duration.ofDays(36_501)));
    }
}
