package io.keyledger.query.authentication;

import io.keyledger.api.Refusal;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the token that a value's digest belongs to, as it is now: always in the primary database, by a query that
 * starts after the request arrived. Look-ups that wait together become one query: the next one takes all that came
 * while the last one ran. When it cannot know, it refuses: nothing is ever answered from an earlier query.
 */
public final class TokenLookup implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TokenLookup.class);

    /** Queries that may run at once, each on a connection: while one waits for its answer, the next is on its way. */
    public static final int LANES = 2;

    /**
     * What its connections ask of PostgreSQL. A heartbeat counts when a standby has it, whatever the database's default is.
     * The look-up is planned once, and by the indexes however small the tables are: planning it each time takes longer than
     * running it.
     */
    public static final String CONNECTION_OPTIONS =
            "-c statement_timeout=1000 -c synchronous_commit=on -c plan_cache_mode=force_generic_plan"
                    + " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

    private static final int BATCH = 256;
    private static final int WAITING = 10_000;
    static final Duration PATIENCE = Duration.ofMillis(500);

    /** How often it is looked who has waited for too long. */
    private static final Duration LOOK = Duration.ofMillis(25);

    private final DataSource dataSource;
    private final LongSupplier nanoTime;
    private final Duration patience;
    private final BlockingQueue<Question> waiting = new ArrayBlockingQueue<>(WAITING);
    /** Those who wait, in the order in which they came. They have no timers: those cost more than the rest of a look-up. */
    private final Queue<Question> impatient = new ConcurrentLinkedQueue<>();

    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("token-lookup-patience").daemon().factory());
    private final List<Thread> lanes = new ArrayList<>();
    private final Set<LookupLane> failing = ConcurrentHashMap.newKeySet();
    private final DistributionSummary batches;
    private volatile boolean open;

    public TokenLookup(DataSource dataSource, MeterRegistry meters) {
        this(dataSource, System::nanoTime, PATIENCE, meters);
    }

    TokenLookup(DataSource dataSource, LongSupplier nanoTime, Duration patience, MeterRegistry meters) {
        batches = DistributionSummary.builder("keyledger.token.lookup.batch")
                .description("Look-ups that one query answered")
                .register(meters);
        meters.gauge("keyledger.token.lookup.waiting", waiting, BlockingQueue::size);
        this.dataSource = dataSource;
        this.nanoTime = nanoTime;
        this.patience = patience;
    }

    /** To be called once the tables are there; until then look-ups are refused. */
    public void start() {
        open = true;
        for (var lane = 0; lane < LANES; lane++) {
            lanes.add(Thread.ofPlatform()
                    .name("token-lookup-" + lane)
                    .daemon()
                    .start(() -> answerQuestions(new LookupLane(dataSource, nanoTime))));
        }
        var _ = clock.scheduleWithFixedDelay(
                this::refuseWhatTakesTooLong, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether look-ups can be answered: false once no lane can ask, at the latest 3.3 s after the database fell silent. */
    public boolean isAnswering() {
        return failing.size() < LANES;
    }

    /** What the database knows of a value at this moment. */
    sealed interface Known {
        String tokenId();

        String accountId();
    }

    /**
     * Its token is accepted, and so is its account; whether it is from where the request came is not judged here.
     *
     * @param permissions granted to it; what it may do is what of these its account holds
     * @param username the account's email, or the name of a service account
     * @param issuedAt when this value was made
     * @param allowedAddresses ranges; none: from anywhere
     * @param firstUse whether no use of the token was recorded yet
     * @param retiresPrevious whether the value before this one is still accepted
     */
    record Accepted(
            String tokenId,
            String accountId,
            Set<String> permissions,
            boolean administrator,
            String username,
            Instant issuedAt,
            @Nullable Instant expiresAt,
            List<String> allowedAddresses,
            boolean firstUse,
            boolean retiresPrevious)
            implements Known {

        @Override
        public String toString() {
            return "Accepted[" + tokenId + "]";
        }
    }

    /**
     * It is a value that its token had or has, and it is refused.
     *
     * @param retired whether it is a value from before a rotation
     * @param revoked whether the token is
     */
    record Refused(String tokenId, String accountId, String hint, boolean retired, boolean revoked) implements Known {}

    /** A look-up that waits, or is under way. */
    @SuppressWarnings("ArrayRecordComponent") // Questions are never compared.
    record Question(byte[] digest, long askedAt, CompletableFuture<Optional<Known>> answer) {}

    /**
     * Begins a look-up.
     *
     * @param digest SHA-256 of the value
     * @throws Refusal.Unavailable when too many wait already
     */
    Question ask(byte[] digest) {
        var question = new Question(digest, System.nanoTime(), new CompletableFuture<>());
        impatient.add(question);
        // Only now: what closes meanwhile has either seen it among the impatient or is seen here.
        if (!open || !waiting.offer(question)) {
            question.answer().completeExceptionally(unavailable());
            throw unavailable();
        }
        return question;
    }

    /**
     * What is known of the value that was asked about; nothing where no token ever had it.
     *
     * @throws Refusal.Unavailable when the database does not answer in time
     */
    Optional<Known> answer(Question question) {
        try {
            return question.answer().get();
        } catch (ExecutionException e) {
            throw unavailable();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable();
        }
    }

    /** Whoever takes them from the queue later need not ask any more. */
    private void refuseWhatTakesTooLong() {
        for (var first = impatient.peek(); first != null; first = impatient.peek()) {
            if (!first.answer().isDone()) {
                if (System.nanoTime() - first.askedAt() < patience.toNanos()) {
                    return;
                }
                first.answer().completeExceptionally(unavailable());
            }
            impatient.remove();
        }
    }

    private void answerQuestions(LookupLane lane) {
        try (lane) {
            var batch = new ArrayList<Question>(BATCH);
            answer(batch, lane);
            while (open) {
                batch.clear();
                var first = waiting.poll(LookupLane.BEAT_HOLDS.toMillis(), TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    waiting.drainTo(batch, BATCH - 1);
                    batch.removeIf(question -> question.answer().isDone());
                }
                answer(batch, lane);
            }
        } catch (InterruptedException e) {
            // Closing.
        }
    }

    /** An empty batch keeps the lane ready. */
    @SuppressWarnings("IllegalCatch") // Whatever goes wrong, also no memory: who waits is told, the lane lives on.
    private void answer(List<Question> batch, LookupLane lane) {
        try {
            var found = lane.find(batch.stream().map(Question::digest).toArray(byte[][]::new));
            if (!batch.isEmpty()) {
                batches.record(batch.size());
            }
            batch.forEach(question ->
                    question.answer().complete(Optional.ofNullable(found.get(ByteBuffer.wrap(question.digest())))));
            if (failing.remove(lane)) {
                LOG.info("Look-ups of tokens are answered again");
            }
        } catch (SQLException | RuntimeException | Error e) {
            // First of all, as an error may happen again at any line.
            var failsNow = failing.add(lane);
            batch.forEach(question -> question.answer().completeExceptionally(e));
            if (failsNow && open) {
                LOG.warn("Look-ups of tokens fail: {}", e.toString());
            }
        }
    }

    private static Refusal unavailable() {
        return new Refusal.Unavailable(
                "authentication_unavailable",
                "Whether this token is good cannot be known right now. Try again.",
                Duration.ofSeconds(1));
    }

    @Override
    public void close() {
        open = false;
        clock.shutdownNow();
        lanes.forEach(Thread::interrupt);
        impatient.forEach(question -> question.answer().completeExceptionally(unavailable()));
    }
}
