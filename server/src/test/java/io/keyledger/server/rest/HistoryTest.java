package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.READ_INVOICES;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.position;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** {@code GET /api/admin/token-permissions} and {@code GET /api/admin/diff}. */
class HistoryTest {

    private static List<JsonNode> all(Client client, String path, int limit) {
        var found = new ArrayList<JsonNode>();
        var cursor = "";
        do {
            var page =
                    expect(client.get(path + "&limit=" + limit + cursor), 200).json();
            assertThat(items(page.path("items")).size()).isLessThanOrEqualTo(limit);
            found.addAll(items(page.path("items")));
            cursor = page.path("nextCursor").isString()
                    ? "&cursor=" + page.path("nextCursor").asString()
                    : "";
        } while (!cursor.isEmpty());
        return found;
    }

    /** Ids of this person's tokens that could do it, of all that could. */
    private static List<String> capable(Person of, String permission, long asOf, int limit) {
        return all(administrator(), "/api/admin/token-permissions?permission=" + permission + "&asOf=" + asOf, limit)
                .stream()
                .filter(item -> item.path("accountId").asString().equals(of.accountId()))
                .map(item -> item.path("token").path("id").asString())
                .toList();
    }

    @Test
    void it_tells_which_tokens_could_do_something_then() {
        var person = secondAdministrator();
        var reads = create(person.session(), unique("reads"), READ_INVOICES);
        var both = create(person.session(), unique("both"), READ_INVOICES, "audit:read");
        create(person.session(), unique("other"), "tokens:read");
        var created = position(create(person.session(), unique("last")).answer());
        var widened = position(expect(
                person.session()
                        .patch(reads.path(), json("{'permissions': ['%s', 'audit:read']}".formatted(READ_INVOICES))),
                200));
        var paused = position(expect(person.session().patch(both.path(), json("{'enabled': false}")), 200));
        expect(person.session().patch(both.path(), json("{'enabled': true}")), 200);
        var narrowed = position(expect(person.session().patch(both.path(), json("{'permissions': []}")), 200));
        var demoted = position(expect(person.patch("{'administrator': false}"), 200));
        var revoked = position(expect(person.session().delete(reads.path()), 204));
        var disabled = position(expect(person.patch("{'enabled': false}"), 200));

        for (var limit : List.of(1, 100)) {
            assertThat(capable(person, READ_INVOICES, created, limit)).containsExactlyInAnyOrder(reads.id(), both.id());
            assertThat(capable(person, "audit:read", created, limit)).containsExactly(both.id());
            assertThat(capable(person, "audit:read", widened, limit)).containsExactlyInAnyOrder(reads.id(), both.id());
        }
        assertThat(capable(person, READ_INVOICES, created - 4, 100)).isEmpty();
        assertThat(capable(person, READ_INVOICES, paused, 100)).containsExactly(reads.id());
        assertThat(capable(person, READ_INVOICES, narrowed, 100)).containsExactly(reads.id());
        // Granted, but its account did not hold it any more.
        assertThat(capable(person, "audit:read", demoted, 100)).isEmpty();
        assertThat(capable(person, READ_INVOICES, demoted, 100)).containsExactly(reads.id());
        assertThat(capable(person, READ_INVOICES, revoked, 100)).isEmpty();
        assertThat(capable(person, "tokens:read", revoked, 100)).hasSize(1);
        assertThat(capable(person, "tokens:read", disabled, 100)).isEmpty();
    }

    @Test
    void what_is_no_name_of_a_permission_is_refused() {
        for (var wrong : List.of(
                "",
                "?permission=",
                "?permission=%20&asOf=1",
                "?permission=Tokens:read&asOf=1",
                "?permission=tokens:read%20&asOf=1",
                "?permission=tokens:read,tokens:write&asOf=1",
                "?permission=tokens:read&permission=tokens:write&asOf=1",
                "?permission=a:b:c&asOf=1",
                "?permission=:&asOf=1",
                "?permission=%22&asOf=1",
                "?permission=tokens%5C:read&asOf=1",
                "?permission=tokens:read%0A&asOf=1",
                "?permission=%25&asOf=1",
                "?permission=%F0%9F%98%80&asOf=1",
                "?permission=%D0%B0udit:read&asOf=1",
                "?permission=" + "a".repeat(51) + "&asOf=1",
                "?permission=" + "a".repeat(5000) + "&asOf=1")) {
            refused(administrator().get("/api/admin/token-permissions" + wrong), 400, "unknown_permission");
        }
        expect(administrator().get("/api/admin/token-permissions?permission=a%00b&asOf=1"), 400);
        expect(administrator().get("/api/admin/token-permissions?permission=%FF&asOf=1"), 400);
        refused(administrator().get("/api/admin/token-permissions?permission=tokens:read"), 400, "invalid_as_of");
        refused(
                administrator().get("/api/admin/token-permissions?permission=tokens:read&asOf=1&cursor=x"),
                400,
                "invalid_cursor");
        assertThat(all(
                        administrator(),
                        "/api/admin/token-permissions?permission=tokens:read&asOf=1970-01-01T00:00:00Z",
                        100))
                .isEmpty();
    }

