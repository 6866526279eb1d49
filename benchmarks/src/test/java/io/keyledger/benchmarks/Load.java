package io.keyledger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;

/** Something that is asked over and over, for some seconds a round. */
interface Load {

    String name();

    Sample send(int seconds) throws IOException, InterruptedException, SQLException;

    /**
     * What one round came to.
     *
     * @param rate in requests a second
     * @param p50 of the time to an answer, in ms
     * @param cpu of the server and its PostgreSQL, in µs for a request
     * @param generatorCpu of what sends the requests, in µs for each
     * @param stolen the share of the machine's CPU time that it did not get
     */
    record Sample(double rate, double p50, double p99, double cpu, double generatorCpu, double stolen) {}

    /** CPU time so far: the machine's, this process's own, and that of its children that have ended. */
    record Machine(long all, long stolen, double ownSeconds, double childrenSeconds) {

        static Machine now() throws IOException {
            var fields = Arrays.stream(Files.readAllLines(Path.of("/proc/stat"))
                            .getFirst()
                            .replaceFirst("cpu\\s+", "")
                            .split(" ", -1))
                    .mapToLong(Long::parseLong)
                    .toArray();
            var stat = Files.readString(Path.of("/proc/self/stat"));
            var own = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return new Machine(
                    Arrays.stream(fields, 0, 8).sum(),
                    fields[7],
                    (Long.parseLong(own[11]) + Long.parseLong(own[12])) / 100.0,
                    (Long.parseLong(own[13]) + Long.parseLong(own[14])) / 100.0);
        }

        double stolenSince(Machine before) {
            return all == before.all ? 0 : (double) (stolen - before.stolen) / (all - before.all);
        }
    }
}
