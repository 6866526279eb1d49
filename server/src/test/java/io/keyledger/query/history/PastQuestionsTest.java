package io.keyledger.query.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.history.AsOf;
import io.keyledger.api.history.CapableTokenPage;
import io.keyledger.api.history.ChangePage.Changed;
import io.keyledger.api.history.FindCapableTokens;
import io.keyledger.api.history.FindChanges;
import io.keyledger.api.history.FindPastTokens;
import io.keyledger.api.history.GetPastAccount;
import io.keyledger.api.history.GetPastToken;
import io.keyledger.api.history.GetTokensSince;
import io.keyledger.api.history.TokensSince.Since;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.query.Projection;
import io.keyledger.query.Tables;
import io.keyledger.query.TestCursors;
import io.keyledger.query.audit.AuditTrailSample;
import io.keyledger.query.authentication.LookupProjection;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.eventstore.LogReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.upcasting.event.NoOpEventUpcaster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What is answered about the past where the trail lags, an event cannot be read, or a permission is gone. */
class PastQuestionsTest {

    private static final String ADA = "acc_ada";
    private static final String BOB = "acc_bob";
    private static final String TOKEN = "tok_one";
    private static final Instant BEGINNING = Instant.parse("2026-03-03T10:00:00Z");

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final TestLog log = new TestLog(database);
    private final TestDataKeys keys = new TestDataKeys(database);
    private final Serializer serializer = new EventSerializer(Event.types());
    private final PermissionCatalogue catalogue = new PermissionCatalogue(List.of());

    private final Past past = new Past(jdbc, serializer, keys, Clock.systemUTC());
    private final PastDetails details = new PastDetails(catalogue);
    private final PastQueries queries = new PastQueries(jdbc, past, details, TestCursors.create(), log.positions());
    private final ChangeQueries changes = new ChangeQueries(jdbc, past, TestCursors.create(), log.positions());
    private final CapableTokenQueries capable =
            new CapableTokenQueries(jdbc, past, details, catalogue, TestCursors.create(), log.positions());

    /** The first is Ada's registration, the third the creation of her token. */
    private long head;

