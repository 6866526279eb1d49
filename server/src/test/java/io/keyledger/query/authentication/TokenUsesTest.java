package io.keyledger.query.authentication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.GetLastUse;
import io.keyledger.api.token.GetTokenRevocation;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.TokenRevocation;
import io.keyledger.api.token.TokenRevocation.AcceptedUse;
import io.keyledger.api.token.TokenRevocation.Unknown;
import io.keyledger.api.token.TokenUse;
import io.keyledger.api.token.TokenUse.UsedAddress;
import io.keyledger.api.token.TokenUse.UsedDay;
import io.keyledger.api.token.TokenUse.UsedPermission;
import io.keyledger.server.SettableClock;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

@Timeout(60)
class TokenUsesTest {

    private static final String ADDRESS = "192.0.2.1";

    private final SettableClock clock = new SettableClock();
    private final Instant start = clock.instant();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private HikariDataSource database;
    private JdbcClient jdbc;
    private TestDataKeys keys;
    private TransactionTemplate transactions;
    private TokenUses uses;
    private TokenUseQueries queries;

    @BeforeEach
    void start() {
        database = TestDatabase.create();
        jdbc = JdbcClient.create(database);
        keys = new TestDataKeys(database);
        transactions = new TransactionTemplate(new JdbcTransactionManager(database));
        queries = new TokenUseQueries(jdbc, keys, new TestLog(database).positions(), clock);
        uses = node(transactions, 100_000);
        uses.open();
        jdbc.sql("update state.use_recording set since = ?")
                .param(start.minusSeconds(3_600).atOffset(ZoneOffset.UTC))
                .update();
        keys.create("acc_ada");
        create("tok_1", "tokens:read", "tokens:write", "invoices:read");
    }

    @AfterEach
    void stop() {
        database.close();
    }

    private TokenUses node(TransactionOperations transactions, int capacity) {
        return new TokenUses(
                jdbc,
                transactions,
                keys,
                new SecretKeySpec(new byte[32], "HmacSHA256"),
                new PermissionCatalogue(
                        List.of(new io.keyledger.api.authentication.Permission("invoices:read", "", false))),
                clock,
                meters,
                capacity);
    }

    private void create(String tokenId, String... permissions) {
        jdbc.sql("""
            insert into projection.token (token_id, account_id, permissions, expired, revoked)
            values (?, 'acc_ada', ?, false, false)\
            """).params(tokenId, permissions).update();
        append(tokenId, 0, "token.created", "{}");
    }

    private void revoke(String tokenId) {
        append(tokenId, 1, "token.revoked", "{\"reason\": \"leaked\"}");
    }