    @Test
    void a_permission_that_is_not_configured_has_the_tokens_that_were_granted_it() {
        var path = "/api/admin/token-permissions?asOf=1&permission=";
        for (var name : List.of("invoices:reed", "tokens")) {
            var answer = expect(administrator().get(path + name), 200).json();
            assertThat(answer.path("configured").asBoolean(true)).isFalse();
            assertThat(items(answer.path("items"))).isEmpty();
            assertThat(answer.path("nextCursor").isString()).isFalse();
        }
        assertThat(expect(administrator().get(path + READ_INVOICES), 200)
                        .json()
                        .path("configured")
                        .asBoolean())
                .isTrue();
    }

    /** What changed is told from the trail, which may lag. */
    private static Client at(long position) {
        return administrator().header("Keyledger-Position", Long.toString(position));
    }

    private static Answer diff(Client client, Object from, Object to) {
        return client.get("/api/admin/diff?from=" + from + "&to=" + to);
    }

    private static JsonNode of(List<JsonNode> changes, String id) {
        return changes.stream()
                .filter(change -> change.path("id").asString().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError(id + " is not in " + changes));
    }

    private static List<String> eventTypes(JsonNode changed) {
        return items(changed.path("events")).stream()
                .map(event -> event.path("type").asString())
                .toList();
    }

    private static void assertChange(JsonNode changed, String field, String before, String after) {
        var change = changed.path("changes").path(field);
        assertThat(change.path("before").toString()).as("%s before", field).isEqualTo(json(before));
        assertThat(change.path("after").toString()).as("%s after", field).isEqualTo(json(after));
    }

    @Test
    void it_tells_what_changed_between_two_positions() {
        var person = person();
        var kept = create(person.session(), "kept", "tokens:read");
        var from = position(kept.answer());
        var made = create(person.session(), "made");
        expect(
                person.session()
                        .patch(
                                kept.path(),
                                json("{'name': 'renamed', 'permissions': ['tokens:read', 'tokens:write']}")),
                200);
        expect(person.session().patch(made.path(), json("{'name': 'in between'}")), 200);
        expect(person.session().delete(made.path()), 204);
        expect(person.patch("{'administrator': true}"), 200);
        var to = position(expect(person.patch("{'administrator': false}"), 200));
        expect(person.session().patch(kept.path(), json("{'name': 'too late'}")), 200);

        for (var limit : List.of(1, 100)) {
            var path = "/api/admin/diff?from=" + from + "&to=" + to + "&accountId=" + person.accountId();
            var changes = all(at(to), path, limit);
            assertThat(changes.stream().map(change -> change.path("id").asString()))
                    .containsExactly(made.id(), kept.id(), person.accountId());
            var ofKept = of(changes, kept.id());
            assertThat(ofKept.path("type").asString()).isEqualTo("token");
            assertThat(ofKept.path("created").asBoolean()).isFalse();
            assertThat(ofKept.path("name").asString()).isEqualTo("renamed");
            assertThat(Contract.fields(ofKept.path("changes"))).containsExactlyInAnyOrder("name", "permissions");
            assertChange(ofKept, "name", "'kept'", "'renamed'");
            assertChange(ofKept, "permissions", "['tokens:read']", "['tokens:read','tokens:write']");
            assertThat(eventTypes(ofKept)).containsExactly("token.renamed", "token.permissions-changed");
            var ofMade = of(changes, made.id());
            assertThat(ofMade.path("created").asBoolean()).isTrue();
            assertChange(ofMade, "name", "null", "'in between'");
            assertChange(ofMade, "status", "null", "'revoked'");
            assertThat(eventTypes(ofMade)).containsExactly("token.created", "token.renamed", "token.revoked");
            var ofPerson = of(changes, person.accountId());
            assertThat(ofPerson.path("type").asString()).isEqualTo("account");
            assertThat(Contract.fields(ofPerson.path("changes"))).isEmpty();
            assertThat(eventTypes(ofPerson))
                    .containsExactly("account.administrator-granted", "account.administrator-revoked");
            assertThat(ofPerson.path("eventCount").asInt()).isEqualTo(2);

            // Others did things meanwhile too; of these, the same is told.
            var everybody = all(at(to), "/api/admin/diff?from=" + from + "&to=" + to, limit);
            assertThat(everybody).containsAll(changes).doesNotHaveDuplicates();
        }
    }

