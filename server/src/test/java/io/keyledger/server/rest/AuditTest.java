package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.fields;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.signIn;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.types;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** {@code GET /api/audit-events}. */
class AuditTest {

    private static Person me;
    private static Issued writer;
    private static Issued byToken;

    @BeforeAll
    static void makeHistory() {
        me = person();
        writer = create(me.session(), unique("writer"), "tokens:write");
        byToken = create(writer.use(), unique("by a token"));
        expect(writer.use().delete(byToken.path()), 204);
    }

    private static List<JsonNode> mine(String filters) {
        return trail(me.session(), byToken.answer(), filters);
    }

    @Test
    void an_event_says_who_did_what_to_what_when_and_from_where() {
        var event = trail(
                        me.session().header("traceparent", "00-%032x-%016x-01".formatted(7, 7)),
                        byToken.answer(),
                        "type=token.created&tokenId=" + byToken.id())
                .getFirst();
        assertThat(fields(event))
                .containsExactlyInAnyOrder(
                        "id",
                        "position",
                        "type",
                        "occurredAt",
                        "actor",
                        "target",
                        "origin",
                        "correlationId",
                        "details");
        assertThat(event.path("actor").toString())
                .isEqualTo(json("{'type':'token','accountId':'%s','tokenId':'%s','name':'%s'}"
                        .formatted(
                                me.accountId(),
                                writer.id(),
                                writer.answer().json().path("name").asString())));
        assertThat(event.path("target").toString())
                .isEqualTo(json("{'type':'token','id':'%s','name':'%s'}"
                        .formatted(
                                byToken.id(),
                                byToken.answer().json().path("name").asString())));
        assertThat(event.path("origin").path("ipAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(event.path("origin").path("userAgent").asString()).startsWith("Java-http-client");
        assertThat(event.path("correlationId").asString())
                .isEqualTo(byToken.answer().header("Keyledger-Correlation-Id"));
        assertThat(event.toString()).doesNotContain(byToken.value()).doesNotContain("digest");
    }

    @Test
    void the_trace_id_of_the_caller_is_the_correlation_id_and_nothing_else_is() {
        var trace = "0af7651916cd43dd8448eb211c80319c";
        var answer = anybody()
                .header("traceparent", "00-" + trace + "-b7ad6b7169203331-01")
                .get("/api/account");
        assertThat(answer.header("Keyledger-Correlation-Id")).isEqualTo(trace);
        assertThat(answer.json().path("correlationId").asString()).isEqualTo(trace);
        assertThat(anybody()
                        .header("traceparent", "00-" + "x".repeat(32) + "-b7ad6b7169203331-01")
                        .get("/api/account")
                        .header("Keyledger-Correlation-Id"))
                .matches("[0-9a-f]{32}");
    }

    @Test
    void filters_choose() {
        assertThat(types(mine("tokenId=" + byToken.id()))).contains("token.created");
        assertThat(mine("type=token.created")).hasSize(2);
        assertThat(types(mine("actor=" + writer.id())))
                .contains("token.created")
                .doesNotContain("account.registered");
        assertThat(mine("actor=" + me.accountId() + "&type=account.registered")).isEmpty();
        assertThat(types(mine("accountId=" + me.accountId()))).contains("account.registered", "token.created");
        assertThat(mine("accountId=acc_nope")).isEmpty();
        var registered =
                mine("type=account.registered").getFirst().path("occurredAt").asString();
        var created = mine("type=token.created").getLast().path("occurredAt").asString();
        assertThat(types(mine("after=" + registered)))
                .doesNotContain("account.registered")
                .contains("token.created");
        assertThat(types(mine("before=" + created)))
                .contains("account.registered")
                .doesNotContain("token.created");
        assertThat(mine("before=2026-01-01T00:00:00Z")).isEmpty();
        assertThat(mine("after=2026-01-01T00:00:00%2B01:00")).isNotEmpty();
    }

    @Test
    void pages_follow_each_other_newest_first() {
        var all = texts(expect(me.session().after(byToken.answer()).get("/api/audit-events"), 200), "id");
        var paged = new ArrayList<String>();
        var path = "/api/audit-events?limit=2";
        while (!path.isEmpty()) {
            var page = expect(me.session().get(path), 200);
            paged.addAll(texts(page, "id"));
            var link = page.header("Link");
            path = link.isEmpty() ? "" : link.substring(1, link.indexOf('>'));
        }
        assertThat(paged).isEqualTo(all);
        assertThat(items(expect(me.session().get("/api/audit-events"), 200)
                        .json()
                        .path("items")))
                .extracting(event -> event.path("position").asLong())
                .isSortedAccordingTo((a, b) -> Long.compare(b, a));
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, invalid_limit",
        "limit=101, invalid_limit",
        "type=nope, invalid_type",
        "after=yesterday, invalid_instant",
        "before=2026-02-30T00:00:00Z, invalid_instant",
        "after=%2B10000-01-01T00:00:00Z, invalid_instant",
        "after=1767225600, invalid_instant",
        "cursor=abc, invalid_cursor",
    })
    void a_parameter_that_is_not_understood_is_refused(String parameter, String code) {
        refused(me.session().get("/api/audit-events?" + parameter), 400, code);
    }

    @Test
    void a_cursor_is_good_for_its_reader_and_filter_only() {
        var cursor = expect(me.session().get("/api/audit-events?limit=1"), 200)
                .json()
                .path("nextCursor")
                .asString();
        expect(me.session().get("/api/audit-events?limit=1&cursor=" + cursor), 200);
        refused(me.session().get("/api/audit-events?type=token.created&cursor=" + cursor), 400, "invalid_cursor");
        refused(person().session().get("/api/audit-events?cursor=" + cursor), 400, "invalid_cursor");
        refused(administrator().get("/api/audit-events?cursor=" + cursor), 400, "invalid_cursor");
    }

    @Test
    void a_person_sees_what_concerns_them_and_no_administrators_address() {
        var other = person();
        var change = expect(other.patch("{'administrator': true}"), 200);
        var demoted = expect(other.patch("{'administrator': false}"), 200);
        var events = trail(other.session(), demoted, "");
        assertThat(events)
                .allSatisfy(event ->
                        assertThat(event.path("target").path("id").asString()).isEqualTo(other.accountId()));
        var byAdministrator = events.stream()
                .filter(event -> event.path("type").asString().startsWith("account.administrator-"))
                .toList();
        assertThat(byAdministrator).hasSize(2).allSatisfy(event -> {
            assertThat(event.path("origin").path("ipAddress").isNull()).isTrue();
            assertThat(event.path("origin").path("userAgent").isNull()).isTrue();
        });
        assertThat(trail(
                                administrator(),
                                change,
                                "accountId=" + other.accountId() + "&type=account.administrator-granted")
                        .getFirst()
                        .path("origin")
                        .path("ipAddress")
                        .asString())
                .isEqualTo("127.0.0.1");
        assertThat(trail(me.session(), demoted, "accountId=" + other.accountId()))
                .isEmpty();
    }

    @Test
    void a_token_reads_the_trail_only_with_the_permission_and_then_all_of_it() {
        refused(writer.use().get("/api/audit-events"), 403, "permission_missing");
        refused(anybody().get("/api/audit-events"), 401, "authentication_required");
        var auditor = secondAdministrator().token("audit:read");
        assertThat(trail(auditor, byToken.answer(), "tokenId=" + byToken.id())).isNotEmpty();
    }

    @Test
    void signing_in_and_out_is_in_the_trail() {
        var person = person();
        var session = signIn(anybody(), person.email(), PASSWORD);
        var out = expect(session.delete("/api/session"), 204);
        var events = trail(person.session(), out, "accountId=" + person.accountId());
        assertThat(types(events))
                .containsExactly("account.signed-out", "account.signed-in", "account.signed-in", "account.registered");
        assertThat(events.getFirst().path("details").path("sessionId"))
                .isEqualTo(events.get(1).path("details").path("sessionId"));
        assertThat(events.get(1).path("details").path("method").asString()).isEqualTo("session");
    }

    @Test
    void a_failed_sign_in_is_in_the_trail_of_the_account_and_one_without_an_account_nowhere() {
        var person = person();
        refused(
                trySignIn(anybody(), unique("nobody") + "@example.org", "not this one at all"),
                401,
                "invalid_credentials");
        refused(trySignIn(anybody(), person.email(), "not this one at all"), 401, "invalid_credentials");
        var path = "/api/audit-events?type=account.sign-in-failed";
        await().atMost(Duration.ofSeconds(10))
                .until(() ->
                        texts(expect(person.session().get(path), 200), "id").size() == 1);
        var event = items(expect(person.session().get(path), 200).json().path("items"))
                .getFirst();
        assertThat(event.path("actor").path("type").asString()).isEqualTo("anonymous");
        assertThat(event.path("target").path("id").asString()).isEqualTo(person.accountId());
        assertThat(event.path("origin").path("ipAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(items(expect(administrator().get(path + "&limit=100"), 200)
                        .json()
                        .path("items")))
                .allSatisfy(any ->
                        assertThat(any.path("target").path("id").asString()).startsWith("acc_"));
    }

    @Test
    void basic_is_one_event_for_an_account_an_address_and_an_hour() {
        var person = person();
        for (var i = 0; i < 3; i++) {
            expect(person.basic().get("/api/account"), 200);
        }
        var change = create(person.session(), unique("after"));
        var methods = trail(person.session(), change.answer(), "type=account.signed-in").stream()
                .map(event -> event.path("details").path("method").asString())
                .toList();
        assertThat(methods).containsExactly("basic", "session");
    }
}
