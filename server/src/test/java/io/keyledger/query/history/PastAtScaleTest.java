package io.keyledger.query.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.history.AsOf;
import io.keyledger.api.history.FindCapableTokens;
import io.keyledger.api.history.FindChanges;
import io.keyledger.api.history.FindPastTokens;
import io.keyledger.api.history.GetPastAccount;
import io.keyledger.api.history.GetPastAccountNames;
import io.keyledger.api.history.GetPastToken;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.TestCursors;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.keyledger.server.eventstore.EventSerializer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.axonframework.serialization.Serializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The past in a large log: an account with its tokens among those of many others. {@code
 * -Dkeyledger.test.events=1000000} for the size that is promised.
 */
@Timeout(600)
class PastAtScaleTest {

    private static final int EVENTS = Integer.getInteger("keyledger.test.events", 100_000);
    private static final int EVENTS_OF_A_TOKEN = 10;
    private static final int OWN_TOKENS = 200;
    private static final int INSTANTS = 40;
    private static final Instant BEGINNING = Instant.parse("2024-01-01T00:00:00Z");
    private static final Duration PROMISED = Duration.ofMillis(100);

    private static final HikariDataSource DATABASE = oneConnection();
    private static final JdbcClient JDBC = JdbcClient.create(DATABASE);
    private static final TestDataKeys KEYS = new TestDataKeys(DATABASE);
    private static final Serializer SERIALIZER = new EventSerializer(Event.types());
    private static final PermissionCatalogue CATALOGUE = new PermissionCatalogue(List.of());

    private static final Past PAST = new Past(JDBC, SERIALIZER, KEYS, Clock.systemUTC());
    private static final PastQueries QUERIES = new PastQueries(
            JDBC, PAST, new PastDetails(CATALOGUE), TestCursors.create(), new TestLog(DATABASE).positions());

    private static Instant middle = BEGINNING;
    private static Instant end = BEGINNING;

    /** So that what was read is counted where it is asked for. */
    private static HikariDataSource oneConnection() {
        try (var made = TestDatabase.create()) {
            var pool = new HikariConfig();
            pool.setJdbcUrl(TestDatabase.jdbcUrl(made));
            pool.setMaximumPoolSize(1);
            return new HikariDataSource(pool);
        }
    }

    @BeforeAll
    static void write() {
        noise(0, EVENTS / 2);
        own("acc_first", 0);
        noise(EVENTS / 2, EVENTS / 2);
        JDBC.sql("""
            insert into projection.audit_entry (position, event_id, type, revision, occurred_at, actor_type, account_id,
                token_id, correlation_id, payload)
            select global_index, event_identifier, payload_type, payload_revision, occurred_at, 'system',
                convert_from(payload, 'UTF8')::jsonb ->> 'accountId',
                case when type = 'Token' then aggregate_identifier end, '', payload
            from event.domain_event\
            """).update();
        JDBC.sql("""
            insert into projection.token (token_id, account_id, permissions, expired, revoked)
            select token_id, account_id, '{}', false, false from projection.audit_entry where type = 'token.created'\
            """).update();
        for (var table : List.of("event.domain_event", "projection.audit_entry", "projection.token")) {
            JDBC.sql("analyze " + table).update();
        }
        new TestLog(DATABASE)
                .cover(
                        "audit",
                        JDBC.sql("select max(global_index) from event.domain_event")
                                .query(Long.class)
                                .single());
        end = JDBC.sql("select max(occurred_at) from event.domain_event")
                .query((row, _) -> row.getTimestamp(1).toInstant())
                .single();
    }

    @AfterAll
    static void close() {
        DATABASE.close();
    }