    @Test
    void it_tells_what_changed_between_two_instants() {
        var from = Instant.now().minusSeconds(3600);
        var person = person();
        var token = create(person.session(), "made");
        expect(person.session().patch(token.path(), json("{'name': 'renamed'}")), 200);
        var last = position(expect(person.session().delete(token.path()), 204));
        var to = JdbcClient.create(Contract.database())
                .sql("select occurred_at from event.domain_event where global_index = ?")
                .param(last)
                .query((row, _) -> row.getTimestamp(1).toInstant())
                .single();
        for (var limit : List.of(2, 100)) {
            var everything = all(at(last), "/api/admin/diff?from=" + from + "&to=" + to, limit);
            assertThat(of(everything, token.id()).path("created").asBoolean()).isTrue();
            assertThat(eventTypes(of(everything, token.id())))
                    .containsExactly("token.created", "token.renamed", "token.revoked");
            assertThat(of(everything, person.accountId()).path("created").asBoolean())
                    .isTrue();
            assertThat(everything.stream().map(change -> change.path("id").asString()))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void a_token_that_was_moved_is_told_to_both_accounts() {
        var giver = person();
        var service = expect(
                        administrator()
                                .post(
                                        "/api/accounts",
                                        json("{'type': 'service', 'displayName': '%s', 'owners': ['%s']}"
                                                .formatted(unique("Robot"), giver.accountId()))),
                        201)
                .json()
                .path("id")
                .asString();
        var token = create(giver.session(), "moving");
        var created = position(token.answer());
        var moved = position(expect(
                giver.session().post(token.path() + "/transfer", json("{'accountId': '%s'}".formatted(service))), 200));
        for (var account : List.of(giver.accountId(), service)) {
            for (var from : List.of(created, created - 1)) {
                var path = "/api/admin/diff?from=" + from + "&to=" + moved + "&accountId=" + account;
                assertThat(of(all(at(moved), path, 100), token.id())
                                .path("changes")
                                .path("accountId")
                                .path("after")
                                .asString())
                        .isEqualTo(service);
            }
        }
    }

    @Test
    void what_is_asked_is_checked() {
        refused(diff(administrator(), 2, 1), 400, "invalid_range");
        refused(diff(administrator(), "2020-01-02T00:00:00Z", "2020-01-01T00:00:00Z"), 400, "invalid_range");
        refused(diff(administrator(), "", 1), 400, "invalid_as_of");
        refused(administrator().get("/api/admin/diff?from=1"), 400, "invalid_as_of");
        refused(administrator().get("/api/admin/diff?to=1"), 400, "invalid_as_of");
        refused(administrator().get("/api/admin/diff?from=1&from=1&to=1"), 400, "invalid_as_of");
        refused(administrator().get("/api/admin/diff?from=-1&to=1"), 400, "invalid_as_of");
        refused(diff(administrator(), 1, "2000-01-01T00:00:00Z"), 400, "invalid_range");
        for (var position : List.of("-1", "x", "99999999999999999999", "9223372036854775807")) {
            refused(diff(administrator().header("Keyledger-Position", position), 1, 1), 400, "invalid_position");
        }
        refused(diff(administrator(), 1, "9999-01-01T00:00:00Z"), 400, "as_of_in_future");
        refused(diff(administrator(), 1, "1&cursor=x"), 400, "invalid_cursor");
        refused(diff(administrator(), 1, "1&limit=0"), 400, "invalid_limit");
        assertThat(all(administrator(), "/api/admin/diff?from=1&to=1", 10)).isEmpty();
        assertThat(all(administrator(), "/api/admin/diff?from=0&to=0", 10)).isEmpty();
        var now = Instant.now();
        assertThat(all(administrator(), "/api/admin/diff?from=" + now + "&to=" + now, 10))
                .isEmpty();
        assertThat(all(administrator(), "/api/admin/diff?from=0000-01-01T00:00:00Z&to=0", 10))
                .isEmpty();
        assertThat(all(administrator(), "/api/admin/diff?from=0&to=2000-01-01T00:00:00Z", 10))
                .isEmpty();
    }

    @Test
    void they_are_for_those_who_read_the_whole_trail() {
        var person = person();
        var administrator = secondAdministrator();
        for (var path :
                List.of("/api/admin/token-permissions?permission=tokens:read&asOf=1", "/api/admin/diff?from=1&to=1")) {
            refused(anybody().get(path), 401, "authentication_required");
            refused(person.session().get(path), 403, "permission_missing");
            refused(person.token("tokens:read", "tokens:write").get(path), 403, "permission_missing");
            refused(administrator.token("tokens:read").get(path), 403, "permission_missing");
            expect(administrator.token("audit:read").get(path), 200);
            expect(administrator.session().get(path), 200);
        }
    }
}
