package io.keyledger.query.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.AuditEvent.AuditOrigin;
import io.keyledger.api.audit.AuditEvent.Target;
import io.keyledger.query.audit.AuditReplay.Speed;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pace at which the past is told. */
class AuditReplayTest {

    private static final Instant START = Instant.parse("2026-03-03T10:00:00Z");

    /** Time passes by pausing alone, and as it is told to. */
    private static final class TestPace implements AuditReplay.Pace {
        private long nanos = 5_000;
        private final List<Duration> pauses = new ArrayList<>();

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void pause(Duration duration) {
            pauses.add(duration);
            nanos += duration.toNanos();
        }
    }

    private final TestPace pace = new TestPace();
    private final List<Instant> told = new ArrayList<>();

    private static Iterator<ToldEntry> after(long... seconds) {
        return Arrays.stream(seconds)
                .mapToObj(second -> new ToldEntry(
                        new AuditEvent(
                                "e" + second,
                                second + 1,
                                "account.disabled",
                                START.plusSeconds(second),
                                new Actor(Actor.Type.SYSTEM, null, null, null),
                                new Target("account", "acc_ada", null),
                                new AuditOrigin(null, null),
                                "correlation",
                                Map.of()),
                        new AccountDisabled("acc_ada")))
                .iterator();
    }

    private void replay(String speed, long... seconds) throws IOException, InterruptedException {
        new AuditReplay(Speed.of(speed), pace)
                .replay(after(seconds), entry -> told.add(entry.told().occurredAt()));
    }

    @Test
    void pauses_are_those_of_the_past_divided_by_the_speed() throws Exception {
        replay("10x", 0, 10, 10, 40);
        assertThat(pace.pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(3));
        assertThat(told).containsExactly(START, START.plusSeconds(10), START.plusSeconds(10), START.plusSeconds(40));
    }

    @Test
    void slower_than_it_was_is_a_speed_too() throws Exception {
        replay("0.5", 0, 10);
        assertThat(pace.pauses).containsExactly(Duration.ofSeconds(20));
    }

    @Test
    void at_most_speed_there_is_no_pause() throws Exception {
        replay("max", 0, 10, 1_000_000);
        assertThat(pace.pauses).isEmpty();
        assertThat(told).hasSize(3);
    }

    @Test
    void a_telling_that_takes_long_is_caught_up_with() throws Exception {
        new AuditReplay(Speed.of("1x"), pace).replay(after(0, 10, 11, 30), entry -> {
            told.add(entry.told().occurredAt());
            pace.nanos += Duration.ofSeconds(6).toNanos();
        });
        // Told at 0 (until 6), 10 (until 16), 16 for 11 (until 22), 30.
        assertThat(pace.pauses).containsExactly(Duration.ofSeconds(4), Duration.ofSeconds(8));
    }

    @Test
    void an_event_with_an_earlier_time_than_those_before_it_is_told_at_once() throws Exception {
        replay("1x", 5, 3, 7);
        assertThat(pace.pauses).containsExactly(Duration.ofSeconds(2));
        assertThat(told).hasSize(3);
    }

    @Test
    void an_interrupted_replay_stops() {
        assertThatThrownBy(() -> new AuditReplay(Speed.MAX, pace).replay(after(0, 1, 2), entry -> {
                    told.add(entry.told().occurredAt());
                    Thread.currentThread().interrupt();
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(told).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "0x", "-1x", "fast", "1e9", "NaN", "10 x", "99999999999x"})
    void what_is_no_speed_is_refused(String text) {
        assertThatThrownBy(() -> Speed.of(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
