package io.keyledger.query.authentication;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * When, from where and for what each token was used, as authentication on this node saw it. Uses are gathered in memory
 * and written in batches, so that no answer waits for it: a use costs a lock on its own token for some hundred
 * nanoseconds, and never the database. What a killed node had not written is lost; {@code state.use_recorder} tells up
 * to when each node has written, so that whoever reads knows what may be missing.
 */
public final class TokenUses implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TokenUses.class);

    /** A node that was not heard of for so long is lost, and has seen no use since. It is heard of every 15 s. */
    static final Duration LOST_AFTER = Duration.ofSeconds(90);

    /** What sealed addresses belong to; an event's id stands here in events. */
    static final String CONTEXT = "token-use";

    /** What is kept per token, of the last moments and addresses. */
    private static final int MOMENTS = 10;

    private static final int ADDRESSES = 5;

    /** Tokens used between two batches; about 1 kB each. Uses of more are dropped, and that is recorded. */
    private static final int TOKENS = 100_000;

    /** A use is told here when its look-up was answered: at most half a second after it began. */
    private static final Duration LOOK_UP = Duration.ofSeconds(1);

    private static final int TOKENS_PER_STATEMENT = 1_000;
    private static final int RETENTION_DAYS = 400;

    private final JdbcClient jdbc;
    private final TransactionOperations transactions;
    private final PersonalDataKeys keys;
    private final SecretKey addressKey;
    private final PermissionCatalogue permissions;
    private final Clock clock;
    private final Counter written;
    private final Counter droppedUses;
    private final int capacity;

    private final UUID nodeId = UUID.randomUUID();
    private final ConcurrentHashMap<String, Tally> tallies = new ConcurrentHashMap<>();
    private final AtomicBoolean dropped = new AtomicBoolean();

    // Of the thread that writes, under this object's lock.
    private @Nullable Instant writtenUntil;
    private @Nullable Batch unwritten;
    private long batches;

    /** @param addressKey for HMAC-SHA256; under another key an address counts as another one */
    public TokenUses(
            JdbcClient jdbc,
            TransactionOperations transactions,
            PersonalDataKeys keys,
            SecretKey addressKey,
            PermissionCatalogue permissions,
            Clock clock,
            MeterRegistry meters) {
        this(jdbc, transactions, keys, addressKey, permissions, clock, meters, TOKENS);
    }

    TokenUses(
            JdbcClient jdbc,
            TransactionOperations transactions,
            PersonalDataKeys keys,
            SecretKey addressKey,
            PermissionCatalogue permissions,
            Clock clock,
            MeterRegistry meters,
            int capacity) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.keys = keys;
        this.addressKey = addressKey;
        this.permissions = permissions;
        this.clock = clock;
        this.capacity = capacity;
        written = Counter.builder("keyledger.token.uses.written")
                .description("Uses of tokens that were written to the database")
                .register(meters);
        droppedUses = Counter.builder("keyledger.token.uses.dropped")
                .description("Uses of tokens that were not counted, because too many tokens were in use")
                .register(meters);
        meters.gauge("keyledger.token.uses.tokens", tallies, Map::size);
    }

    /**
     * A token was accepted.
     *
     * @param ipAddress of whoever used it; absent: unknown
     * @param asked permissions that it was used for, held or not; absent: whoever asked was told all that it holds, and
     *     did not say which it needs
     * @param lookedUpAt when the look-up that accepted it began
     */
    public void accepted(
            String tokenId,
            String accountId,
            @Nullable String ipAddress,
            @Nullable Collection<String> asked,
            Instant lookedUpAt) {
        tally(tokenId, tally -> {
            tally.day(lookedUpAt).accepted++;
            tally.acceptedAt(lookedUpAt);
            if (ipAddress != null) {
                tally.accountId = accountId;
                tally.acceptedFrom.see(ipAddress, lookedUpAt);
            }
            if (asked == null) {
                tally.unspecifiedAt = latest(tally.unspecifiedAt, lookedUpAt);
            } else {
                for (var permission : asked) {
                    ask(tally, permission, lookedUpAt);
                }
            }
        });
    }

    /** A token that was accepted for a request turned out to be used for this permission, held or not. */
    public void asked(String tokenId, String permission) {
        tally(tokenId, tally -> ask(tally, permission, clock.instant()));
    }

    /**
     * A value was refused that is, or was, this token's.
     *
     * @param revoked whether the token was revoked; otherwise it is expired or disabled, say, or the value is retired
     */
    public void refused(
            String tokenId, String accountId, @Nullable String ipAddress, boolean revoked, Instant lookedUpAt) {
        tally(tokenId, tally -> {
            tally.day(lookedUpAt).refused++;
            if (revoked) {
                tally.refusedWhenRevoked++;
                if (ipAddress != null) {
                    tally.accountId = accountId;
                    tally.refusedFrom.see(ipAddress, lookedUpAt);
                }
            }
        });
    }

    private void tally(String tokenId, Consumer<Tally> use) {
        if (tallies.mappingCount() >= capacity && !tallies.containsKey(tokenId)) {
            dropped.set(true);
            droppedUses.increment();
            return;
        }
        // One at a time for each token, and none once the batch has taken it out.
        tallies.compute(tokenId, (_, before) -> {
            var tally = before == null ? new Tally() : before;
            use.accept(tally);
            return tally;
        });
    }

    /** The catalogue bounds how many there are: gateways may ask for anything. */
    private void ask(Tally tally, String permission, Instant at) {
        if (permissions.contains(permission)) {
            tally.permissions.merge(permission, at, TokenUses::latest);
        }
    }

    private static Instant latest(@Nullable Instant before, Instant at) {
        return before == null || at.isAfter(before) ? at : before;
    }

    /** What one token's uses since the last batch came to. */
    private static final class Tally {
        private final Map<LocalDate, Day> days = HashMap.newHashMap(1);
        private final Deque<Instant> moments = new ArrayDeque<>(2);
        private final Addresses acceptedFrom = new Addresses();
        private final Addresses refusedFrom = new Addresses();
        private final Map<String, Instant> permissions = HashMap.newHashMap(2);
        private String accountId = "";
        private @Nullable Instant unspecifiedAt;
        private long refusedWhenRevoked;

        private Day day(Instant at) {
            return days.computeIfAbsent(LocalDate.ofInstant(at, ZoneOffset.UTC), _ -> new Day());
        }

        private void acceptedAt(Instant at) {
            moments.addFirst(at);
            if (moments.size() > MOMENTS) {
                moments.removeLast();
            }
        }

        private long uses() {
            return days.values().stream()
                    .mapToLong(day -> day.accepted + day.refused)
                    .sum();
        }
    }

    private static final class Day {
        private long accepted;
        private long refused;
    }

    private static final class Seen {
        private Instant lastAt = Instant.MIN;
        private long uses;
    }

    /** The last addresses, the one seen last at the end. */
    private static final class Addresses extends LinkedHashMap<String, Seen> {

        Addresses() {
            super(2, 0.75f, true);
        }

        private void see(String ipAddress, Instant at) {
            var seen = computeIfAbsent(ipAddress, _ -> new Seen());
            seen.lastAt = latest(seen.lastAt, at);
            seen.uses++;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Seen> eldest) {
            return size() > ADDRESSES;
        }
    }

    /**
     * What is written in one transaction.
     *
     * @param number given once; the database knows by it what was committed
     * @param from up to when the batch before goes
     * @param until all that was seen before it is in this batch, or in one before
     * @param incomplete whether uses were dropped meanwhile
     */
    private record Batch(
            long number, List<Map.Entry<String, Tally>> tallies, Instant from, Instant until, boolean incomplete) {}

    /** Announces this node, before it authenticates anybody: if it is killed, what it saw is known to be missing. */
    public synchronized void open() {
        if (writtenUntil == null) {
            var now = clock.instant();
            jdbc.sql("""
                insert into state.use_recorder (node_id, batch, written_until, seen_at) values (:node, 0, :now, :now)\
                """).param("node", nodeId).param("now", utc(now)).update();
            writtenUntil = now;
        }
    }

    /** To be called where it is proven that every node that ran before this one is dead. */
    public void othersHaveEnded() {
        jdbc.sql("update state.use_recorder set ended_at = :now where ended_at is null and node_id <> :node")
                .param("now", utc(clock.instant()))
                .param("node", nodeId)
                .update();
    }

    /** Writes what was seen since the last time. What cannot be written is kept for the next time. */
    public synchronized void write() {
        write(clock.instant().minus(LOOK_UP));
    }

    private void write(Instant until) {
        if (writtenUntil == null) {
            return;
        }
        // By itself, so that it is known to be alive when the rest waits for a lock or fails.
        jdbc.sql("update state.use_recorder set seen_at = :now, ended_at = null where node_id = :node")
                .param("now", utc(clock.instant()))
                .param("node", nodeId)
                .update();
        if (unwritten != null) {
            write(unwritten);
        }
        unwritten = take(writtenUntil, until);
        write(unwritten);
    }

    /** Takes all tallies out, sorted: nodes that write the same tokens at once lock their rows in the same order. */
    private Batch take(Instant from, Instant until) {
        var incomplete = dropped.getAndSet(false);
        var taken = new ArrayList<Map.Entry<String, Tally>>();
        for (var tokenId : tallies.keySet()) {
            var tally = tallies.remove(tokenId);
            if (tally != null) {
                taken.add(Map.entry(tokenId, tally));
            }
        }
        taken.sort(Map.Entry.comparingByKey());
        return new Batch(++batches, taken, from, until.isAfter(from) ? until : from, incomplete);
    }

    private void write(Batch batch) {
        transactions.executeWithoutResult(_ -> {
            jdbc.sql("set local lock_timeout = '5s'").update();
            if (begins(batch)) {
                for (var start = 0; start < batch.tallies().size(); start += TOKENS_PER_STATEMENT) {
                    var end = Math.min(
                            start + TOKENS_PER_STATEMENT, batch.tallies().size());
                    write(batch.tallies().subList(start, end));
                }
            }
        });
        written.increment(batch.tallies().stream()
                .mapToDouble(entry -> entry.getValue().uses())
                .sum());
        writtenUntil = batch.until();
        unwritten = null;
    }

    /** Whether this batch is yet to be written; when the answer to its commit was lost, it may be there already. */
    private boolean begins(Batch batch) {
        var rows = jdbc.sql("""
            insert into state.use_recorder as known (node_id, batch, written_until, seen_at)
            values (:node, :batch, :until, :now)
            on conflict (node_id) do update set batch = :batch, written_until = :until, seen_at = :now
            where known.batch < :batch\
            """)
                .param("node", nodeId)
                .param("batch", batch.number())
                .param("until", utc(batch.until()))
                .param("now", utc(clock.instant()))
                .update();
        if (rows == 1 && batch.incomplete()) {
            jdbc.sql("insert into state.use_gap (node_id, from_at, until_at) values (:node, :from, :until)"
                            + " on conflict (node_id, from_at) do update set until_at = excluded.until_at")
                    .param("node", nodeId)
                    .param("from", utc(batch.from()))
                    // What was dropped came before it was noticed.
                    .param("until", utc(batch.until().plus(LOOK_UP)))
                    .update();
        }
        return rows == 1;
    }

    private void write(List<Map.Entry<String, Tally>> tallies) {
        writeTokens(tallies);
        writeDays(tallies);
        writeAddresses(tallies);
        writePermissions(tallies);
    }

    /** First: whoever has a token's row here has its rows in the other tables to itself. */
    private void writeTokens(List<Map.Entry<String, Tally>> tallies) {
        var rows = new Rows("token", "moments", "unspecified", "refused");
        tallies.forEach(entry -> rows.add(
                entry.getKey(),
                moments(entry.getValue().moments),
                text(entry.getValue().unspecifiedAt),
                Long.toString(entry.getValue().refusedWhenRevoked)));
        rows.run(jdbc, """
            insert into state.token_use as kept (token_id, accepted_at, unspecified_at, refused_when_revoked)
            select token, moments::timestamptz[], unspecified::timestamptz, refused::bigint from rows order by token
            on conflict (token_id) do update set
                accepted_at = array(select at from unnest(kept.accepted_at || excluded.accepted_at) as at
                                    order by at desc limit %d),
                unspecified_at = greatest(kept.unspecified_at, excluded.unspecified_at),
                refused_when_revoked = kept.refused_when_revoked + excluded.refused_when_revoked\
            """.formatted(MOMENTS));
    }

    /** As PostgreSQL writes an array, the newest first. */
    private static String moments(Collection<Instant> moments) {
        return moments.stream()
                .sorted(Comparator.reverseOrder())
                .map(moment -> '"' + moment.toString() + '"')
                .collect(java.util.stream.Collectors.joining(",", "{", "}"));
    }

    private void writeDays(List<Map.Entry<String, Tally>> tallies) {
        var rows = new Rows("token", "day", "accepted", "refused");
        tallies.forEach(entry -> entry.getValue()
                .days
                .forEach((day, uses) -> rows.add(
                        entry.getKey(), day.toString(), Long.toString(uses.accepted), Long.toString(uses.refused))));
        rows.run(jdbc, """
            insert into state.token_use_day as kept (token_id, day, accepted, refused)
            select token, day::date, accepted::bigint, refused::bigint from rows
            on conflict (token_id, day) do update set
                accepted = kept.accepted + excluded.accepted, refused = kept.refused + excluded.refused\
            """);
    }

    private void writeAddresses(List<Map.Entry<String, Tally>> tallies) {
        var keyring = keys.of(tallies.stream()
                .map(entry -> entry.getValue().accountId)
                .distinct()
                .toList());
        var rows = new Rows("token", "kind", "digest", "account", "address", "last", "uses");
        for (var entry : tallies) {
            add(rows, keyring, entry, "accepted", entry.getValue().acceptedFrom);
            add(rows, keyring, entry, "refused", entry.getValue().refusedFrom);
        }
        rows.run(jdbc, """
            insert into state.token_use_address as kept
                (token_id, kind, address_digest, account_id, address, last_at, uses)
            select token, kind, decode(digest, 'hex'), account, address, last::timestamptz, uses::bigint from rows
            on conflict (token_id, kind, address_digest) do update set
                account_id = excluded.account_id, address = excluded.address,
                last_at = greatest(kept.last_at, excluded.last_at), uses = kept.uses + excluded.uses\
            """);
        jdbc.sql("""
            delete from state.token_use_address as address using (
                select token_id, kind, address_digest,
                    row_number() over (partition by token_id, kind order by last_at desc, address_digest) as place
                from state.token_use_address where token_id = any (:tokens)) as ranked
            where place > :kept and address.token_id = ranked.token_id and address.kind = ranked.kind
                and address.address_digest = ranked.address_digest\
            """)
                .param("tokens", tallies.stream().map(Map.Entry::getKey).toArray(String[]::new))
                .param("kept", ADDRESSES)
                .update();
    }

    private void add(
            Rows rows,
            PersonalDataKeys.Keyring keyring,
            Map.Entry<String, Tally> entry,
            String kind,
            Addresses addresses) {
        var accountId = entry.getValue().accountId;
        // Whoever was erased gets no new data.
        if (!keyring.isErased(accountId)) {
            addresses.forEach((ipAddress, seen) -> rows.add(
                    entry.getKey(),
                    kind,
                    digest(entry.getKey(), ipAddress),
                    accountId,
                    keyring.seal(accountId, CONTEXT, ipAddress).ciphertext(),
                    seen.lastAt.toString(),
                    Long.toString(seen.uses)));
        }
    }

    /** In hexadecimal. Ids of tokens have no space in them. */
    private String digest(String tokenId, String ipAddress) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(addressKey);
            return HexFormat.of().formatHex(mac.doFinal((tokenId + ' ' + ipAddress).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void writePermissions(List<Map.Entry<String, Tally>> tallies) {
        var rows = new Rows("token", "permission", "asked");
        tallies.forEach(entry -> entry.getValue()
                .permissions
                .forEach((permission, at) -> rows.add(entry.getKey(), permission, at.toString())));
        rows.run(jdbc, """
            insert into state.token_permission_use as kept (token_id, permission, last_asked_at)
            select token, permission, asked::timestamptz from rows
            on conflict (token_id, permission) do update set
                last_asked_at = greatest(kept.last_asked_at, excluded.last_asked_at)\
            """);
    }

    /** Rows of texts for one statement, which reads them from {@code rows}: one array a column. */
    private static final class Rows {
        private final List<String> columns;
        private final List<@Nullable String[]> rows = new ArrayList<>();

        Rows(String... columns) {
            this.columns = List.of(columns);
        }

        void add(@Nullable String... row) {
            rows.add(row);
        }

        void run(JdbcClient jdbc, String insert) {
            if (rows.isEmpty()) {
                return;
            }
            var statement = jdbc.sql("with rows as (select * from unnest(%s) as rows (%s)) %s"
                    .formatted(
                            columns.stream()
                                    .map(column -> ":" + column + "::text[]")
                                    .collect(java.util.stream.Collectors.joining(", ")),
                            String.join(", ", columns),
                            insert));
            for (var i = 0; i < columns.size(); i++) {
                var column = i;
                statement = statement.param(
                        columns.get(i), rows.stream().map(row -> row[column]).toArray(String[]::new));
            }
            statement.update();
        }
    }

    /** Forgets what is older than anybody is shown. */
    public void removeOld() {
        var before = clock.instant().minus(Duration.ofDays(RETENTION_DAYS));
        jdbc.sql("delete from state.token_use_day where day < ?")
                .param(LocalDate.ofInstant(before, ZoneOffset.UTC))
                .update();
        for (var old : List.of(
                "state.token_permission_use where last_asked_at",
                "state.use_gap where until_at",
                "state.use_recorder where coalesce(ended_at, seen_at)")) {
            jdbc.sql("delete from " + old + " < ?").param(utc(before)).update();
        }
    }

    /** Writes what is left. To be called when nothing authenticates any more. */
    @Override
    public synchronized void close() {
        if (writtenUntil == null) {
            return;
        }
        try {
            var now = clock.instant();
            write(now);
            jdbc.sql("update state.use_recorder set ended_at = :now where node_id = :node")
                    .param("now", utc(now))
                    .param("node", nodeId)
                    .update();
        } catch (RuntimeException e) {
            LOG.warn("The last uses of tokens were not written: {}", e.toString());
        }
        writtenUntil = null;
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
