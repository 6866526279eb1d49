package io.keyledger.command.account;

import io.github.bucket4j.BucketConfiguration;
import java.time.Duration;

/**
 * So many at once, refilled evenly over the period: 30 in 15 minutes means 30 at once, then one every 30 seconds. The
 * refill is even so that "try again in n seconds" is true to the second; the price is that one period may, at its
 * worst, see twice the capacity.
 *
 * @param name tells this limit's buckets from those of others
 */
record Limit(String name, int capacity, Duration period) {

    BucketConfiguration configuration() {
        return BucketConfiguration.builder()
                .addLimit(bandwidth -> bandwidth.capacity(capacity).refillGreedy(capacity, period))
                .build();
    }
}
