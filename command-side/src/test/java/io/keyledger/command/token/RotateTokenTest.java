package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.NOON;
import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.given;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.RetireTokenValue;
import io.keyledger.api.token.RetirementReason;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.RotateToken;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.command.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RotateTokenTest {

    private static final Duration DAY = Duration.ofHours(24);

    @Test
    void the_old_value_stays_accepted_for_a_while() {
        given(created()).when(rotate("second", DAY)).expectEvents(rotated("second", NOON.plus(DAY)));
    }

    @Test
    void a_new_value_that_nobody_used_is_replaced_and_the_old_one_stays_accepted_for_longer() {
        given(created(), rotated("second", NOON.plusSeconds(1)))
                .when(rotate("third", DAY))
                .expectEvents(retired("second", RetirementReason.REPLACED), rotated("third", NOON.plus(DAY)));
    }

    @Test
    void after_the_new_value_was_used_the_next_rotation_keeps_that_one() {
        given(created(), rotated("second", NOON.plus(DAY)), retired("digest", RetirementReason.SUCCESSOR_USED))
                .when(rotate("third", DAY))
                .expectEvents(rotated("third", NOON.plus(DAY)));
    }

    @Test
    void a_value_whose_overlap_is_over_is_retired_by_the_next_rotation() {
        given(created(), rotated("second", NOON))
                .when(rotate("third", DAY))
                .expectEvents(retired("digest", RetirementReason.OVERLAP_ENDED), rotated("third", NOON.plus(DAY)));
    }

    @Test
    void without_an_overlap_only_the_new_value_is_accepted() {
        given(created())
                .when(rotate("second", Duration.ZERO))
                .expectEvents(retired("digest", RetirementReason.REPLACED), rotated("second", null));
        given(created(), rotated("second", NOON.plusSeconds(1)))
                .when(rotate("third", Duration.ZERO))
                .expectEvents(
                        retired("digest", RetirementReason.REPLACED),
                        retired("second", RetirementReason.REPLACED),
                        rotated("third", null));
        given(created(), rotated("second", NOON))
                .when(rotate("third", Duration.ZERO))
                .expectEvents(
                        retired("digest", RetirementReason.OVERLAP_ENDED),
                        retired("second", RetirementReason.REPLACED),
                        rotated("third", null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "P7DT1S"})
    void an_overlap_is_0_to_7_days(Duration overlap) {
        given(created())
                .when(rotate("second", overlap))
                .expectException(Refused.fields("overlap out_of_range"))
                .expectNoEvents();
        given(created()).when(rotate("second", Duration.ofDays(7))).expectSuccessfulHandlerExecution();
    }

    @Test
    void whoever_may_do_less_than_the_token_does_not_get_its_value() {
        given(created())
                .when(new RotateToken("tok_1", "acc_ada", "second", "klt_second", DAY, Set.of("tokens:write")))
                .expectException(Refused.with(Refusal.Forbidden.class, "permission_not_held"))
                .expectNoEvents();
    }

    @Test
    void a_revoked_token_is_not_rotated_nor_somebody_elses() {
        given(created(), new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED))
                .when(rotate("second", DAY))
                .expectException(Refused.with(Refusal.Conflict.class, "token_revoked"));
        given(created())
                .when(new RotateToken("tok_1", "acc_eve", "second", "klt_second", DAY, Set.of("tokens:read")))
                .expectException(Refused.with(Refusal.NotFound.class, "token_not_found"));
    }

    @Test
    void the_first_use_of_the_new_value_retires_the_old_one() {
        given(created(), rotated("second", NOON.plus(DAY)))
                .when(new RetireTokenValue("tok_1", "second"))
                .expectEvents(retired("digest", RetirementReason.SUCCESSOR_USED));
    }

    @Test
    void the_use_of_the_old_value_retires_nothing_before_its_time() {
        given(created(), rotated("second", NOON.plusMillis(1)))
                .when(new RetireTokenValue("tok_1", "digest"))
                .expectNoEvents();
        given(created(), rotated("second", NOON.plusMillis(1)))
                .when(new RetireTokenValue("tok_1", null))
                .expectNoEvents();
    }

    @Test
    void the_end_of_the_overlap_retires_the_old_value_once() {
        given(created(), rotated("second", NOON))
                .when(new RetireTokenValue("tok_1", null))
                .expectEvents(retired("digest", RetirementReason.OVERLAP_ENDED));
        given(created(), rotated("second", NOON), retired("digest", RetirementReason.OVERLAP_ENDED))
                .when(new RetireTokenValue("tok_1", null))
                .expectNoEvents();
        given(created()).when(new RetireTokenValue("tok_1", "digest")).expectNoEvents();
    }

    private static RotateToken rotate(String digest, Duration overlap) {
        return new RotateToken("tok_1", "acc_ada", digest, "klt_" + digest, overlap, Set.of("tokens:read"));
    }

    private static TokenRotated rotated(String digest, @Nullable Instant overlapEndsAt) {
        return new TokenRotated("tok_1", "acc_ada", digest, "klt_" + digest, overlapEndsAt);
    }

    private static TokenValueRetired retired(String digest, RetirementReason reason) {
        return new TokenValueRetired(
                "tok_1", "acc_ada", digest, digest.equals("digest") ? "klt_abcd" : "klt_" + digest, reason);
    }
}
