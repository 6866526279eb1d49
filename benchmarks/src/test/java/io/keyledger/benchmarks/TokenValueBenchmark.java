package io.keyledger.benchmarks;

import io.keyledger.api.token.TokenValue;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a token's value costs before the database is asked: form, checksum, SHA-256. An unknown value costs the same. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenValueBenchmark {

    private String good = TokenValue.generate("klt_").reveal();
    private String wrongChecksum = "klt_" + "0".repeat(36);
    private String malformed = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.not.a-token-of-ours";

    @Benchmark
    public Optional<byte[]> good() {
        return TokenValue.parse(good).map(TokenValue::digest);
    }

    @Benchmark
    public Optional<byte[]> wrongChecksum() {
        return TokenValue.parse(wrongChecksum).map(TokenValue::digest);
    }

    @Benchmark
    public Optional<byte[]> malformed() {
        return TokenValue.parse(malformed).map(TokenValue::digest);
    }
}
