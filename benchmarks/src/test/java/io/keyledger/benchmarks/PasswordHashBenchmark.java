package io.keyledger.benchmarks;

import com.password4j.Argon2Function;
import com.password4j.types.Argon2;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;

/** One Argon2id hash with the server's parameters, on one core, by each implementation. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PasswordHashBenchmark {

    private static final int MEMORY = 19_456;
    private static final int PASSES = 2;
    private static final int LENGTH = 32;

    private final String password = "seven wooden ladders";
    private final byte[] salt = new byte[16];
    private final Argon2PasswordEncoder spring = new Argon2PasswordEncoder(salt.length, LENGTH, 1, MEMORY, PASSES);
    private final String hash = spring.encode(password);
    private final Argon2Function password4j = Argon2Function.getInstance(MEMORY, PASSES, 1, LENGTH, Argon2.ID);

    /** What the server uses: Spring Security's encoder around Bouncy Castle. */
    @Benchmark
    public boolean springSecurity() {
        return spring.matches(password, hash);
    }

    @Benchmark
    public byte[] bouncyCastle() {
        var generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withSalt(salt)
                .withParallelism(1)
                .withMemoryAsKB(MEMORY)
                .withIterations(PASSES)
                .build());
        var result = new byte[LENGTH];
        generator.generateBytes(password.getBytes(StandardCharsets.UTF_8), result);
        return result;
    }

    @Benchmark
    public byte[] password4j() {
        return password4j.hash(password.getBytes(StandardCharsets.UTF_8), salt).getBytes();
    }
}