    /**
     * Events of others in their real shapes, one a second: ten of each token, ten tokens of each account. Their data
     * keys are gone, so their texts need not open.
     */
    private static void noise(int from, int count) {
        JDBC.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload, metadata)
            select 'noise-' || n, 'tok_' || md5((n / 10)::text), n % 10, 'Token',
                cast(:beginning as timestamptz) + n * interval '1 second',
                case n % 10 when 0 then 'token.created' when 9 then 'token.revoked' else 'token.permissions-changed' end,
                case n % 10 when 9 then '2' else '1' end,
                convert_to(case n % 10
                    when 0 then format('{"tokenId":"tok_%1$s","accountId":"acc_%2$s","name":"%3$s","permissions":["tokens:read"],"digest":"%3$s","hint":"klt_%4$s"}',
                        md5((n / 10)::text), md5((n / 100)::text), repeat(md5(n::text), 2), left(md5(n::text), 4))
                    when 9 then format('{"tokenId":"tok_%1$s","accountId":"acc_%2$s","reason":"requested"}',
                        md5((n / 10)::text), md5((n / 100)::text))
                    else format('{"tokenId":"tok_%1$s","accountId":"acc_%2$s","previousPermissions":["tokens:read"],"permissions":["tokens:read","tokens:write"]}',
                        md5((n / 10)::text), md5((n / 100)::text))
                end, 'UTF8'),
                convert_to('{"actorType":"account","actorAccountId":"acc_' || md5((n / 100)::text)
                    || '","correlationId":"' || md5(n::text) || '"}', 'UTF8')
            from generate_series(:from, :to) as n\
            """)
                .param("beginning", BEGINNING.atOffset(ZoneOffset.UTC))
                .param("from", from)
                .param("to", from + count - 1)
                .update();
    }

    /** An account with tokens whose names and permissions change, all within some minutes in the middle of the log. */
    private static void own(String accountId, int first) {
        middle = BEGINNING.plusSeconds(EVENTS / 2);
        append(
                accountId,
                0,
                "Account",
                id -> new AccountRegistered(
                        accountId, seal(accountId, id, "ada@example.org"), seal(accountId, id, "Ada"), true));
        append(
                accountId,
                1,
                "Account",
                id -> new DisplayNameChanged(
                        accountId, seal(accountId, id, "Ada"), seal(accountId, id, "Ada Lovelace")));
        for (var n = first; n < first + OWN_TOKENS; n++) {
            var tokenId = "tok_own" + n;
            var name = "token " + n;
            append(
                    tokenId,
                    0,
                    "Token",
                    id -> new TokenCreated(
                            tokenId,
                            accountId,
                            seal(accountId, id, name),
                            seal(accountId, id, "of " + name),
                            List.of("audit:read"),
                            null,
                            "digest",
                            "klt_abcd"));
            for (var change = 1; change < EVENTS_OF_A_TOKEN; change++) {
                var number = change;
                append(
                        tokenId,
                        change,
                        "Token",
                        id -> number % 2 == 0
                                ? new TokenRenamed(
                                        tokenId,
                                        accountId,
                                        seal(accountId, id, name),
                                        seal(accountId, id, name + "." + number))
                                : new TokenPermissionsChanged(
                                        tokenId,
                                        accountId,
                                        List.of("audit:read"),
                                        List.of("audit:read", "tokens:read")));
            }
        }
    }

    private static PersonalText seal(String accountId, String eventId, String text) {
        return KEYS.seal(accountId, eventId, text);
    }

    private static void append(String aggregateId, int sequenceNumber, String type, Function<String, Event> event) {
        var eventId = aggregateId + "-" + sequenceNumber;
        var payload = SERIALIZER.serialize(event.apply(eventId), byte[].class);
        middle = middle.plusMillis(100);
        JDBC.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload, metadata)
            values (?, ?, ?, ?, ?, ?, ?, ?, '{}')\
            """)
                .params(
                        eventId,
                        aggregateId,
                        sequenceNumber,
                        type,
                        middle.atOffset(ZoneOffset.UTC),
                        payload.getType().getName(),
                        payload.getType().getRevision(),
                        payload.getData())
                .update();
    }

    /** How often these tables were read from end to end. */
    private static Map<String, Long> wholeReads() {
        JDBC.sql("select pg_stat_force_next_flush()").query((_, _) -> true).single();
        JDBC.sql("select pg_stat_clear_snapshot()").query((_, _) -> true).single();
        var reads = new TreeMap<String, Long>();
        JDBC.sql("select relname, seq_scan from pg_stat_user_tables"
                        + " where relname in ('domain_event', 'audit_entry', 'token')")
                .query(row -> {
                    reads.put(row.getString(1), row.getLong(2));
                });
        return reads;
    }

    /** How many events were read by an index. */
    private static long eventsRead() {
        JDBC.sql("select pg_stat_force_next_flush()").query((_, _) -> true).single();
        JDBC.sql("select pg_stat_clear_snapshot()").query((_, _) -> true).single();
        return JDBC.sql("select idx_tup_fetch from pg_stat_user_tables where relname = 'domain_event'")
                .query(Long.class)
                .single();
    }

    private static FindPastTokens tokens(AsOf asOf) {
        return new FindPastTokens(
                new FindTokens(
                        "acc_first",
                        EnumSet.of(TokenStatus.ACTIVE, TokenStatus.EXPIRED, TokenStatus.DISABLED),
                        null,
                        "name",
                        50,
                        null,
                        null),
                asOf);
    }

    private static Duration timed(Runnable question) {
        var began = System.nanoTime();
        question.run();
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private static void askForAccount(AsOf asOf) {
        var account = QUERIES.handle(new GetPastAccount(new GetAccount("acc_first", null), asOf));
        assertThat(account.displayName()).isEqualTo("Ada Lovelace");
        assertThat(QUERIES.handle(new GetPastToken(new GetToken("acc_first", "tok_own0", null), asOf))
                        .name())
                .startsWith("token 0");
    }

    private static void askForTokens(AsOf asOf) {
        assertThat(QUERIES.handle(tokens(asOf)).items()).isNotEmpty();
    }

    @Test
    void the_state_of_an_account_at_any_instant_is_there_in_100_ms() {
        var random = new Random(7);
        var first = middle.minusMillis(100L * OWN_TOKENS * EVENTS_OF_A_TOKEN - 200);
        for (var warm = 0; warm < 30; warm++) {
            askForAccount(new AsOf.At(end));
            askForTokens(new AsOf.At(end));
        }
        var instants = Stream.generate(() -> new AsOf.At(first.plusMillis(
                        random.nextLong(Duration.between(first, end).toMillis()))))
                .limit(INSTANTS)
                .toList();
        var whole = wholeReads();
        var before = eventsRead();
        var ofAccount =
                instants.stream().map(asOf -> timed(() -> askForAccount(asOf))).toList();
        var between = eventsRead();
        var ofTokens =
                instants.stream().map(asOf -> timed(() -> askForTokens(asOf))).toList();
        var after = eventsRead();

        // However busy the machine is: the work is that of the own events alone, at every instant, in a log of any
        // size.
        assertThat(wholeReads()).isEqualTo(whole);
        assertThat(between - before).isLessThanOrEqualTo(INSTANTS * (2L + 2 + EVENTS_OF_A_TOKEN));
        assertThat(after - between).isLessThanOrEqualTo(INSTANTS * 3L * (2 + OWN_TOKENS * EVENTS_OF_A_TOKEN));
        assertFast("an account and one of its tokens", ofAccount);
        assertFast("the list of an account's tokens", ofTokens);
    }

    /** Other work on the machine may disturb some, but neither half of them nor one of twenty much. */
    private static void assertFast(String what, List<Duration> measured) {
        var times = measured.stream().sorted().toList();
        var median = times.get(times.size() / 2);
        var slow = times.get(times.size() * 95 / 100);
        System.out.printf(
                "%,d events: %s at an instant: median %d ms, 95 %% below %d ms, slowest %d ms%n",
                EVENTS,
                what,
                median.toMillis(),
                slow.toMillis(),
                times.getLast().toMillis());
        assertThat(median).isLessThan(PROMISED);
        assertThat(slow).isLessThan(PROMISED.multipliedBy(5));
    }

    @Test
    void the_list_reads_the_keys_once() {
        var before = KEYS.reads();
        QUERIES.handle(tokens(new AsOf.At(end)));
        assertThat(KEYS.reads() - before).isEqualTo(1);
    }

    @Test
    void names_of_several_accounts_are_read_at_once() {
        var before = KEYS.reads();
        var names = QUERIES.handle(
                new GetPastAccountNames(List.of("acc_first", "acc_never", "acc_nobody"), new AsOf.At(end)));
        assertThat(names.byId()).isEqualTo(Map.of("acc_first", "Ada Lovelace"));
        assertThat(KEYS.reads() - before).isEqualTo(1);
    }

    @Test
    void a_page_of_what_changed_reads_a_part_of_the_log() {
        var changes = new ChangeQueries(JDBC, PAST, TestCursors.create(), new TestLog(DATABASE).positions());
        var head = JDBC.sql("select max(global_index) from event.domain_event")
                .query(Long.class)
                .single();
        var moments = List.of(
                List.of(new AsOf.At(BEGINNING), new AsOf.At(end)),
                List.of(new AsOf.At(end.minusSeconds(3600)), new AsOf.At(end)),
                List.of(new AsOf.After(head / 2), new AsOf.After(head)));
        var before = wholeReads();
        for (var range : moments) {
            var began = System.nanoTime();
            var query = new FindChanges(range.getFirst(), range.getLast(), null, 50, null, null);
            var page = changes.handle(query);
            assertThat(page.items()).hasSize(50);
            var next = changes.handle(
                    new FindChanges(range.getFirst(), range.getLast(), null, 50, page.nextCursor(), null));
            assertThat(next.items()).doesNotContainAnyElementsOf(page.items()).isNotEmpty();
            System.out.printf(
                    "%,d events: two pages of changes: %d ms%n",
                    EVENTS, Duration.ofNanos(System.nanoTime() - began).toMillis());
        }
        assertThat(wholeReads()).isEqualTo(before);
    }

    @Test
    void a_page_of_tokens_that_could_do_something_reads_a_part_of_them() {
        var capable = new CapableTokenQueries(
                JDBC,
                PAST,
                new PastDetails(CATALOGUE),
                CATALOGUE,
                TestCursors.create(),
                new TestLog(DATABASE).positions());
        var before = wholeReads();
        var found = new ArrayList<String>();
        String cursor = null;
        var pages = 0;
        var began = System.nanoTime();
        do {
            var page = capable.handle(new FindCapableTokens("audit:read", new AsOf.At(end), 100, cursor, null));
            page.items().forEach(item -> found.add(item.token().id()));
            cursor = page.nextCursor();
            pages++;
        } while (cursor != null);
        System.out.printf(
                "%,d events: %d pages of tokens with a permission: %d ms%n",
                EVENTS, pages, Duration.ofNanos(System.nanoTime() - began).toMillis());
        assertThat(found).hasSize(OWN_TOKENS).doesNotHaveDuplicates();
        assertThat(wholeReads()).isEqualTo(before);
    }
}