    @BeforeEach
    void two_people_and_a_token() {
        register(ADA);
        register(BOB);
        create(TOKEN, "tokens:read", "invoices:export");
        project();
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void register(String accountId) {
        append(
                accountId,
                "Account",
                id -> new AccountRegistered(
                        accountId,
                        keys.seal(accountId, id, accountId + "@example.org"),
                        keys.seal(accountId, id, accountId),
                        true));
    }

    private void create(String tokenId, String... permissions) {
        append(
                tokenId,
                "Token",
                id -> new TokenCreated(
                        tokenId,
                        ADA,
                        keys.seal(ADA, id, tokenId.substring("tok_".length())),
                        null,
                        List.of(permissions),
                        null,
                        Base64.getEncoder().encodeToString(tokenId.getBytes(UTF_8)),
                        "klt_abcd"));
    }

    private long rename(String name) {
        return append(
                TOKEN,
                "Token",
                id -> new TokenRenamed(TOKEN, ADA, keys.seal(ADA, id, "Jane Doe"), keys.seal(ADA, id, name)));
    }

    private long give(String to) {
        return append(
                TOKEN, "Token", id -> new TokenTransferred(TOKEN, to, ADA, keys.seal(to, id, "given"), null, null));
    }

    /** One each second. */
    private long append(String aggregateId, String type, Function<String, Event> event) {
        var number = jdbc.sql("select count(*) from event.domain_event where aggregate_identifier = ?")
                .param(aggregateId)
                .query(Long.class)
                .single();
        var eventId = aggregateId + "-" + number;
        var payload = serializer.serialize(event.apply(eventId), byte[].class);
        head = jdbc.sql("""
            insert into event.domain_event (event_identifier, aggregate_identifier, sequence_number, type, occurred_at,
                payload_type, payload_revision, payload, metadata)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning global_index\
            """)
                .params(
                        eventId,
                        aggregateId,
                        number,
                        type,
                        BEGINNING.plusSeconds(head).atOffset(ZoneOffset.UTC),
                        payload.getType().getName(),
                        payload.getType().getRevision(),
                        payload.getData(),
                        "{\"actorType\":\"system\",\"correlationId\":\"test\"}".getBytes(UTF_8))
                .query(Long.class)
                .single();
        return head;
    }

    private static Instant timeOf(long position) {
        return BEGINNING.plusSeconds(position - 1);
    }

    /** As the processors do, up to the end of the log. */
    private void project() {
        projectLookup();
        apply(AuditTrailSample.projection(serializer));
        jdbc.sql("delete from state.token_entry").update();
        log.cover("audit", head);
    }

    /** As at each append; the trail comes later. */
    private void projectLookup() {
        apply(new LookupProjection(keys));
    }

    private void apply(Projection projection) {
        try (Connection connection = database.getConnection()) {
            projection.apply(
                    new LogReader(serializer, NoOpEventUpcaster.INSTANCE)
                            .read(connection, List.of(), 0, head, List.of(), 100),
                    Tables.live(jdbc));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As only a superuser can. */
    private void alter(long position, String change, Object... parameters) {
        jdbc.sql("alter table event.domain_event disable trigger refuse_update_or_delete")
                .update();
        jdbc.sql(change + " where global_index = " + position)
                .params(parameters)
                .update();
        jdbc.sql("alter table event.domain_event enable trigger refuse_update_or_delete")
                .update();
    }

    private List<Changed> changes(AsOf from, AsOf to) {
        return changes.handle(new FindChanges(from, to, null, 50, null, null)).items();
    }

    private List<String> tokens(String accountId, AsOf asOf) {
        return queries
                .handle(new FindPastTokens(
                        new FindTokens(accountId, EnumSet.allOf(TokenStatus.class), null, "name", 50, null, null),
                        asOf))
                .items()
                .stream()
                .map(TokenDetails::name)
                .toList();
    }

    private TokenDetails token(long position) {
        return queries.handle(new GetPastToken(new GetToken(ADA, TOKEN, null), new AsOf.After(position)));
    }

    private CapableTokenPage capable(String permission, long position) {
        return capable.handle(new FindCapableTokens(permission, new AsOf.After(position), 50, null, null));
    }

    private static List<String> ids(CapableTokenPage page) {
        return page.items().stream().map(item -> item.token().id()).toList();
    }

    private static void assertLater(ThrowingCallable question) {
        assertThatThrownBy(question)
                .isInstanceOfSatisfying(
                        Refusal.Unavailable.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("position_not_reached"));
    }

    @Test
    void what_changed_is_not_told_as_long_as_the_trail_lacks_some_of_it() {
        var read = rename("second");
        project();
        rename("third");

        for (var to : List.of(new AsOf.After(head), new AsOf.At(timeOf(head)), new AsOf.At(timeOf(head + 1000)))) {
            assertLater(() -> changes(new AsOf.After(3), to));
        }
        // What it has is told.
        for (var to : List.of(new AsOf.After(read), new AsOf.At(timeOf(read)))) {
            assertThat(changes(new AsOf.After(3), to))
                    .singleElement()
                    .satisfies(change -> assertThat(change.name()).isEqualTo("second"));
        }

        project();
        assertThat(changes(new AsOf.After(3), new AsOf.At(timeOf(head))))
                .singleElement()
                .satisfies(change -> assertThat(change.eventCount()).isEqualTo(2));
    }

    @Test
    void a_token_given_away_that_the_trail_does_not_know_of_yet_is_not_left_out_of_the_list() {
        create("tok_kept");
        project();
        var before = rename("second");
        give(BOB);
        projectLookup();

        assertLater(() -> tokens(ADA, new AsOf.After(before)));
        assertLater(() -> tokens(ADA, new AsOf.At(timeOf(before))));
        project();
        assertThat(tokens(ADA, new AsOf.After(before))).containsExactly("kept", "second");
        assertThat(tokens(ADA, new AsOf.After(head))).containsExactly("kept");
        assertThat(tokens(BOB, new AsOf.After(head))).containsExactly("given");
    }

    @Test
    void a_trail_that_stands_still_keeps_nobody_from_their_list_who_gave_nothing_away() {
        give(BOB);
        project();
        create("tok_kept");
        projectLookup();
        assertThat(tokens(ADA, new AsOf.After(3))).containsExactly("one");
        assertThat(tokens(ADA, new AsOf.After(head))).containsExactly("kept");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "token.renamed; 1; {\"name\":\"Jane Doe; it is no JSON",
                "token.renamed; 1; {}; its field tokenId is missing",
                "token.renamed; 1; null; it is not of the form of such an event",
                "token.renamed; 99; {}; No event record is known as token.renamed, revision 99",
                "token.teleported; 1; {\"name\":\"Jane Doe\"}; No event record is known as token.teleported, revision 1"
            })
    void an_event_that_cannot_be_read_is_named_and_spoils_nothing_before_it(
            String type, String revision, String payload, String why) {
        var before = rename("second");
        var broken = rename("Jane Doe");
        project();
        alter(
                broken,
                "update event.domain_event set payload_type = ?, payload_revision = ?, payload = ?",
                type,
                revision,
                payload.getBytes(UTF_8));

        assertUnreadable(broken, before, "(%s, revision %s) cannot be read: %s.".formatted(type, revision, why));
    }

    @Test
    void a_text_that_was_altered_is_named_and_spoils_nothing_before_it() {
        var before = rename("second");
        var broken = rename("Jane Doe");
        project();
        alter(broken, "update event.domain_event set payload = ?", (Object) serializer
                .serialize(
                        new TokenRenamed(
                                TOKEN, ADA, new PersonalText.Sealed(""), keys.seal(ADA, "another", "Jane Doe")),
                        byte[].class)
                .getData());

        assertUnreadable(
                broken,
                before,
                "(token.renamed) cannot be read: a personal text of acc_ada in tok_one-2 does not open: it was"
                        + " altered.");
    }

    @Test
    void an_event_without_the_one_before_it_is_named() {
        var before = rename("second");
        var deleted = rename("third");
        rename("fourth");
        project();
        alter(deleted, "delete from event.domain_event");

        assertThat(token(before).name()).isEqualTo("second");
        assertThatThrownBy(() -> token(head))
                .isInstanceOf(Refusal.Unavailable.class)
                .hasMessageStartingWith("unreadable_event: ")
                .hasMessageContaining("the event tok_one-3 at position %d (token.renamed)", head)
                .hasMessageContaining("cannot apply event 3 next");
    }

    private void assertUnreadable(long broken, long before, String words) {
        for (var question : List.<ThrowingCallable>of(
                () -> token(broken),
                () -> tokens(ADA, new AsOf.After(broken)),
                () -> tokens(ADA, new AsOf.At(timeOf(broken))),
                () -> capable("tokens:read", broken),
                () -> changes(new AsOf.After(before), new AsOf.After(broken)))) {
            assertThatThrownBy(question)
                    .isInstanceOf(Refusal.Unavailable.class)
                    .hasMessageStartingWith("unreadable_event: ")
                    .hasMessageContaining("the event tok_one-2 at position %d %s", broken, words)
                    .message()
                    .doesNotContain("Jane", "Exception");
        }
        assertThat(token(before).name()).isEqualTo("second");
        assertThat(tokens(ADA, new AsOf.After(before))).containsExactly("second");
        assertThat(tokens(ADA, new AsOf.At(timeOf(before)))).containsExactly("second");
        assertThat(ids(capable("tokens:read", before))).containsExactly(TOKEN);
        assertThat(changes(new AsOf.After(3), new AsOf.After(before))).hasSize(1);
        assertThat(queries.handle(new GetTokensSince(List.of(TOKEN), new AsOf.After(before)))
                        .byId())
                .containsEntry(TOKEN, Since.CHANGED);
        // Nor what others did.
        assertThat(queries.handle(new GetPastAccount(new GetAccount(ADA, null), new AsOf.After(broken)))
                        .displayName())
                .isEqualTo(ADA);
    }

    @Test
    void what_became_of_a_token_is_told() {
        create("tok_kept");
        var then = head;
        append("tok_kept", "Token", _ -> new TokenRevoked("tok_kept", ADA, RevocationReason.REQUESTED));
        give(BOB);
        var since = queries.handle(new GetTokensSince(List.of(TOKEN, "tok_kept", "tok_none"), new AsOf.After(then)));
        assertThat(since.byId())
                .containsEntry(TOKEN, Since.MOVED)
                .containsEntry("tok_kept", Since.REVOKED)
                .containsEntry("tok_none", Since.UNCHANGED);
        assertThat(queries.handle(new GetTokensSince(List.of(TOKEN), new AsOf.After(0)))
                        .byId())
                .containsEntry(TOKEN, Since.MOVED);
    }

    @Test
    void a_permission_that_was_removed_from_the_configuration_is_answered_from_the_events() {
        var granted = head;
        create("tok_other", "tokens:read");
        var narrowed = append(
                TOKEN,
                "Token",
                _ -> new TokenPermissionsChanged(
                        TOKEN, ADA, List.of("tokens:read", "invoices:export"), List.of("tokens:read")));
        create("tok_later", "invoices:export");
        var later = head;
        var disabled = append(ADA, "Account", _ -> new AccountDisabled(ADA));
        projectLookup();

        assertThat(capable("invoices:export", granted).configured()).isFalse();
        assertThat(ids(capable("invoices:export", granted))).containsExactly(TOKEN);
        assertThat(ids(capable("invoices:export", narrowed))).isEmpty();
        assertThat(ids(capable("invoices:export", later))).containsExactly("tok_later");
        assertThat(ids(capable("invoices:export", disabled))).isEmpty();
        assertThat(ids(capable("invoices:export", granted - 1))).isEmpty();
        assertThat(capable("tokens:read", granted).configured()).isTrue();
    }

    @Test
    void a_name_that_nobody_ever_had_has_no_tokens_and_is_said_not_to_be_configured() {
        var page = capable("tokens:raed", head);
        assertThat(page.items()).isEmpty();
        assertThat(page.nextCursor()).isNull();
        assertThat(page.configured()).isFalse();
    }
}
