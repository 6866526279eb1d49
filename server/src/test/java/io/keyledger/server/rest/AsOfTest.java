package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.position;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** {@code asOf}: tokens and accounts as they were at an instant, or after an event. */
class AsOfTest {

    private final Person owner = person();

    private static Answer past(Client client, String path, Object asOf) {
        return client.get(path + (path.contains("?") ? "&" : "?") + "asOf=" + asOf);
    }

    private static JsonNode was(Client client, String path, Object asOf) {
        return expect(past(client, path, asOf), 200).json();
    }

    private static List<String> names(Client client, String path, Object asOf) {
        return texts(expect(past(client, path, asOf), 200), "name");
    }

    private static List<String> strings(JsonNode array) {
        return items(array).stream().map(JsonNode::asString).toList();
    }

    /** When the event at this position occurred, by the log itself. */
    private static Instant timeOf(long position) {
        return JdbcClient.create(Contract.database())
                .sql("select occurred_at from event.domain_event where global_index = ?")
                .param(position)
                .query((row, _) -> row.getObject(1, OffsetDateTime.class).toInstant())
                .single();
    }

    @Test
    void a_token_is_told_as_it_was_after_each_of_its_events_and_at_each_of_their_times() {
        var token = create(owner.session(), "first name", "tokens:read");
        var created = position(token.answer());
        var renamed = position(expect(owner.session().patch(token.path(), json("{'name': 'second name'}")), 200));
        var widened = position(expect(
                owner.session().patch(token.path(), json("{'permissions': ['tokens:read', 'tokens:write']}")), 200));
        var revoked = position(expect(owner.session().delete(token.path()), 204));

        for (var at : List.<Object>of(created, timeOf(created))) {
            var was = was(owner.session(), token.path(), at);
            assertThat(was.path("name").asString()).isEqualTo("first name");
            assertThat(was.path("version").asInt()).isZero();
            assertThat(was.path("status").asString()).isEqualTo("active");
        }
        assertThat(was(owner.session(), token.path(), renamed).path("name").asString())
                .isEqualTo("second name");
        assertThat(strings(was(owner.session(), token.path(), renamed).path("permissions")))
                .containsExactly("tokens:read");
        assertThat(strings(was(owner.session(), token.path(), widened).path("permissions")))
                .containsExactly("tokens:read", "tokens:write");
        assertThat(was(owner.session(), token.path(), widened).path("revokedAt").isNull())
                .isTrue();
        assertThat(was(owner.session(), token.path(), revoked).path("status").asString())
                .isEqualTo("revoked");
        assertThat(was(owner.session(), token.path(), timeOf(revoked).minusNanos(1000))
                        .path("status")
                        .asString())
                .isEqualTo("active");
        refused(past(owner.session(), token.path(), created - 1), 404, "token_not_found");
        refused(past(owner.session(), token.path(), timeOf(created).minusNanos(1000)), 404, "token_not_found");
    }

    @Test
    void what_was_is_no_base_for_a_change() {
        var token = create(owner.session(), "base");
        assertThat(past(owner.session(), token.path(), position(token.answer())).header("ETag"))
                .isEmpty();
    }

    @Test
    void the_list_has_the_tokens_of_that_time_with_the_names_of_that_time() {
        var alpha = create(owner.session(), "alpha");
        var beta = create(owner.session(), "beta");
        var then = position(beta.answer());
        expect(owner.session().patch(alpha.path(), json("{'name': 'omega'}")), 200);
        expect(owner.session().delete(beta.path()), 204);
        create(owner.session(), "gamma");

        for (var at : List.<Object>of(then, timeOf(then))) {
            assertThat(names(owner.session(), "/api/tokens", at)).containsExactly("beta", "alpha");
            assertThat(names(owner.session(), "/api/tokens?sort=name", at)).containsExactly("alpha", "beta");
            assertThat(names(owner.session(), "/api/tokens?search=ALPH", at)).containsExactly("alpha");
            assertThat(names(owner.session(), "/api/tokens?search=omega", at)).isEmpty();
            assertThat(names(owner.session(), "/api/tokens?status=revoked", at)).isEmpty();
            assertThat(names(administrator(), "/api/accounts/" + owner.accountId() + "/tokens", at))
                    .containsExactly("beta", "alpha");
        }
        assertThat(names(owner.session(), "/api/tokens?unusedFor=1d", then)).isEmpty();
    }

