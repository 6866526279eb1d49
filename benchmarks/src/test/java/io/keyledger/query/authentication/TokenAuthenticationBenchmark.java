package io.keyledger.query.authentication;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.authentication.Origin;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenValue;
import io.keyledger.query.authentication.TokenAuthentication.AuthenticatedToken;
import io.keyledger.query.authentication.TokenAuthentication.Look;
import io.keyledger.query.authentication.TokenAuthentication.Observer;
import io.keyledger.query.authentication.TokenAuthentication.Use;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import javax.sql.DataSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * What the JVM does to authenticate a token: form, checksum, digest, queue, batch, a lane's thread, judging, counting the
 * use. In the driver's place stands a database that answers at once; what it allocates itself is counted, too. Who comes
 * alone waits for two changes of threads, which take most of the time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokenAuthenticationBenchmark {

    private static final int TOGETHER = 64;
    private static final Use USE = new Use(new Origin("192.0.2.1", "curl", "0".repeat(32)), () -> null, null);

    private final List<String> values = Stream.generate(
                    () -> TokenValue.generate("klt_").reveal())
            .limit(TOGETHER)
            .toList();
    private final String malformed = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.not.a-token-of-ours";
    private final Look[] looks = new Look[TOGETHER];
    private final TokenLookup all = lookup(true);
    private final TokenLookup none = lookup(false);
    private final TokenAuthentication knowing = authentication(all);
    private final TokenAuthentication ignorant = authentication(none);

    @Setup
    public void start() {
        all.start();
        none.start();
    }

    @TearDown
    public void close() {
        all.close();
        none.close();
    }

    @Benchmark
    public Optional<AuthenticatedToken> good() {
        return knowing.authenticate(values.getFirst(), USE);
    }

    @Benchmark
    public Optional<AuthenticatedToken> unknown() {
        return ignorant.authenticate(values.getFirst(), USE);
    }

    @Benchmark
    public Optional<AuthenticatedToken> malformed() {
        return knowing.authenticate(malformed, USE);
    }

    /** As on a busy server, where many wait for one query, and one change of threads serves them all. */
    @Benchmark
    @OperationsPerInvocation(TOGETHER)
    public void goodSixtyFourTogether(Blackhole hole) {
        for (var i = 0; i < TOGETHER; i++) {
            looks[i] = knowing.begin(TokenValue.parse(values.get(i)).orElseThrow());
        }
        for (var look : looks) {
            hole.consume(look.token(USE).orElseThrow());
        }
    }

    private static TokenLookup lookup(boolean knowing) {
        return new TokenLookup(
                proxy(DataSource.class, (_, _, _) -> connection(knowing)),
                System::nanoTime,
                // A machine that stands still for a while makes the figures worse, and does not end them.
                Duration.ofMinutes(1),
                new SimpleMeterRegistry());
    }

    private static TokenAuthentication authentication(TokenLookup lookup) {
        var permissions = new PermissionCatalogue(List.of());
        var meters = new SimpleMeterRegistry();
        // Nobody writes them.
        var uses = new TokenUses(
                JdbcClient.create(proxy(DataSource.class, (_, _, _) -> null)),
                TransactionOperations.withoutTransaction(),
                proxy(PersonalDataKeys.class, (_, _, _) -> null),
                new SecretKeySpec(new byte[32], "HmacSHA256"),
                permissions,
                Clock.systemUTC(),
                meters);
        return new TokenAuthentication(
                lookup, permissions, proxy(Observer.class, (_, _, _) -> null), uses, Clock.systemUTC(), meters);
    }

    /** Every value is a good token's, or none is. Made once: its parts are used again for each query. */
    private static Connection connection(boolean knowing) {
        var query = new Object() {
            byte[][] digests = {};
            int row;
        };
        var array = proxy(Array.class, (_, _, _) -> null);
        var permissions = proxy(Array.class, (_, _, _) -> new String[] {"tokens:read"});
        var issuedAt = Timestamp.from(Instant.EPOCH);
        var rows = proxy(ResultSet.class, (_, method, arguments) -> switch (method.getName()) {
            case "next" -> knowing && ++query.row < query.digests.length;
            case "getBytes" -> query.digests[query.row];
            case "getBoolean" -> arguments[0].equals(7); // accepted
            case "getString" -> "an id or a name";
            case "getTimestamp" -> arguments[0].equals(11) ? issuedAt : null; // it does not expire
            case "getArray" -> arguments[0].equals(8) ? permissions : null; // from anywhere
            default -> null;
        });
        return proxy(Connection.class, (connection, method, arguments) -> switch (method.getName()) {
            case "createArrayOf" -> {
                query.digests = (byte[][]) arguments[1];
                yield array;
            }
            case "prepareStatement" ->
                proxy(PreparedStatement.class, (_, called, _) -> switch (called.getName()) {
                    case "getConnection" -> connection;
                    case "executeQuery" -> {
                        query.row = -1;
                        yield rows;
                    }
                    default -> null;
                });
            default -> null;
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
