package io.keyledger.query.token;

import static io.keyledger.api.token.TokenStatus.ACTIVE;
import static io.keyledger.api.token.TokenStatus.EXPIRED;
import static io.keyledger.api.token.TokenStatus.REVOKED;
import static java.util.Comparator.comparing;
import static java.util.Comparator.naturalOrder;
import static java.util.Comparator.nullsLast;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Tables;
import io.keyledger.query.TestCursors;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.messaging.MetaData;
import org.axonframework.queryhandling.DefaultQueryGateway;
import org.axonframework.queryhandling.SimpleQueryBus;
import org.axonframework.queryhandling.annotation.AnnotationQueryHandlerAdapter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

class TokenListTest {

    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
    private static final Instant PAST = Instant.parse("2020-01-01T00:00:00Z");
    private static final Instant FUTURE = Instant.parse("2999-01-01T00:00:00Z");

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final TestLog log = new TestLog(database);
    private final TestDataKeys keys = new TestDataKeys(database);
    private final TokenListProjection projection = new TokenListProjection(keys);
    private final TokenQueries queries = new TokenQueries(jdbc, TestCursors.create(), log.positions());

    @AfterEach
    void close() {
        database.close();
    }

    // The projection

    @Test
    void a_created_token_is_listed() {
        apply("e0", 0, created("e0", "tok_1", "acc_ada", "CI Büro", "For builds", FUTURE), NOON);

        assertThat(get("acc_ada", "tok_1"))
                .isEqualTo(new TokenDetails(
                        "tok_1",
                        "CI Büro",
                        "For builds",
                        List.of("audit:read", "tokens:read"),
                        "klt_abcd",
                        ACTIVE,
                        NOON,
                        FUTURE,
                        null,
                        null,
                        true,
                        List.of(),
                        null,
                        null,
                        0));
    }

    @Test
    void every_change_is_applied() {
        apply("e0", 0, created("e0", "tok_1", "acc_ada", "ci", null, null), NOON);
        apply("e1", 1, new TokenRenamed("tok_1", "acc_ada", seal("e1", "ci"), seal("e1", "CD")));
        apply("e2", 2, new TokenDescriptionChanged("tok_1", "acc_ada", null, seal("e2", "Deploys")));
        apply("e3", 3, new TokenPermissionsChanged("tok_1", "acc_ada", List.of(), List.of("tokens:write")));
        apply("e4", 4, new TokenExpiryChanged("tok_1", "acc_ada", null, PAST));
        apply("e5", 5, new TokenExpired("tok_1", "acc_ada", PAST));

        var expired = get("acc_ada", "tok_1");
        assertThat(expired)
                .isEqualTo(new TokenDetails(
                        "tok_1",
                        "CD",
                        "Deploys",
                        List.of("tokens:write"),
                        "klt_abcd",
                        EXPIRED,
                        NOON,
                        PAST,
                        null,
                        null,
                        true,
                        List.of(),
                        null,
                        null,
                        5));

        apply("e6", 6, new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED), NOON.plusSeconds(9));
        apply("e7", 7, new TokenDescriptionChanged("tok_1", "acc_ada", seal("e7", "Deploys"), null));