    @Test
    void revoked_tokens_are_left_out_from_the_moment_of_their_revocation_on() {
        var token = create(owner.session(), "short-lived");
        var revoked = position(expect(owner.session().delete(token.path()), 204));
        assertThat(names(owner.session(), "/api/tokens", revoked - 1)).containsExactly("short-lived");
        assertThat(names(owner.session(), "/api/tokens", revoked)).isEmpty();
        assertThat(names(owner.session(), "/api/tokens?status=revoked", revoked))
                .containsExactly("short-lived");
        assertThat(names(owner.session(), "/api/tokens?status=active,revoked", revoked))
                .containsExactly("short-lived");
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "-name", "createdAt", "-createdAt", "expiresAt", "-expiresAt", "lastUsedAt"})
    void pages_of_the_past_follow_each_other_without_gap_or_repetition(String sort) {
        var all = new ArrayList<String>();
        Issued last = null;
        for (var name : List.of("b", "\uD83D\uDE00", "A", "\uFFFD", "c", "ä")) {
            all.add(name);
            last = create(owner.session(), name);
        }
        var then = position(last.answer());
        create(owner.session(), "later");

        var seen = new ArrayList<String>();
        var cursor = "";
        do {
            var page = expect(past(owner.session(), "/api/tokens?limit=4&sort=" + sort + cursor, then), 200);
            seen.addAll(texts(page, "name"));
            var next = page.json().path("nextCursor");
            cursor = next.isString() ? "&cursor=" + next.asString() : "";
            if (next.isString()) {
                assertThat(page.header("Link")).contains("asOf=" + then).contains("rel=\"next\"");
                refused(
                        past(owner.session(), "/api/tokens?limit=4&sort=" + sort + cursor, then - 1),
                        400,
                        "invalid_cursor");
                refused(owner.session().get("/api/tokens?limit=4&sort=" + sort + cursor), 400, "invalid_cursor");
            }
        } while (!cursor.isEmpty());
        assertThat(seen).containsExactlyInAnyOrderElementsOf(all);
        // As the list of the present, which PostgreSQL sorts.
        var present = new ArrayList<>(
                texts(expect(owner.session().after(last.answer()).get("/api/tokens?sort=" + sort), 200), "name"));
        present.remove("later");
        assertThat(seen).containsExactlyElementsOf(present);
    }

    @Test
    void a_status_is_judged_at_that_time() {
        var expiresAt = Instant.now().plusSeconds(4);
        var token = Contract.issued(
                owner.session().post("/api/tokens", json("{'name': 'brief', 'expiresAt': '%s'}".formatted(expiresAt))));
        var created = position(token.answer());
        await().until(() -> token.status() == 401);
        assertThat(was(owner.session(), token.path(), created).path("status").asString())
                .isEqualTo("active");
        assertThat(was(owner.session(), token.path(), expiresAt).path("status").asString())
                .isEqualTo("expired");
        assertThat(names(owner.session(), "/api/tokens?status=active", created)).containsExactly("brief");
        assertThat(names(owner.session(), "/api/tokens?status=active", expiresAt))
                .isEmpty();
    }

    @Test
    void a_token_that_was_moved_stands_in_each_accounts_own_time() {
        var service = expect(
                        administrator()
                                .post(
                                        "/api/accounts",
                                        json("{'type': 'service', 'displayName': '%s', 'owners': ['%s']}"
                                                .formatted(unique("Robot"), owner.accountId()))),
                        201)
                .json()
                .path("id")
                .asString();
        var token = create(owner.session(), "moving", "tokens:read");
        var created = position(token.answer());
        var answer = expect(
                owner.session().post(token.path() + "/transfer", json("{'accountId': '%s'}".formatted(service))), 200);
        var moved = position(answer);
        var tokens = "/api/accounts/" + service + "/tokens";
        var client = owner.session().after(answer);

        assertThat(names(client, "/api/tokens", created)).containsExactly("moving");
        assertThat(was(client, token.path(), created).path("name").asString()).isEqualTo("moving");
        assertThat(names(client, tokens, created)).isEmpty();
        refused(past(client, tokens + "/" + token.id(), created), 404, "token_not_found");

        assertThat(names(client, "/api/tokens", moved)).isEmpty();
        refused(past(client, token.path(), moved), 404, "token_not_found");
        assertThat(names(client, tokens, moved)).containsExactly("moving");
        assertThat(was(client, tokens + "/" + token.id(), moved).path("version").asInt())
                .isEqualTo(1);
    }

    @Test
    void an_account_is_told_as_it_was_with_what_it_held() {
        var person = secondAdministrator();
        var path = "/api/accounts/" + person.accountId();
        var token = create(person.session(), "auditor", "audit:read", "tokens:read");
        var created = position(token.answer());
        var renamed = position(expect(person.session().patch("/api/account", json("{'displayName': 'Grace'}")), 200));
        var demoted = position(expect(person.patch("{'administrator': false}"), 200));
        var disabled = position(expect(person.patch("{'enabled': false}"), 200));

        var first = was(administrator(), path, created);
        assertThat(first.path("displayName").asString()).isEqualTo("Somebody");
        assertThat(first.path("administrator").asBoolean()).isTrue();
        assertThat(strings(first.path("heldPermissions"))).contains("audit:read", "tokens:read");
        assertThat(was(administrator(), path, renamed).path("displayName").asString())
                .isEqualTo("Grace");
        var later = was(administrator(), path, demoted);
        assertThat(later.path("enabled").asBoolean()).isTrue();
        assertThat(strings(later.path("heldPermissions")))
                .contains("tokens:read")
                .doesNotContain("audit:read");
        assertThat(was(administrator(), path, disabled).path("enabled").asBoolean())
                .isFalse();

        var tokenThen = path + "/tokens/" + token.id();
        assertThat(strings(was(administrator(), tokenThen, created).path("effectivePermissions")))
                .containsExactly("audit:read", "tokens:read");
        assertThat(strings(was(administrator(), tokenThen, demoted).path("permissions")))
                .containsExactly("audit:read", "tokens:read");
        assertThat(strings(was(administrator(), tokenThen, demoted).path("effectivePermissions")))
                .containsExactly("tokens:read");
        assertThat(expect(administrator().get(tokenThen), 200).json().has("effectivePermissions"))
                .isFalse();
        assertThat(expect(administrator().get(path), 200).json().has("heldPermissions"))
                .isFalse();
    }

    @Test
    void what_an_account_held_when_it_was_disabled_is_asked_with_the_position_of_that_event() {
        create(owner.session(), "left behind", "tokens:read");
        var answer = expect(owner.patch("{'enabled': false}"), 200);
        var event = trail(administrator(), answer, "type=account.disabled&accountId=" + owner.accountId())
                .getFirst();
        var at = event.path("position").asLong();
        assertThat(names(administrator(), "/api/accounts/" + owner.accountId() + "/tokens", at))
                .containsExactly("left behind");
        assertThat(was(administrator(), "/api/accounts/" + owner.accountId(), at)
                        .path("enabled")
                        .asBoolean())
                .isFalse();
        assertThat(was(administrator(), "/api/accounts/" + owner.accountId(), at - 1)
                        .path("enabled")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void people_see_their_own_past_and_nobody_elses() {
        var token = create(owner.session(), "mine", "tokens:read");
        var then = position(token.answer());
        var other = person();
        assertThat(was(owner.session(), "/api/account", then).path("email").asString())
                .isEqualTo(owner.email());
        refused(past(other.session(), "/api/account", then), 404, "account_not_found");
        refused(past(other.session(), token.path(), then), 404, "token_not_found");
        refused(
                past(other.session(), "/api/accounts/" + owner.accountId() + "/tokens", then),
                404,
                "account_not_found");
        refused(past(other.session(), "/api/accounts/" + owner.accountId(), then), 403, "administrator_required");
        refused(past(owner.token("tokens:write"), "/api/tokens", then), 403, "permission_missing");
        assertThat(names(owner.token("tokens:read"), "/api/tokens", then)).containsExactly("mine");
        assertThat(was(token.use(), "/api/tokens/self", then).path("name").asString())
                .isEqualTo("mine");
    }

    @Test
    void an_id_of_something_else_is_none() {
        var token = create(owner.session(), "token");
        var then = position(token.answer());
        refused(past(owner.session(), "/api/tokens/" + owner.accountId(), then), 404, "token_not_found");
        refused(past(owner.session(), "/api/tokens/nothing", then), 404, "token_not_found");
        refused(past(administrator(), "/api/accounts/" + token.id(), then), 404, "account_not_found");
        refused(past(administrator(), "/api/accounts/nothing", then), 404, "account_not_found");
    }

    @Test
    void an_instant_between_two_that_are_recorded_belongs_to_the_earlier_one() {
        var token = create(owner.session(), "brief", "tokens:read");
        var revoked = timeOf(position(expect(owner.session().delete(token.path()), 204)));
        // PostgreSQL would round it to the time of the revocation.
        var before = revoked.minusNanos(1);
        assertThat(names(owner.session(), "/api/tokens", before)).containsExactly("brief");
        assertThat(was(owner.session(), token.path(), before).path("status").asString())
                .isEqualTo("active");
        assertThat(names(owner.session(), "/api/tokens", revoked.plusNanos(1))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"+05:45", "-18:00", "+18:00", "-00:00"})
    void an_instant_is_the_same_in_any_time_zone(String offset) {
        var token = create(owner.session(), "first name");
        var created = timeOf(position(token.answer()));
        expect(owner.session().patch(token.path(), json("{'name': 'second name'}")), 200);
        var there = created.atOffset(ZoneOffset.of(offset)).toLocalDateTime() + offset;
        assertThat(was(owner.session(), token.path(), URLEncoder.encode(there, StandardCharsets.UTF_8))
                        .path("name")
                        .asString())
                .isEqualTo("first name");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "000000000000000000000000",
                "1970-01-01T00:00:00Z",
                "0001-01-01T00:00:00Z",
                "0000-01-01T00:00:00Z",
                "0000-01-01T00:00:00%2B18:00",
                "1999-12-31T23:59:59%2B02:00"
            })
    void before_the_log_there_was_nothing(String asOf) {
        create(owner.session(), "not yet");
        assertThat(names(owner.session(), "/api/tokens", asOf)).isEmpty();
        assertThat(refused(past(owner.session(), "/api/account", asOf), 404, "account_not_found")
                        .json()
                        .path("detail")
                        .asString())
                .contains("at that time");
    }

    @ParameterizedTest
    @CsvSource({
        "yesterday, invalid_as_of",
        "2026-03-03, invalid_as_of",
        "2026-03-03T10:00:00, invalid_as_of",
        "-1, invalid_as_of",
        "1.5, invalid_as_of",
        "99999999999999999999, invalid_as_of",
        "-0, invalid_as_of",
        "+1, invalid_as_of",
        "1e3, invalid_as_of",
        "0x10, invalid_as_of",
        "' 1', invalid_as_of",
        "'1,2', invalid_as_of",
        "٣, invalid_as_of",
        // A leap second, which no event has, and other times that there are not.
        "2016-12-31T23:59:60Z, invalid_as_of",
        "2026-03-03T24:00:00Z, invalid_as_of",
        "2026-02-29T00:00:00Z, invalid_as_of",
        "2026-03-03T10:00:00+18:01, invalid_as_of",
        "2026-03-03T10:00:00+0200, invalid_as_of",
        "2026-03-03T10:00:00 02:00, invalid_as_of",
        "2026-03-03T10:00:00.1234567891Z, invalid_as_of",
        "-0001-01-01T00:00:00Z, invalid_as_of",
        "+10000-01-01T00:00:00Z, invalid_as_of",
        "9999-12-31T23:59:59-18:00, as_of_in_future",
        "1000000000, as_of_in_future",
        "9223372036854775807, as_of_in_future",
        "9999-12-31T23:59:59Z, as_of_in_future",
    })
    void a_time_that_is_none_or_has_not_come_is_refused(String asOf, String code) {
        var encoded = URLEncoder.encode(asOf, StandardCharsets.UTF_8);
        for (var path : List.of(
                "/api/tokens",
                "/api/tokens/tok_1",
                "/api/account",
                "/api/admin/token-permissions?permission=tokens:read",
                "/api/admin/diff?to=1")) {
            refused(
                    path.contains("diff")
                            ? administrator().get(path + "&from=" + encoded)
                            : past(administrator(), path, encoded),
                    400,
                    code);
        }
    }

    @Test
    void the_present_instant_has_come() {
        create(owner.session(), "now");
        var now = OffsetDateTime.now(ZoneOffset.UTC).minusSeconds(1).toInstant();
        expect(past(owner.session(), "/api/tokens", now), 200);
        expect(past(owner.session(), "/api/tokens", ""), 200);
    }
}