    private void append(String tokenId, int number, String type, String payload) {
        jdbc.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type,
                occurred_at, payload_type, payload_revision, payload, metadata)
            values (?, ?, ?, 'Token', ?, ?, '1', convert_to(?, 'UTF8'), convert_to(?, 'UTF8'))\
            """)
                .params(
                        type + tokenId,
                        tokenId,
                        number,
                        clock.instant().atOffset(ZoneOffset.UTC),
                        type,
                        payload,
                        "{\"actorType\": \"account\", \"actorAccountId\": \"acc_ada\"}")
                .update();
    }

    private void accepted(String tokenId, String ipAddress, String... asked) {
        uses.accepted(tokenId, "acc_ada", ipAddress, List.of(asked), clock.instant());
    }

    private void refused(String tokenId, String ipAddress, boolean revoked) {
        uses.refused(tokenId, "acc_ada", ipAddress, revoked, clock.instant());
    }

    private void write() {
        pass(Duration.ofSeconds(15));
        uses.write();
    }

    private void pass(Duration time) {
        clock.advance(time);
    }

    private TokenUse use(String tokenId) {
        return queries.handle(new GetTokenUse("acc_ada", tokenId, null));
    }

    private TokenRevocation revocation() {
        return queries.handle(new GetTokenRevocation("acc_ada", "tok_1", null));
    }

    private static List<String> ipAddresses(List<UsedAddress> addresses) {
        return addresses.stream().map(UsedAddress::ipAddress).toList();
    }

    // What is written

    @Test
    void a_use_is_written_with_its_time_address_day_and_permissions() {
        accepted("tok_1", ADDRESS, "invoices:read");
        pass(Duration.ofSeconds(1));
        accepted("tok_1", ADDRESS);
        refused("tok_1", "198.51.100.1", false);
        assertThat(use("tok_1").lastUsedAt()).as("not yet").isNull();
        write();

        assertThat(use("tok_1"))
                .isEqualTo(new TokenUse(
                        "tok_1",
                        start.plusSeconds(1),
                        List.of(new UsedAddress(ADDRESS, start.plusSeconds(1), 2)),
                        List.of(new UsedDay(LocalDate.parse("2026-11-22"), 2, 1)),
                        List.of(
                                new UsedPermission("invoices:read", start, true),
                                new UsedPermission("tokens:read", null, false),
                                new UsedPermission("tokens:write", null, false)),
                        null,
                        start,
                        clock.instant().minusSeconds(1)));
        assertThat(queries.handle(new GetLastUse("tok_1"))).contains(start.plusSeconds(1));
        assertThat(queries.handle(new GetLastUse("tok_2"))).isEmpty();
        assertThat(meters.counter("keyledger.token.uses.written").count()).isEqualTo(3);
    }

    @Test
    void what_was_written_before_is_added_to() {
        for (var i = 0; i < 3; i++) {
            accepted("tok_1", ADDRESS, "tokens:read");
            write();
        }
        pass(Duration.ofDays(1));
        accepted("tok_1", ADDRESS);
        write();

        var use = use("tok_1");
        assertThat(use.days())
                .containsExactly(
                        new UsedDay(LocalDate.parse("2026-11-23"), 1, 0),
                        new UsedDay(LocalDate.parse("2026-11-22"), 3, 0));
        assertThat(use.addresses()).extracting(UsedAddress::uses).containsExactly(4L);
    }

    @Test
    void the_last_five_addresses_of_each_token_are_kept() {
        create("tok_2");
        accepted("tok_2", "203.0.113.7");
        for (var i = 1; i <= 9; i++) {
            pass(Duration.ofSeconds(1));
            accepted("tok_1", "192.0.2." + i);
            if (i % 4 == 0) {
                write();
            }
        }
        accepted("tok_1", "192.0.2.7");
        write();

        assertThat(ipAddresses(use("tok_1").addresses()))
                .containsExactlyInAnyOrder("192.0.2.9", "192.0.2.7", "192.0.2.8", "192.0.2.6", "192.0.2.5");
        assertThat(ipAddresses(use("tok_2").addresses())).containsExactly("203.0.113.7");
    }

    @Test
    void a_dump_tells_no_address_and_an_erased_person_has_none() {
        accepted("tok_1", ADDRESS);
        write();
        assertThat(jdbc.sql("select address || encode(address_digest, 'escape') from state.token_use_address")
                        .query(String.class)
                        .single())
                .doesNotContain(ADDRESS);

        keys.destroy("acc_ada");
        assertThat(ipAddresses(use("tok_1").addresses())).containsExactly("erased");
        accepted("tok_1", "192.0.2.2");
        write();
        assertThat(ipAddresses(use("tok_1").addresses())).containsExactly("erased");
        assertThat(use("tok_1").days()).extracting(UsedDay::accepted).containsExactly(2L);
    }

    @Test
    void permissions_count_as_asked_for_90_days_and_only_those_that_there_are() {
        accepted("tok_1", ADDRESS, "tokens:read", "no:such", "x".repeat(10_000));
        pass(Duration.ofDays(60));
        uses.asked("tok_1", "tokens:write");
        write();
        assertThat(jdbc.sql("select permission from state.token_permission_use order by 1")
                        .query(String.class)
                        .list())
                .containsExactly("tokens:read", "tokens:write");
        assertThat(asked()).containsExactly("tokens:read", "tokens:write");

        pass(Duration.ofDays(31));
        assertThat(asked()).containsExactly("tokens:write");
        assertThat(use("tok_1").days()).as("older than 90 days").isEmpty();
    }

    private List<String> asked() {
        return use("tok_1").permissions().stream()
                .filter(UsedPermission::asked)
                .map(UsedPermission::name)
                .toList();
    }

    @Test
    void that_a_service_was_told_all_permissions_is_known_for_90_days() {
        uses.accepted("tok_1", "acc_ada", ADDRESS, null, start);
        write();
        assertThat(use("tok_1").unspecifiedAt()).isEqualTo(start);

        pass(Duration.ofDays(91));
        assertThat(use("tok_1").unspecifiedAt()).isNull();
    }

    @Test
    void uses_at_once_are_all_counted_while_batches_are_written() throws Exception {
        var done = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var writer = threads.submit(() -> {
                while (!done.get()) {
                    uses.write();
                }
            });
            try (var users = Executors.newVirtualThreadPerTaskExecutor()) {
                for (var i = 0; i < 20_000; i++) {
                    var number = i;
                    users.execute(() -> accepted("tok_" + number % 5, "192.0.2." + number % 3, "tokens:read"));
                }
            }
            done.set(true);
            writer.get();
        }
        uses.close();

        assertThat(jdbc.sql("select sum(accepted) from state.token_use_day")
                        .query(Long.class)
                        .single())
                .isEqualTo(20_000);
        assertThat(jdbc.sql("select sum(uses) from state.token_use_address")
                        .query(Long.class)
                        .single())
                .isEqualTo(20_000);
    }

    @Test
    void nodes_that_write_the_same_tokens_at_once_do_not_fail() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var nodes = java.util.stream.IntStream.range(0, 4)
                    .mapToObj(number -> threads.submit(() -> {
                        var node = node(transactions, 1_000);
                        node.open();
                        for (var round = 0; round < 20; round++) {
                            for (var i = 0; i < 50; i++) {
                                node.accepted(
                                        "tok_" + (i * 7 + number) % 50,
                                        "acc_ada",
                                        "192.0.2." + (round + i) % 20,
                                        List.of("tokens:read"),
                                        clock.instant());
                            }
                            node.write();
                        }
                    }))
                    .toList();
            for (var node : nodes) {
                node.get();
            }
        }
        assertThat(jdbc.sql("select sum(accepted) from state.token_use_day")
                        .query(Long.class)
                        .single())
                .isEqualTo(4 * 20 * 50);
    }

    @Test
    void uses_of_more_tokens_than_there_is_room_for_are_dropped_and_that_is_known() {
        uses.close();
        uses = node(transactions, 10);
        uses.open();
        for (var i = 0; i < 20; i++) {
            accepted("tok_" + i, ADDRESS);
        }
        accepted("tok_3", ADDRESS);
        write();

        assertThat(jdbc.sql("select sum(accepted) from state.token_use_day")
                        .query(Long.class)
                        .single())
                .isEqualTo(11);
        assertThat(meters.counter("keyledger.token.uses.dropped").count()).isEqualTo(10);
        revoke("tok_1");
        assertThat(revocation().unknown()).extracting(Unknown::why).anyMatch(why -> why.contains("more tokens"));
    }

    // When the database does not do as it should

    @Test
    void what_could_not_be_written_is_kept_and_written_later_once() {
        var broken = new AtomicBoolean(true);
        uses.close();
        uses = node(
                new TransactionOperations() {
                    @Override
                    public <T> @Nullable T execute(TransactionCallback<T> action) {
                        var result = transactions.execute(action);
                        if (broken.get()) {
                            throw new IllegalStateException("the answer to the commit was lost");
                        }
                        return result;
                    }
                },
                100);
        uses.open();
        accepted("tok_1", ADDRESS);
        assertThatThrownBy(this::write).isInstanceOf(IllegalStateException.class);
        accepted("tok_1", ADDRESS);
        assertThatThrownBy(this::write).isInstanceOf(IllegalStateException.class);
        broken.set(false);
        write();

        assertThat(use("tok_1").days()).extracting(UsedDay::accepted).containsExactly(2L);
    }

    @Test
    void what_was_rolled_back_is_written_later() {
        var broken = new AtomicBoolean(true);
        uses.close();
        uses = node(
                new TransactionOperations() {
                    @Override
                    public <T> @Nullable T execute(TransactionCallback<T> action) {
                        return transactions.execute((TransactionStatus status) -> {
                            var result = action.doInTransaction(status);
                            if (broken.get()) {
                                throw new IllegalStateException("no commit");
                            }
                            return result;
                        });
                    }
                },
                100);
        uses.open();
        accepted("tok_1", ADDRESS);
        assertThatThrownBy(this::write).isInstanceOf(IllegalStateException.class);
        var until = use("tok_1").countedUntil();
        assertThat(until).as("nothing was written yet").isEqualTo(start);
        broken.set(false);
        accepted("tok_1", ADDRESS);
        write();

        assertThat(use("tok_1").days()).extracting(UsedDay::accepted).containsExactly(2L);
        assertThat(use("tok_1").countedUntil()).isAfter(until);
    }

    @Test
    void a_locked_table_holds_up_nobody_who_uses_a_token() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var lock = database.getConnection()) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("lock table state.token_use, state.token_use_day in exclusive mode");
            accepted("tok_1", ADDRESS);
            var writing = threads.submit(this::write);
            org.awaitility.Awaitility.await()
                    .until(() -> jdbc.sql("select exists (select from pg_stat_activity"
                                    + " where datname = current_database() and wait_event_type = 'Lock')")
                            .query(Boolean.class)
                            .single());

            var before = System.nanoTime();
            for (var i = 0; i < 10_000; i++) {
                accepted("tok_1", ADDRESS);
            }
            // Less than the 5 s for which the table is waited for.
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));

            lock.rollback();
            writing.get();
        }
        write();
        assertThat(use("tok_1").days()).extracting(UsedDay::accepted).containsExactly(10_001L);
    }

    @Test
    void closing_writes_what_is_left_and_leaves_nothing_unknown() {
        accepted("tok_1", ADDRESS);
        pass(Duration.ofMillis(100));
        revoke("tok_1");
        refused("tok_1", ADDRESS, true);
        uses.close();
        uses.close();
        pass(Duration.ofMinutes(10));

        assertThat(revocation().lastAcceptedUse()).isEqualTo(new AcceptedUse(start, ADDRESS));
        assertThat(revocation().refusedSince().atLeast()).isEqualTo(1);
        assertThat(revocation().unknown()).isEmpty();
    }

    @Test
    void days_older_than_400_days_are_forgotten() {
        accepted("tok_1", ADDRESS, "tokens:read");
        write();
        pass(Duration.ofDays(399));
        uses.removeOld();
        assertThat(rows("state.token_use_day")).isEqualTo(1);
        pass(Duration.ofDays(3));
        uses.removeOld();
        assertThat(rows("state.token_use_day")).isZero();
        assertThat(rows("state.token_permission_use")).isZero();
        assertThat(rows("state.token_use")).as("the last use stays").isEqualTo(1);
    }

    private int rows(String table) {
        return jdbc.sql("select count(*) from " + table).query(Integer.class).single();
    }

    // The proof

    @Test
    void a_revocation_is_proven_with_its_position_the_last_use_before_and_what_was_refused_since() {
        accepted("tok_1", ADDRESS);
        pass(Duration.ofSeconds(30));
        refused("tok_1", "203.0.113.9", false);
        pass(Duration.ofSeconds(30));
        revoke("tok_1");
        pass(Duration.ofSeconds(1));
        refused("tok_1", "198.51.100.1", true);
        pass(Duration.ofSeconds(1));
        refused("tok_1", "198.51.100.2", true);
        refused("tok_1", "198.51.100.2", true);
        write();

        var proof = revocation();
        assertThat(proof.position()).isEqualTo(2);
        assertThat(proof.revokedAt()).isEqualTo(start.plusSeconds(60));
        assertThat(proof.reason()).isEqualTo("leaked");
        assertThat(proof.revokedBy()).isEqualTo(new TokenRevocation.RevokedBy("account", "acc_ada", null));
        assertThat(proof.lastAcceptedUse()).isEqualTo(new AcceptedUse(start, ADDRESS));
        assertThat(proof.acceptedSince().count()).isZero();
        assertThat(proof.acceptedSince().reason()).contains("one transaction");
        assertThat(proof.refusedSince().atLeast()).isEqualTo(3);
        assertThat(proof.refusedSince().addresses())
                .containsExactly(
                        new UsedAddress("198.51.100.2", start.plusSeconds(62), 2),
                        new UsedAddress("198.51.100.1", start.plusSeconds(61), 1));
        assertThat(proof.unknown()).isEmpty();
        assertThat(proof.sentence())
                .isEqualTo("The token tok_1 was revoked at 2026-11-22T09:01:00Z (event 2)."
                        + " It was last accepted at 2026-11-22T09:00:00Z from 192.0.2.1."
                        + " Since then no use was accepted, and at least 3 were refused, lately from"
                        + " 198.51.100.2 (2, last at 2026-11-22T09:01:02Z),"
                        + " 198.51.100.1 (1, last at 2026-11-22T09:01:01Z); counted until 2026-11-22T09:01:16Z.");
        assertThat(proof).hasToString("TokenRevocation[tok_1]");
    }

    @Test
    void an_accepted_use_after_the_time_of_the_event_is_not_hidden() {
        accepted("tok_1", ADDRESS);
        pass(Duration.ofSeconds(1));
        revoke("tok_1");
        pass(Duration.ofMillis(5));
        accepted("tok_1", "192.0.2.2");
        accepted("tok_1", "192.0.2.2");
        write();

        var proof = revocation();
        assertThat(proof.lastAcceptedUse()).isEqualTo(new AcceptedUse(start, ADDRESS));
        assertThat(proof.acceptedSince().count()).isEqualTo(2);
        assertThat(proof.acceptedSince().lastAt()).isEqualTo(start.plusMillis(1_005));
        assertThat(proof.acceptedSince().reason()).contains("between the time of the event and its commit");
        assertThat(proof.sentence()).contains("before the revocation was committed: 2, the last at");
    }

    @Test
    void what_is_not_written_yet_is_named() {
        write();
        pass(Duration.ofSeconds(5));
        revoke("tok_1");

        var proof = revocation();
        assertThat(proof.lastAcceptedUse()).isNull();
        assertThat(proof.unknown())
                .containsExactly(new Unknown(
                        start.plusSeconds(14),
                        start.plusSeconds(20),
                        "What was seen last is written within half a minute. The last accepted use may be later than"
                                + " shown."));
        assertThat(proof.refusedSince().countedUntil()).isEqualTo(start.plusSeconds(14));
        assertThat(proof.sentence()).contains("No use before that is known.", "Not known from 2026-11-22T09:00:14Z");
    }

    @Test
    void what_a_lost_node_had_not_written_is_unknown_and_not_guessed() {
        var lost = node(transactions, 100);
        lost.open();
        pass(Duration.ofSeconds(14));
        lost.write();
        accepted("tok_1", ADDRESS);
        write();
        lost.refused("tok_1", "acc_ada", ADDRESS, true, clock.instant());
        pass(Duration.ofSeconds(1));
        revoke("tok_1");
        for (var i = 0; i < 4; i++) {
            write();
        }
        assertThat(revocation().refusedSince().countedUntil())
                .as("it may still write")
                .isEqualTo(start.plusSeconds(13));
        write();
        write();

        var proof = revocation();
        assertThat(proof.refusedSince().countedUntil())
                .isEqualTo(clock.instant().minusSeconds(1));
        assertThat(proof.refusedSince().atLeast()).isZero();
        assertThat(proof.unknown())
                .containsExactly(new Unknown(
                        start.plusSeconds(13),
                        start.plusSeconds(104),
                        "A node stopped without writing what it had seen. The last accepted use may be later than"
                                + " shown. More uses may have been refused."));
        assertThat(proof.acceptedSince().count()).isZero();

        lost.write();
        assertThat(revocation().unknown()).as("it was not lost after all").isEmpty();
        assertThat(revocation().refusedSince().atLeast()).isEqualTo(1);
    }

    @Test
    void what_was_lost_before_the_last_known_use_leaves_nothing_open() {
        node(transactions, 100).open();
        pass(Duration.ofMinutes(10));
        accepted("tok_1", ADDRESS);
        pass(Duration.ofSeconds(1));
        revoke("tok_1");
        write();

        assertThat(revocation().unknown()).isEmpty();
    }

    @Test
    void a_node_that_is_known_to_be_dead_is_unknown_until_then() {
        node(transactions, 100).open();
        pass(Duration.ofSeconds(5));
        uses.othersHaveEnded();
        pass(Duration.ofSeconds(5));
        revoke("tok_1");
        write();

        assertThat(revocation().unknown())
                .containsExactly(new Unknown(
                        start,
                        start.plusSeconds(5),
                        "A node stopped without writing what it had seen. The last accepted use may be later than"
                                + " shown."));
    }

    @Test
    void before_uses_were_recorded_nothing_is_known() {
        jdbc.sql("update state.use_recording set since = ?")
                .param(start.plusSeconds(5).atOffset(ZoneOffset.UTC))
                .update();
        pass(Duration.ofSeconds(10));
        revoke("tok_1");
        write();

        assertThat(use("tok_1").recordedSince()).isEqualTo(start.plusSeconds(5));
        assertThat(revocation().unknown())
                .extracting(Unknown::from, Unknown::until)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(start, start.plusSeconds(5)));
    }

    @Test
    void only_the_owner_and_only_a_revoked_token_has_a_proof() {
        assertThatThrownBy(this::revocation)
                .asInstanceOf(type(Refusal.Conflict.class))
                .extracting(Refusal::code)
                .isEqualTo("token_not_revoked");
        for (var query : List.<Runnable>of(
                () -> queries.handle(new GetTokenRevocation("acc_eve", "tok_1", null)),
                () -> queries.handle(new GetTokenUse("acc_eve", "tok_1", null)),
                () -> queries.handle(new GetTokenUse("acc_ada", "tok_nope", null)))) {
            assertThatThrownBy(query::run)
                    .asInstanceOf(type(Refusal.NotFound.class))
                    .extracting(Refusal::code)
                    .isEqualTo("token_not_found");
        }
        assertThatThrownBy(() -> queries.handle(new GetTokenUse("acc_ada", "tok_1", 99L)))
                .isInstanceOf(Refusal.Malformed.class);
    }
}
