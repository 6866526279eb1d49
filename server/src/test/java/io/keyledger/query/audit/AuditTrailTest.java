package io.keyledger.query.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountOwnerRemoved;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataEvent;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ResetLinkIssued;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.AuditEvent.AuditOrigin;
import io.keyledger.api.audit.AuditEvent.Target;
import io.keyledger.api.audit.EventMetadata;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.api.token.RetiredTokenValueUsed;
import io.keyledger.api.token.RetirementReason;
import io.keyledger.api.token.RevocationReason;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.api.webhook.WebhookChanged;
import io.keyledger.api.webhook.WebhookCreated;
import io.keyledger.api.webhook.WebhookDeleted;
import io.keyledger.api.webhook.WebhookDisabled;
import io.keyledger.api.webhook.WebhookEnabled;
import io.keyledger.query.LogEntry;
import io.keyledger.query.Tables;
import io.keyledger.query.TestCursors;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.TestLog;
import io.keyledger.server.eventstore.EventSerializer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.GenericTrackedEventMessage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class AuditTrailTest {

    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
    private static final Map<String, String> ANONYMOUS = Map.of("actorType", "anonymous");
    private static final Map<String, String> SYSTEM = Map.of("actorType", "system");

    private final HikariDataSource database = TestDatabase.create();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final TestLog log = new TestLog(database);
    private final TestDataKeys keys = new TestDataKeys(database);
    private final EventSerializer serializer = new EventSerializer(Event.types());
    private final AuditTrailProjection projection = new AuditTrailProjection(serializer);
    private final AuditQueries queries =
            new AuditQueries(jdbc, serializer, keys, TestCursors.create(), log.positions());

    @AfterEach
    void close() {
        database.close();
    }

    // The projection

    @Test
    void every_kind_of_event_becomes_an_entry() {
        var text = PersonalText.of("text");
        var events = List.<Event>of(
                new AccountRegistered("acc_ada", text, text, false),
                new PasswordChanged("acc_ada", true),
                new ResetLinkIssued("acc_ada", NOON),
                new PasswordReset("acc_ada"),
                new EmailChanged("acc_ada", text, text),
                new DisplayNameChanged("acc_ada", text, text),
                new AccountDisabled("acc_ada"),
                new AccountEnabled("acc_ada"),
                new AdministratorGranted("acc_ada"),
                new AdministratorRevoked("acc_ada"),
                new SignedIn("acc_ada", SignInMethod.SESSION, null),
                new SignInFailed("acc_ada", SignInMethod.BASIC),
                new SignedOut("acc_ada", "s1"),
                new TokenCreated("tok_1", "acc_ada", text, null, List.of(), null, "digest", "klt_abcd"),
                new TokenRenamed("tok_1", "acc_ada", text, text),
                new TokenDescriptionChanged("tok_1", "acc_ada", text, null),
                new TokenPermissionsChanged("tok_1", "acc_ada", List.of(), List.of("a")),
                new TokenExpiryChanged("tok_1", "acc_ada", NOON, null),
                new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED),
                new TokenExpired("tok_1", "acc_ada", NOON),
                new TokenRotated("tok_1", "acc_ada", "digest", "klt_efgh", NOON),
                new TokenValueRetired("tok_1", "acc_ada", "digest", "klt_abcd", RetirementReason.OVERLAP_ENDED),
                new TokenFirstUsed("tok_1", "acc_ada", text),
                new RetiredTokenValueUsed("tok_1", "acc_ada", "klt_abcd", null),
                new TokenDisabled("tok_1", "acc_ada"),
                new TokenEnabled("tok_1", "acc_ada"),
                new TokenAllowedAddressesChanged("tok_1", "acc_ada", null, text),
                new TokenTransferred("tok_1", "acc_ada", "acc_bob", text, null, null),
                new TokenLeaked("tok_1", "acc_ada", "klt_abcd", null, text),
                new TokenExpiryAnnounced("tok_1", "acc_ada", NOON, 7),
                new ServiceAccountRegistered("acc_ada", text),
                new AccountOwnerAdded("acc_ada", "acc_bob"),
                new AccountOwnerRemoved("acc_ada", "acc_bob"),
                new PersonalDataErased("acc_ada"),
                new WebhookCreated("whk_1", "acc_ada", text, List.of("token.created")),
                new WebhookChanged("whk_1", "acc_ada", text, text, List.of(), List.of("token.created")),
                new WebhookDisabled("whk_1", "acc_ada", WebhookDisabled.Reason.REQUESTED),
                new WebhookEnabled("whk_1", "acc_ada"),
                new WebhookDeleted("whk_1", "acc_ada"));
        assertThat(events).extracting(Object::getClass).hasSameElementsAs(new ArrayList<Class<?>>(Event.types()));

        for (var event : events) {
            var id = UUID.randomUUID().toString();
            var sealed = event instanceof PersonalDataEvent personal
                    ? (Event) personal.withPersonalTexts(_ -> keys.seal("acc_ada", id, "text"))
                    : event;
            apply(id, sealed, by("acc_ada"), NOON);

            var entry = all().getFirst();
            assertThat(entry.type())
                    .isEqualTo(event.getClass().getAnnotation(EventType.class).name());
            assertThat(entry.type()).startsWith(entry.target().type() + ".");
            assertThat(entry.details()).isEqualTo(new AuditDetails(_ -> "text").of(event));
        }
    }

    @Test
    void an_entry_tells_who_did_what_to_what_when_and_from_where() {
        account("acc_ada", "Ada");
        token("tok_1", "acc_ada", "ci");
        token("tok_2", "acc_ada", "cd");
        apply(
                "e1",
                new TokenRevoked("tok_2", "acc_ada", RevocationReason.REQUESTED),
                byToken("acc_ada", "tok_1"),
                NOON);

        assertThat(all())
                .containsExactly(new AuditEvent(
                        "e1",
                        1,
                        "token.revoked",
                        NOON,
                        new Actor(Actor.Type.TOKEN, "acc_ada", "tok_1", "ci"),
                        new Target("token", "tok_2", "cd"),
                        new AuditOrigin("192.0.2.7", "curl"),
                        "correlation",
                        Map.of("reason", RevocationReason.REQUESTED)));
    }

    @Test
    void an_event_that_is_applied_again_changes_nothing() {
        var message = append("e1", new PasswordReset("acc_ada"), by("acc_ada"), NOON);
        handle(message);
        var before = rows();

        handle(message);

        assertThat(rows()).isEqualTo(before).hasSize(1);
    }

    @Test
    void an_event_that_fills_a_gap_gets_its_own_position() {
        var first = append("e1", new PasswordReset("acc_ada"), by("acc_ada"), NOON);
        var second = append("e2", new AccountDisabled("acc_ada"), by("acc_ada"), NOON);
        var after2 = GapAwareTrackingToken.newInstance(0, List.of()).advanceTo(2, 100);
        handle(new GenericTrackedEventMessage<>(after2, second));
        // The token stays at 2 when the gap at 1 is filled.
        handle(new GenericTrackedEventMessage<>(after2.advanceTo(1, 100), first));

        assertThat(all()).extracting(AuditEvent::position).containsExactly(2L, 1L);
        assertThat(all()).extracting(AuditEvent::id).containsExactly("e2", "e1");
    }

    @Test
    void an_event_that_is_not_in_the_log_stops_the_projection() {
        assertThatThrownBy(() -> handle(message("e9", new PasswordReset("acc_ada"), by("acc_ada"), NOON)))
                .hasMessageContaining("position");
        assertThat(rows()).isEmpty();
    }

    @Test
    void the_trail_holds_only_ciphertext_and_shows_an_erased_person_as_erased() {
        account("acc_ada", "erased");
        var renamed = new DisplayNameChanged(
                "acc_ada", keys.seal("acc_ada", "e1", "Countess"), keys.seal("acc_ada", "e1", "Ada"));
        apply("e1", renamed, by("acc_ada"), NOON);
        assertThat(rows().toString()).doesNotContain("192.0.2.7", "curl");
        assertThat(jdbc.sql("select convert_from(payload, 'UTF8') from projection.audit_entry")
                        .query(String.class)
                        .single())
                .doesNotContain("Countess");

        keys.destroy("acc_ada");

        var entry = all().getFirst();
        assertThat(entry.details())
                .isEqualTo(Map.of(
                        "displayName", Map.of("before", PersonalDataKeys.ERASED, "after", PersonalDataKeys.ERASED)));
        assertThat(entry.origin()).isEqualTo(new AuditOrigin(PersonalDataKeys.ERASED, PersonalDataKeys.ERASED));
        assertThat(entry.actor().name()).isEqualTo("erased");
    }

    @Test
    void the_trail_can_be_rebuilt() {
        var messages = IntStream.range(0, 5)
                .<EventMessage<?>>mapToObj(i -> append("e" + i, new PasswordReset("acc_ada"), by("acc_ada"), NOON))
                .toList();
        messages.forEach(this::handle);
        var before = rows();

        jdbc.sql("delete from projection.audit_entry").update();
        assertThat(rows()).isEmpty();
        messages.forEach(this::handle);

        assertThat(rows()).isEqualTo(before).hasSize(5);
    }

    // Who sees what

    @Test
    void a_reader_sees_what_happened_to_the_own_account_and_what_it_did() {
        apply("to_me", new PasswordReset("acc_ada"), by("acc_eve"), NOON);
        apply("by_me", new AccountDisabled("acc_bob"), by("acc_ada"), NOON);
        apply(
                "by_my_token",
                new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED),
                byToken("acc_ada", "tok_1"),
                NOON);
        apply("to_other", new PasswordReset("acc_bob"), by("acc_eve"), NOON);
        apply("by_system", new TokenExpired("tok_1", "acc_ada", NOON), SYSTEM, NOON);

        assertThat(ids(own("acc_ada"))).containsExactly("by_system", "by_my_token", "by_me", "to_me");
        assertThat(ids(own("acc_bob"))).containsExactly("to_other", "by_me");
        assertThat(ids(everything())).hasSize(5);
        // A filter never shows more.
        assertThat(ids(new FindAuditEvents("acc_ada", false, null, null, "acc_bob", null, null, null, 10, null, null)))
                .containsExactly("by_me");
    }

    @Test
    void a_reader_sees_no_other_persons_origin() {
        apply("by_admin", new PasswordReset("acc_ada"), by("acc_eve"), NOON);
        apply("by_me", new PasswordChanged("acc_ada", true), by("acc_ada"), NOON);
        apply("by_nobody", new SignInFailed("acc_ada", SignInMethod.SESSION), ANONYMOUS, NOON);

        assertThat(queries.handle(own("acc_ada")).items())
                .extracting(AuditEvent::id, AuditEvent::origin)
                .containsExactly(
                        tuple("by_nobody", new AuditOrigin("192.0.2.7", "curl")),
                        tuple("by_me", new AuditOrigin("192.0.2.7", "curl")),
                        tuple("by_admin", new AuditOrigin(null, null)));
        assertThat(all()).extracting(AuditEvent::origin).containsOnly(new AuditOrigin("192.0.2.7", "curl"));
    }

    // Filters and pages

    @Test
    void filters_are_exact_and_times_exclusive() {
        apply("e1", new TokenRevoked("tok_1", "acc_ada", RevocationReason.REQUESTED), by("acc_ada"), NOON);
        apply(
                "e2",
                new TokenRevoked("tok_2", "acc_ada", RevocationReason.REQUESTED),
                byToken("acc_eve", "tok_9"),
                NOON.plusSeconds(1));
        apply("e3", new PasswordReset("acc_bob"), by("acc_eve"), NOON.plusSeconds(2));

        assertThat(ids(filter("token.revoked", null, null, null, null, null))).containsExactly("e2", "e1");
        assertThat(ids(filter(null, "tok_1", null, null, null, null))).containsExactly("e1");
        assertThat(ids(filter(null, null, "acc_bob", null, null, null))).containsExactly("e3");
        assertThat(ids(filter(null, null, null, "acc_eve", null, null))).containsExactly("e3", "e2");
        assertThat(ids(filter(null, null, null, "tok_9", null, null))).containsExactly("e2");
        assertThat(ids(filter(null, null, null, null, NOON, null))).containsExactly("e3", "e2");
        assertThat(ids(filter(null, null, null, null, null, NOON.plusSeconds(2))))
                .containsExactly("e2", "e1");
        assertThat(ids(filter(null, null, null, null, NOON, NOON.plusSeconds(2))))
                .containsExactly("e2");
        assertThat(ids(filter("token.revoked", null, "acc_ada", "acc_ada", null, null)))
                .containsExactly("e1");
        assertThat(ids(filter(null, "tok_none", null, null, null, null))).isEmpty();
        assertThat(ids(filter(null, null, "acc_none", null, null, null))).isEmpty();
        assertThat(ids(filter(null, null, null, "nobody", null, null))).isEmpty();
    }

    @Test
    void an_unknown_type_is_refused_with_the_known_ones() {
        assertThatThrownBy(() -> queries.handle(filter("token.stolen", null, null, null, null, null)))
                .isInstanceOfSatisfying(Refusal.Malformed.class, refusal -> {
                    assertThat(refusal.code()).isEqualTo("invalid_type");
                    assertThat(refusal.detail()).contains("token.created", "account.registered");
                });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_trail_pages_without_a_repeat_or_a_gap(boolean everything) {
        for (var i = 0; i < 50; i++) {
            apply("e" + i, new PasswordReset(i % 3 == 0 ? "acc_bob" : "acc_ada"), by("acc_ada"), NOON);
        }
        var ids = new ArrayList<String>();
        String cursor = null;
        do {
            var page = queries.handle(
                    new FindAuditEvents("acc_ada", everything, null, null, null, null, null, null, 7, cursor, null));
            assertThat(page.items()).hasSizeBetween(1, 7);
            page.items().forEach(entry -> ids.add(entry.id()));
            cursor = page.nextCursor();
        } while (cursor != null);

        assertThat(ids)
                .containsExactlyElementsOf(
                        IntStream.range(0, 50).mapToObj(i -> "e" + (49 - i)).toList());
    }

    @Test
    void whoever_had_a_token_sees_that_an_administrator_moved_it_away() {
        apply("e1", movedToBob("e1"), by("acc_eve"), NOON);
        apply("e2", new TokenDisabled("tok_1", "acc_bob"), by("acc_eve"), NOON);
        apply("e3", movedToBob("e3"), by("acc_ada"), NOON);

        assertThat(ids(own("acc_ada"))).containsExactly("e3", "e1");
        assertThat(ids(own("acc_bob"))).containsExactly("e3", "e2", "e1");
        assertThat(queries.handle(own("acc_ada")).items().getLast().origin().ipAddress())
                .isNull();
    }

    private TokenTransferred movedToBob(String eventId) {
        return new TokenTransferred("tok_1", "acc_bob", "acc_ada", keys.seal("acc_bob", eventId, "ci"), null, null);
    }

    @Test
    void a_cursor_is_refused_for_another_reader_or_filter() {
        for (var i = 0; i < 5; i++) {
            apply("e" + i, new PasswordReset("acc_ada"), by("acc_ada"), NOON);
        }
        var cursor = queries.handle(page("acc_ada", false, null, null)).nextCursor();
        assertThat(cursor).isNotNull();
        assertThat(queries.handle(page("acc_ada", false, null, cursor)).items()).hasSize(2);

        assertRefused("invalid_cursor", () -> queries.handle(page("acc_bob", false, null, cursor)));
        assertRefused("invalid_cursor", () -> queries.handle(page("acc_ada", true, null, cursor)));
        assertRefused("invalid_cursor", () -> queries.handle(page("acc_ada", false, "acc_ada", cursor)));
    }

    @Test
    void a_page_reads_the_data_keys_once() {
        apply("e1", new PasswordReset("acc_ada"), by("acc_eve"), NOON);
        apply("e2", new PasswordReset("acc_bob"), by("acc_ada"), NOON);
        var before = keys.reads();

        assertThat(all()).hasSize(2);

        assertThat(keys.reads()).isEqualTo(before + 1);
    }

    @Test
    void a_page_has_1_to_100_rows() {
        assertRefused(
                "invalid_limit",
                () -> queries.handle(
                        new FindAuditEvents("acc_ada", true, null, null, null, null, null, null, 101, null, null)));
    }

    @Test
    void a_read_waits_for_the_position_it_names() {
        var position = log.append("e1");

        assertRefused("invalid_position", () -> queries.handle(after(position + 1)));
        assertRefused("position_not_reached", () -> queries.handle(after(position)));
        log.cover("audit", position);
        // The names that it shows come from the token list.
        assertRefused("position_not_reached", () -> queries.handle(after(position)));
        log.cover("token", position);
        assertThat(queries.handle(after(position)).items()).isEmpty();
    }

    private static FindAuditEvents after(long position) {
        return new FindAuditEvents("acc_ada", true, null, null, null, null, null, null, 1, null, position);
    }

    private List<AuditEvent> all() {
        return queries.handle(everything()).items();
    }

    private List<String> ids(FindAuditEvents query) {
        return queries.handle(query).items().stream().map(AuditEvent::id).toList();
    }

    private static FindAuditEvents everything() {
        return filter(null, null, null, null, null, null);
    }

    private static FindAuditEvents own(String readerId) {
        return new FindAuditEvents(readerId, false, null, null, null, null, null, null, 100, null, null);
    }

    private static FindAuditEvents page(
            String readerId, boolean everything, @Nullable String accountId, @Nullable String cursor) {
        return new FindAuditEvents(readerId, everything, null, null, accountId, null, null, null, 2, cursor, null);
    }

    private static FindAuditEvents filter(
            @Nullable String type,
            @Nullable String tokenId,
            @Nullable String accountId,
            @Nullable String actor,
            @Nullable Instant after,
            @Nullable Instant before) {
        return new FindAuditEvents("acc_admin", true, type, tokenId, accountId, actor, after, before, 100, null, null);
    }

    private static Map<String, String> by(String accountId) {
        return Map.of("actorType", "account", "actorAccountId", accountId);
    }

    private static Map<String, String> byToken(String accountId, String tokenId) {
        return Map.of("actorType", "token", "actorAccountId", accountId, "actorTokenId", tokenId);
    }

    private void apply(String eventId, Event event, Map<String, String> actor, Instant at) {
        handle(append(eventId, event, actor, at));
    }

    /** Puts the event into the log. */
    private EventMessage<Event> append(String eventId, Event event, Map<String, String> actor, Instant at) {
        log.append(eventId);
        return message(eventId, event, actor, at);
    }

    private EventMessage<Event> message(String eventId, Event event, Map<String, String> actor, Instant at) {
        var owner = actor.getOrDefault(EventMetadata.ACTOR_ACCOUNT_ID, event.accountId());
        var metadata = new HashMap<String, Object>(actor);
        metadata.put(
                EventMetadata.IP_ADDRESS, keys.seal(owner, eventId, "192.0.2.7").ciphertext());
        metadata.put(EventMetadata.USER_AGENT, keys.seal(owner, eventId, "curl").ciphertext());
        metadata.put(EventMetadata.CORRELATION_ID, "correlation");
        return new GenericDomainEventMessage<>("any", "id", 0, event, metadata, eventId, at);
    }

    private void handle(EventMessage<?> message) {
        projection.apply(LogEntry.find(List.of(message), jdbc), Tables.live(jdbc));
    }

    private List<String> rows() {
        return jdbc.sql("select audit_entry::text from projection.audit_entry order by position")
                .query(String.class)
                .list();
    }

    private void account(String id, String name) {
        jdbc.sql("""
            insert into projection.account (account_id, email, email_key, display_name, administrator, enabled,
                session_epoch, version, created_at) values (:id, :id, :id, :name, false, true, 0, 0, now())\
            """).param("id", id).param("name", name).update();
    }

    private void token(String id, String accountId, String name) {
        jdbc.sql("""
            insert into projection.token_list (token_id, account_id, name, name_key, permissions, hint, created_at,
                version) values (:id, :account, :name, :name, '{}', 'klt_abcd', now(), 0)\
            """)
                .param("id", id)
                .param("account", accountId)
                .param("name", name)
                .update();
    }

    /** However long ago the account's entries are, and although nearly all are its own. */
    @Test
    void a_page_walks_along_the_account_and_not_along_everything_since() {
        var serial = "insert into projection.audit_entry (position, event_id, type, revision, occurred_at, actor_type,"
                + " account_id, correlation_id, payload) select i, i, 'account.enabled', '1', now(), 'system', ?, 'c',"
                + " '{}' from generate_series(?, ?) i";
        jdbc.sql(serial).params("acc_ada", 1, 20_000).update();
        jdbc.sql(serial).params("acc_bob", 20_001, 22_000).update();
        jdbc.sql("analyze projection.audit_entry").update();
        var page = new TrailEntries.Filter(null, true, null, null, "acc_ada", null, null, null, null, null);

        var read = new TransactionTemplate(new DataSourceTransactionManager(database)).execute(_ -> {
            assertThat(new TrailEntries(jdbc).newestFirst(page, 20))
                    .extracting(TrailEntry::position)
                    .startsWith(20_000L)
                    .hasSize(20);
            assertThat(new TrailEntries(jdbc).oldestFirst(page, 20))
                    .extracting(TrailEntry::position)
                    .startsWith(1L)
                    .hasSize(20);
            return jdbc.sql("select sum(pg_stat_get_xact_tuples_returned(indexrelid)) from pg_index"
                            + " where indrelid = 'projection.audit_entry'::regclass")
                    .query(Long.class)
                    .single();
        });
        assertThat(read).isBetween(40L, 100L);
    }

    private static void assertRefused(String code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(code));
    }
}