        var revoked = get("acc_ada", "tok_1");
        assertThat(revoked.status()).isEqualTo(REVOKED);
        assertThat(revoked.revokedAt()).isEqualTo(NOON.plusSeconds(9));
        assertThat(revoked.description()).isNull();
        assertThat(revoked.version()).isEqualTo(7);
    }

    @Test
    void a_new_name_and_description_are_found_and_the_old_ones_are_not() {
        apply("e0", 0, created("e0", "tok_1", "acc_ada", "first", "before", null), NOON);
        apply("e1", 1, new TokenRenamed("tok_1", "acc_ada", seal("e1", "first"), seal("e1", "SECOND")));
        apply("e2", 2, new TokenDescriptionChanged("tok_1", "acc_ada", seal("e2", "before"), seal("e2", "AFTER")));

        assertThat(found("second")).containsExactly("tok_1");
        assertThat(found("after")).containsExactly("tok_1");
        assertThat(found("first")).isEmpty();
        assertThat(found("before")).isEmpty();
    }

    @Test
    void what_was_applied_before_changes_nothing() {
        var history = new ArrayList<DomainEventMessage<?>>();
        history.add(message("e0", 0, created("e0", "tok_1", "acc_ada", "ci", null, null), NOON));
        history.add(message("e1", 1, new TokenRenamed("tok_1", "acc_ada", seal("e1", "ci"), seal("e1", "cd")), NOON));
        history.add(message("e2", 2, new TokenExpiryChanged("tok_1", "acc_ada", null, FUTURE), NOON));
        history.add(message("e3", 3, new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED), NOON));
        history.forEach(this::handle);
        var before = rows();

        for (var message : history) {
            handle(message);
            assertThat(rows()).isEqualTo(before).hasSize(1);
        }
    }

    @Test
    void a_missing_token_and_a_missing_event_stop_the_projection() {
        assertThatThrownBy(() -> apply("e1", 1, new TokenRevoked("tok_9", "acc_ada", RevocationReason.REQUESTED)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("tok_9");

        apply("e0", 0, created("e0", "tok_1", "acc_ada", "ci", null, null), NOON);
        assertThatThrownBy(() -> apply("e2", 2, new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("tok_1");
        assertThat(get("acc_ada", "tok_1").status()).isEqualTo(ACTIVE);
    }

    @Test
    void a_person_who_was_erased_stays_erased_when_the_list_is_rebuilt() {
        var created = message("e0", 0, created("e0", "tok_1", "acc_ada", "ci", "builds", null), NOON);
        handle(created);
        keys.destroy("acc_ada");

        jdbc.sql("delete from projection.token_list").update();
        assertThat(rows()).isEmpty();
        handle(created);

        assertThat(get("acc_ada", "tok_1").name()).isEqualTo(PersonalDataKeys.ERASED);
        assertThat(get("acc_ada", "tok_1").description()).isEqualTo(PersonalDataKeys.ERASED);
    }

    // One token

    @Test
    void a_token_of_another_account_is_not_found() {
        apply("e0", 0, created("e0", "tok_1", "acc_ada", "ci", null, null), NOON);

        assertRefused("token_not_found", () -> get("acc_bob", "tok_1"));
        assertRefused("token_not_found", () -> get("acc_ada", "tok_2"));
    }

    @Test
    void a_read_waits_for_the_position_it_names() {
        var position = log.append("e1");
        var list = query(Set.of(ACTIVE), null, "name", 10, null, position);
        var token = new GetToken("acc_ada", "tok_1", position);
        var beyond = query(Set.of(ACTIVE), null, "name", 10, null, position + 1);

        assertRefused("invalid_position", () -> queries.handle(beyond));
        assertRefused("invalid_position", () -> queries.handle(new GetToken("acc_ada", "tok_1", position + 1)));
        assertRefused("position_not_reached", () -> queries.handle(list));
        assertRefused("position_not_reached", () -> queries.handle(token));

        log.cover("token", position);
        assertThat(queries.handle(list).items()).isEmpty();
        assertRefused("token_not_found", () -> queries.handle(token));
    }

    @Test
    void an_answer_and_a_refusal_go_through_the_query_bus() {
        apply("e0", 0, created("e0", "tok_1", "acc_ada", "ci", null, null), NOON);
        var bus = SimpleQueryBus.builder().build();
        new AnnotationQueryHandlerAdapter<>(queries).subscribe(bus);
        var gateway = DefaultQueryGateway.builder().queryBus(bus).build();

        assertThat(gateway.query(new GetToken("acc_ada", "tok_1", null), TokenDetails.class)
                        .join()
                        .name())
                .isEqualTo("ci");
        assertThat(gateway.query(query(Set.of(ACTIVE), null, "name", 10, null, null), TokenPage.class)
                        .join()
                        .items())
                .hasSize(1);
        assertThat(gateway.query(new GetToken("acc_ada", "tok_2", null), TokenDetails.class))
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(Refusal.NotFound.class);
    }

    // The list

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name",
                "-name",
                "createdAt",
                "-createdAt",
                "expiresAt",
                "-expiresAt",
                "lastUsedAt",
                "-lastUsedAt"
            })
    void every_order_pages_without_a_repeat_or_a_gap(String sort) {
        create250Tokens();
        var all = new ArrayList<TokenDetails>();
        String cursor = null;
        do {
            var page = queries.handle(query(EnumSet.allOf(TokenStatus.class), null, sort, 7, cursor, null));
            assertThat(page.items()).hasSizeBetween(1, 7);
            all.addAll(page.items());
            cursor = page.nextCursor();
        } while (cursor != null);

        assertThat(all).hasSize(250).isSortedAccordingTo(order(sort)).doesNotHaveDuplicates();
    }

    private static Comparator<TokenDetails> order(String sort) {
        Comparator<TokenDetails> byKey = switch (sort.replace("-", "")) {
            case "name" -> comparing(token -> token.name().toLowerCase(Locale.ROOT));
            case "createdAt" -> comparing(TokenDetails::createdAt);
            case "expiresAt" -> comparing(TokenDetails::expiresAt, nullsLast(naturalOrder()));
            default -> comparing(TokenDetails::lastUsedAt, nullsLast(naturalOrder()));
        };
        var order = byKey.thenComparing(TokenDetails::id);
        return sort.startsWith("-") ? order.reversed() : order;
    }

    @Test
    void a_full_last_page_has_no_next_one() {
        apply("e1", 0, created("e1", "tok_1", "acc_ada", "a", null, null), NOON);
        apply("e2", 0, created("e2", "tok_2", "acc_ada", "b", null, null), NOON);

        assertThat(queries.handle(query(Set.of(ACTIVE), null, "name", 2, null, null))
                        .nextCursor())
                .isNull();
        assertThat(queries.handle(query(Set.of(ACTIVE), null, "name", 1, null, null))
                        .nextCursor())
                .isNotNull();
    }

    @Test
    void a_list_holds_the_statuses_asked_for_of_one_account() {
        apply("e1", 0, created("e1", "tok_active", "acc_ada", "a", null, FUTURE), NOON);
        apply("e2", 0, created("e2", "tok_expired", "acc_ada", "b", null, PAST), NOON);
        apply("e3", 0, created("e3", "tok_revoked", "acc_ada", "c", null, PAST), NOON);
        apply("e4", 1, new TokenRevoked("tok_revoked", "acc_ada", RevocationReason.REQUESTED));
        apply("e5", 0, created("e5", "tok_other", "acc_bob", "d", null, null), NOON);

        assertThat(listed(EnumSet.allOf(TokenStatus.class)))
                .containsExactly("tok_active", "tok_expired", "tok_revoked");
        assertThat(listed(Set.of(ACTIVE, EXPIRED))).containsExactly("tok_active", "tok_expired");
        assertThat(listed(Set.of(ACTIVE))).containsExactly("tok_active");
        assertThat(listed(Set.of(EXPIRED))).containsExactly("tok_expired");
        assertThat(listed(Set.of(REVOKED))).containsExactly("tok_revoked");
        assertThat(listed(Set.of(ACTIVE, REVOKED))).containsExactly("tok_active", "tok_revoked");
    }

    @Test
    void a_search_finds_part_of_a_name_or_description_in_any_case() {
        apply("e1", 0, created("e1", "tok_1", "acc_ada", "Büro ÄÖ", "100% of_it", null), NOON);
        apply("e2", 0, created("e2", "tok_2", "acc_ada", "plain", "back\\slash", null), NOON);
        apply("e3", 0, created("e3", "tok_3", "acc_ada", "third", null, null), NOON);

        assertThat(found("BÜRO ä")).containsExactly("tok_1");
        assertThat(found("OF")).containsExactly("tok_1");
        assertThat(found("%")).containsExactly("tok_1");
        assertThat(found("_")).containsExactly("tok_1");
        assertThat(found("\\")).containsExactly("tok_2");
        assertThat(found("i")).containsExactly("tok_1", "tok_2", "tok_3");
        assertThat(found("absent")).isEmpty();
    }

    @Test
    void a_cursor_is_refused_for_another_list() {
        create250Tokens();
        var all = EnumSet.allOf(TokenStatus.class);
        var cursor = queries.handle(query(all, "token", "name", 10, null, null)).nextCursor();
        assertThat(cursor).isNotNull();

        assertRefused("invalid_cursor", () -> queries.handle(query(all, "toke", "name", 10, cursor, null)));
        assertRefused("invalid_cursor", () -> queries.handle(query(all, null, "name", 10, cursor, null)));
        assertRefused("invalid_cursor", () -> queries.handle(query(all, "token", "-name", 10, cursor, null)));
        assertRefused("invalid_cursor", () -> queries.handle(query(Set.of(ACTIVE), "token", "name", 10, cursor, null)));
        assertRefused(
                "invalid_cursor",
                () -> queries.handle(new FindTokens("acc_bob", all, "token", "name", 10, cursor, null)));
        // Another length is the same list.
        assertThat(queries.handle(query(all, "token", "name", 20, cursor, null)).items())
                .hasSize(20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "Name", "--name", "hint", "name desc", "-createdAt,name"})
    void an_unknown_order_is_refused(String sort) {
        assertRefused("invalid_sort", () -> queries.handle(query(Set.of(ACTIVE), null, sort, 10, null, null)));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 101})
    void a_page_has_1_to_100_rows(int limit) {
        assertRefused("invalid_limit", () -> queries.handle(query(Set.of(ACTIVE), null, "name", limit, null, null)));
    }

    /** Groups of equal names and times; a third never expires, half of them were never used. */
    private void create250Tokens() {
        for (var i = 0; i < 250; i++) {
            var id = "tok_%03d".formatted((i * 7) % 250);
            apply(
                    "e" + i,
                    0,
                    created(
                            "e" + i,
                            id,
                            "acc_ada",
                            (i % 2 == 0 ? "Token " : "token ") + i % 40,
                            null,
                            i % 3 == 0 ? null : FUTURE.plus(Duration.ofDays(i % 20))),
                    NOON.plusSeconds(i % 50));
            if (i % 2 == 0) {
                jdbc.sql("""
                    insert into state.token_use (token_id, accepted_at, refused_when_revoked)
                    values (:id, array[cast(:at as timestamptz)], 0)\
                    """)
                        .param("at", NOON.plusSeconds(i % 30).atOffset(ZoneOffset.UTC))
                        .param("id", id)
                        .update();
            }
        }
    }

    private List<String> found(String search) {
        return ids(query(EnumSet.allOf(TokenStatus.class), search, "name", 100, null, null)).stream()
                .sorted()
                .toList();
    }

    private List<String> listed(Set<TokenStatus> statuses) {
        return ids(query(statuses, null, "name", 100, null, null));
    }

    private List<String> ids(FindTokens query) {
        return queries.handle(query).items().stream().map(TokenDetails::id).toList();
    }

    private static FindTokens query(
            Set<TokenStatus> statuses,
            @Nullable String search,
            String sort,
            int limit,
            @Nullable String cursor,
            @Nullable Long position) {
        return new FindTokens("acc_ada", statuses, search, sort, limit, cursor, position);
    }

    private TokenDetails get(String accountId, String tokenId) {
        return queries.handle(new GetToken(accountId, tokenId, null));
    }

    private TokenCreated created(
            String eventId,
            String tokenId,
            String accountId,
            String name,
            @Nullable String description,
            @Nullable Instant expiresAt) {
        return new TokenCreated(
                tokenId,
                accountId,
                keys.seal(accountId, eventId, name),
                description == null ? null : keys.seal(accountId, eventId, description),
                List.of("tokens:read", "audit:read"),
                expiresAt,
                "digest",
                "klt_abcd");
    }

    private PersonalText seal(String eventId, String text) {
        return keys.seal("acc_ada", eventId, text);
    }

    private void apply(String eventId, long version, TokenEvent event) {
        apply(eventId, version, event, NOON);
    }

    private void apply(String eventId, long version, TokenEvent event, Instant at) {
        handle(message(eventId, version, event, at));
    }

    private static DomainEventMessage<?> message(String eventId, long version, TokenEvent event, Instant at) {
        return new GenericDomainEventMessage<>(
                "token", event.tokenId(), version, event, MetaData.emptyInstance(), eventId, at);
    }

    private void handle(DomainEventMessage<?> message) {
        projection.apply(List.of(new LogEntry(LogEntry.NOT_YET, message)), Tables.live(jdbc));
    }

    private List<String> rows() {
        return jdbc.sql("select token_list::text from projection.token_list")
                .query(String.class)
                .list();
    }

    private static void assertRefused(String code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(code));
    }
}
