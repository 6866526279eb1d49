package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.refused;
import static io.keyledger.server.rest.Contract.texts;
import static io.keyledger.server.rest.Contract.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /api/tokens}, {@code GET /api/tokens/{id}} and {@code GET /api/accounts/{id}/tokens}. */
class TokenReadingTest {

    private static Person owner;
    private static Person other;
    private static Issued alpha;
    private static Issued unused;
    private static Issued revoked;
    private static Issued last;

    @BeforeAll
    static void createTokens() {
        owner = person();
        other = person();
        alpha = create(owner.session(), "Alpha 100%", "tokens:read");
        unused = create(owner.session(), "beta_1");
        revoked = create(owner.session(), "gamma");
        expect(owner.session().delete(revoked.path()), 204);
        last = Contract.issued(owner.session()
                .post(
                        "/api/tokens",
                        json("{'name': 'Delta', 'description': 'Like BETA', 'expiresAt': '2040-01-01T00:00:00Z'}")));
    }

    private static Client reader() {
        return owner.session().after(last.answer());
    }

    private static List<String> names(String parameters) {
        return texts(expect(reader().get("/api/tokens" + parameters), 200), "name");
    }

    @Test
    void the_list_has_all_but_revoked_ones_the_newest_first() {
        assertThat(names("")).containsExactly("Delta", "beta_1", "Alpha 100%");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "?status=active                | Delta,beta_1,Alpha 100%",
                "?status=revoked               | gamma",
                "?status=expired               | ''",
                "?status=active,revoked        | Delta,gamma,beta_1,Alpha 100%",
                "?status=active&status=revoked | Delta,gamma,beta_1,Alpha 100%",
                "?status=                      | Delta,beta_1,Alpha 100%",
                "?sort=name                    | Alpha 100%,beta_1,Delta",
                "?sort=-name                   | Delta,beta_1,Alpha 100%",
                "?sort=createdAt               | Alpha 100%,beta_1,Delta",
                "?sort=expiresAt&limit=1       | Delta",
                "?search=ALPHA                 | Alpha 100%",
                "?search=%25                   | Alpha 100%",
                "?search=_                     | beta_1",
                "?search=beta                  | Delta,beta_1",
                "?search=nothing               | ''",
                "?search=                      | Delta,beta_1,Alpha 100%",
                "?limit=2                      | Delta,beta_1",
                "?unknown=parameter            | Delta,beta_1,Alpha 100%",
            })
    void parameters_choose_and_order(String parameters, String expected) {
        assertThat(String.join(",", names(parameters))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, invalid_limit",
        "limit=101, invalid_limit",
        "limit=-1, invalid_limit",
        "limit=1.5, invalid_limit",
        "limit=x, invalid_limit",
        "limit=99999999999, invalid_limit",
        "limit=1&limit=2, invalid_limit",
        "status=foo, invalid_status",
        "status=ACTIVE, invalid_status",
        "sort=foo, invalid_sort",
        "sort=--name, invalid_sort",
        "sort=name;drop, invalid_sort",
        "cursor=x, invalid_cursor",
        "cursor=%F0%9F%98%80, invalid_cursor",
    })
    void a_parameter_that_is_not_understood_is_refused(String parameter, String code) {
        refused(reader().get("/api/tokens?" + parameter), 400, code);
    }

    @Test
    void a_search_has_at_most_200_characters() {
        refused(reader().get("/api/tokens?search=" + "a".repeat(201)), 400, "invalid_search");
        expect(reader().get("/api/tokens?search=" + "a".repeat(200)), 200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "-name", "createdAt", "-createdAt", "expiresAt", "-expiresAt", "lastUsedAt"})
    void pages_follow_each_other_without_gap_or_repetition(String sort) {
        // Again when a first use was written meanwhile, which gives the token another place.
        await().untilAsserted(() -> assertPagesFollow(sort));
    }

    private static void assertPagesFollow(String sort) {
        var all = names("?sort=" + sort + "&status=active,expired,revoked");
        var paged = new ArrayList<String>();
        var path = "/api/tokens?limit=1&status=active,expired,revoked&sort=" + sort;
        while (path != null) {
            var page = expect(reader().get(path), 200);
            paged.addAll(texts(page, "name"));
            path = next(page);
        }
        assertThat(all).hasSize(4);
        assertThat(paged).isEqualTo(all);
    }

    /** By the header; it agrees with the body. */
    private static String next(Answer page) {
        var link = page.header("Link");
        if (page.json().path("nextCursor").isNull()) {
            assertThat(link).isEmpty();
            return null;
        }
        assertThat(link).matches("<[^>]+>; rel=\"next\"");
        var target = link.substring(1, link.indexOf('>'));
        assertThat(target).contains("cursor=" + page.json().path("nextCursor").asString());
        return target;
    }

    @Test
    void a_cursor_is_good_for_its_own_list_only() {
        var cursor = expect(reader().get("/api/tokens?limit=1"), 200)
                .json()
                .path("nextCursor")
                .asString();
        expect(reader().get("/api/tokens?limit=2&cursor=" + cursor), 200);
        for (var wrong : List.of(
                "sort=name&cursor=" + cursor,
                "status=active&cursor=" + cursor,
                "search=a&cursor=" + cursor,
                "cursor=" + cursor.substring(1),
                "cursor=" + cursor.substring(0, cursor.length() - 2),
                "cursor=" + (cursor.startsWith("A") ? "B" : "A") + cursor.substring(1))) {
            refused(reader().get("/api/tokens?limit=1&" + wrong), 400, "invalid_cursor");
        }
        refused(other.session().get("/api/tokens?limit=1&cursor=" + cursor), 400, "invalid_cursor");
        refused(reader().get("/api/audit-events?cursor=" + cursor), 400, "invalid_cursor");
    }

    @Test
    void one_token_is_shown_as_it_was_created_but_for_the_value() {
        var answer = expect(reader().get(unused.path()), 200);
        assertThat(answer.header("ETag")).isEqualTo(unused.answer().header("ETag"));
        var created = unused.answer().json();
        answer.json()
                .properties()
                .forEach(property -> assertThat(property.getValue())
                        .as(property.getKey())
                        .isEqualTo(created.path(property.getKey())));
        assertThat(answer.json().has("value")).isFalse();
        assertThat(answer.json().toString())
                .isEqualTo(items().stream()
                        .filter(item -> item.contains(unused.id()))
                        .findFirst()
                        .orElseThrow());
    }

    private static List<String> items() {
        return Contract.items(expect(reader().get("/api/tokens"), 200).json().path("items")).stream()
                .map(Object::toString)
                .toList();
    }

    @Test
    void a_revoked_token_can_still_be_looked_at() {
        var token = expect(reader().get(revoked.path()), 200).json();
        assertThat(token.path("status").asString()).isEqualTo("revoked");
        assertThat(token.path("revokedAt").isNull()).isFalse();
    }

    @Test
    void somebody_elses_token_does_not_exist_for_administrators_either() {
        refused(other.session().after(last.answer()).get(alpha.path()), 404, "token_not_found");
        refused(administrator().after(last.answer()).get(alpha.path()), 404, "token_not_found");
    }

    @Test
    void an_unknown_id_is_404_whatever_it_looks_like() {
        for (var id : List.of("tok_nope", owner.accountId(), "%22%27", "%F0%9F%98%80", "a".repeat(5_000), "null")) {
            refused(reader().get("/api/tokens/" + id), 404, "token_not_found");
        }
    }

    @Test
    void self_is_the_token_in_use_and_needs_no_permission() {
        var token = create(owner.session(), unique("self"));
        var self = expect(token.use().after(token.answer()).get("/api/tokens/self"), 200);
        assertThat(self.json().path("id").asString()).isEqualTo(token.id());
        refused(token.use().get(token.path()), 403, "permission_missing");
        refused(token.use().get("/api/tokens"), 403, "permission_missing");
        refused(owner.session().get("/api/tokens/self"), 404, "token_not_found");
        refused(Contract.anybody().get("/api/tokens/self"), 401, "authentication_required");
    }

    @Test
    void a_token_with_the_permission_reads_its_accounts_tokens() {
        assertThat(texts(expect(alpha.use().after(last.answer()).get("/api/tokens"), 200), "name"))
                .contains("Delta");
        refused(owner.token("tokens:write").get("/api/tokens"), 403, "permission_missing");
        refused(Contract.anybody().get("/api/tokens"), 401, "authentication_required");
    }

    @Test
    void an_entity_tag_saves_the_answer_when_nothing_changed() {
        var tag = alpha.answer().header("ETag");
        var answer = expect(reader().header("If-None-Match", tag).get(alpha.path()), 304);
        assertThat(answer.response().body()).isEmpty();
    }

    @Test
    void administrators_list_the_tokens_of_any_account_and_others_those_of_their_own() {
        var path = "/api/accounts/" + owner.accountId() + "/tokens";
        assertThat(texts(expect(administrator().after(last.answer()).get(path + "?limit=3&sort=name"), 200), "name"))
                .startsWith("Alpha 100%");
        assertThat(texts(expect(administrator().after(last.answer()).get(path + "?status=revoked"), 200), "name"))
                .containsExactly("gamma");
        refused(person().session().get(path), 404, "account_not_found");
        expect(alpha.use().get(path), 200);
        assertThat(texts(expect(owner.session().after(last.answer()).get(path + "?status=revoked"), 200), "name"))
                .containsExactly("gamma");
        refused(Contract.anybody().get(path), 401, "authentication_required");
        refused(administrator().get("/api/accounts/acc_nope/tokens"), 404, "account_not_found");
        refused(administrator().get(path + "?limit=0"), 400, "invalid_limit");
    }
}
