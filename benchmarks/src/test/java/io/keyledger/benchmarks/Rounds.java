package io.keyledger.benchmarks;

import io.keyledger.benchmarks.Load.Sample;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Loads that were sent one after the other, round by round, so that what the machine does besides meets them alike. */
final class Rounds {

    static final double MOST_STOLEN = 0.04;

    private final IdentityHashMap<Load, List<Sample>> samples = new IdentityHashMap<>();
    private int thrownAway;
    private int kept;

    private Rounds() {}

    /** A round in which the machine was lent to others is repeated, up to three times as often as there are rounds. */
    static Rounds of(List<? extends Load> loads, ToIntFunction<Load> warmUpSeconds, int rounds, int seconds)
            throws IOException, InterruptedException, SQLException {
        var all = new Rounds();
        for (var load : loads) {
            all.samples.put(load, new ArrayList<>());
            load.send(warmUpSeconds.applyAsInt(load));
        }
        for (var done = 0; done < rounds; ) {
            var round = new IdentityHashMap<Load, Sample>();
            for (var load : loads) {
                round.put(load, load.send(seconds));
            }
            if (round.values().stream().anyMatch(one -> one.stolen() > MOST_STOLEN)) {
                if (all.thrownAway < 3 * rounds) {
                    all.thrownAway++;
                    continue;
                }
                all.kept++;
            }
            round.forEach((load, one) -> all.samples.get(load).add(one));
            done++;
        }
        return all;
    }

    int thrownAway() {
        return thrownAway;
    }

    /** Rounds that would have been thrown away, too, had there not been so many already. */
    int kept() {
        return kept;
    }

    double median(Load load, ToDoubleFunction<Sample> value) {
        return median(of(load).stream().mapToDouble(value).toArray());
    }

    /** Of the ratios of the rounds, each of which compares what ran at nearly the same time. */
    double ratio(Load load, Load reference, ToDoubleFunction<Sample> value) {
        return median(IntStream.range(0, of(load).size())
                .mapToDouble(round -> value.applyAsDouble(of(load).get(round))
                        / value.applyAsDouble(of(reference).get(round)))
                .toArray());
    }

    private List<Sample> of(Load load) {
        var found = samples.get(load);
        if (found == null) {
            throw new IllegalArgumentException(load.name() + " was not measured here");
        }
        return found;
    }

    static double median(double... values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** A line of what was measured, for the table. */
    String figures(Load load) {
        return "%,.0f/s, p50 %.2f ms, p99 %.2f ms, %,.0f µs of CPU (%s: %,.0f)"
                .formatted(
                        median(load, Sample::rate),
                        median(load, Sample::p50),
                        median(load, Sample::p99),
                        median(load, Sample::cpu),
                        load instanceof Wrk ? "wrk" : "load",
                        median(load, Sample::generatorCpu));
    }

    String rate(Load load) {
        return "%s: %,.0f/s, %,.0f µs of CPU"
                .formatted(load.name(), median(load, Sample::rate), median(load, Sample::cpu));
    }
}
