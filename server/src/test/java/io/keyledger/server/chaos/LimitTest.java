package io.keyledger.server.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.chaos.ChaosRun.Form;
import io.keyledger.server.chaos.Fault.Limit;
import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a run counts as too late, and as too little. */
class LimitTest {

    private static final Limit REFUSABLE = new Limit(Kind.CREATE, Duration.ofSeconds(2), true);
    private static final Limit TO_BE_DONE = new Limit(Kind.REVOKE, Duration.ofSeconds(1), false);

    private static Request answered(int status, Duration after) {
        return new Request(Kind.CREATE, 0, "token", "account", 0, null, 10, 10 + after.toNanos(), status, 0);
    }

    @Test
    void who_is_refused_is_to_be_refused_in_time() {
        assertThat(REFUSABLE.isMetBy(answered(503, Duration.ofSeconds(2)))).isTrue();
        assertThat(REFUSABLE.isMetBy(answered(503, Duration.ofMillis(2_001)))).isFalse();
        assertThat(REFUSABLE.isMetBy(answered(201, Duration.ofSeconds(2)))).isTrue();
        assertThat(REFUSABLE.isMetBy(answered(201, Duration.ofMillis(2_001)))).isFalse();
    }

    @Test
    void no_answer_is_never_in_time_and_a_refusal_not_where_something_is_to_be_done() {
        assertThat(REFUSABLE.isMetBy(answered(History.NONE, Duration.ZERO))).isFalse();
        assertThat(TO_BE_DONE.isMetBy(answered(503, Duration.ZERO))).isFalse();
        assertThat(TO_BE_DONE.isMetBy(answered(204, Duration.ofSeconds(1)))).isTrue();
    }

    @Test
    void less_than_a_million_requests_are_enough_only_where_the_time_was_given() {
        assertThat(Form.atLength(null).mayBeLess()).isFalse();
        assertThat(Form.atLength(Duration.ofMinutes(1)).mayBeLess()).isTrue();
        assertThat(Form.atLength(null).isReached(999_999, 10_000)).isFalse();
        assertThat(Form.atLength(null).isReached(1_000_000, 9_999)).isFalse();
        assertThat(Form.atLength(null).isReached(1_000_000, 10_000)).isTrue();
    }
}
