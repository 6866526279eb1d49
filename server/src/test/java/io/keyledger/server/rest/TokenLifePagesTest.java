package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.get;
import static io.keyledger.server.rest.Html.hidden;
import static io.keyledger.server.rest.Html.link;
import static io.keyledger.server.rest.Html.page;
import static io.keyledger.server.rest.Html.post;
import static io.keyledger.server.rest.Html.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Issued;
import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** What is done to a token while programs use it, on its pages: rotated, disabled, limited, narrowed, and its proof. */
class TokenLifePagesTest {

    private static final Pattern VALUE = Pattern.compile("id=\"value\">([^<]+)<");

    private static Person owner;

    @BeforeAll
    static void create_owner() {
        owner = person();
    }

    private static Issued token(String... permissions) {
        return create(owner.session(), unique("token"), permissions);
    }

    private static String path(Issued token) {
        return "/settings/tokens/" + token.id();
    }

    /** As it is after all that has happened. */
    private static JsonNode now(Issued token) {
        var head = JdbcClient.create(Contract.database())
                .sql("select max(global_index) from event.domain_event")
                .query(Long.class)
                .single();
        return expect(
                        owner.session()
                                .header("Keyledger-Position", head.toString())
                                .get(token.path()),
                        200)
                .json();
    }

    private static String value(Answer shown) {
        var value = VALUE.matcher(expect(shown, 200).response().body());
        assertThat(value.find()).as("%s", shown).isTrue();
        return value.group(1);
    }

    private static Answer rotate(Issued token, String overlap, String... more) {
        var form = page(owner.session(), path(token) + "/rotate");
        var fields = new java.util.ArrayList<>(List.of("overlap", overlap, "version", hidden(form, "version")));
        fields.addAll(List.of(more));
        return post(owner.session(), path(token) + "/rotate", fields.toArray(String[]::new));
    }

    private static int status(String value) {
        return Contract.anybody().token(value).get("/api/tokens/self").status();
    }

    @Test
    void a_new_value_is_shown_with_the_time_until_when_the_old_one_is_accepted() {
        var token = token();
        assertThat(page(owner.session(), path(token) + "/rotate")).contains("<option value=\"24h\" selected=");

        var shown = rotate(token, "24h");

        var value = value(shown);
        assertThat(shown.header("Cache-Control")).contains("no-store");
        assertThat(text(shown))
                .contains("The new value of your token")
                .contains("The old value is still accepted until")
                .contains("if you lose it, rotate again")
                .contains("curl -H \"Authorization: Bearer " + value);
        assertThat(token.status()).as("the old value").isEqualTo(200);
        assertThat(text(page(owner.session(), "/settings/tokens"))).contains("Old value still accepted until");
        assertThat(text(page(owner.session(), path(token)))).contains("Old value still accepted until");

        assertThat(status(value)).isEqualTo(200);
        assertThat(token.status()).as("the old value after the new one's use").isEqualTo(401);
    }

    @Test
    void the_old_value_ends_at_once_where_that_is_chosen() {
        var token = token();
        var shown = rotate(token, "0h");
        assertThat(text(shown)).contains("The old value is not accepted any more.");
        assertThat(token.status()).isEqualTo(401);
        assertThat(status(value(shown))).isEqualTo(200);
    }

    @Test
    void a_form_that_is_sent_again_rotates_nothing_and_shows_the_token_without_its_value() {
        var token = token();
        var version = hidden(page(owner.session(), path(token) + "/rotate"), "version");
        var first = value(post(owner.session(), path(token) + "/rotate", "overlap", "24h", "version", version));

        var second = expect(post(owner.session(), path(token) + "/rotate", "overlap", "24h", "version", version), 302);

        assertThat(second.header("Location")).endsWith(path(token));
        assertThat(page(owner.session(), path(token)))
                .contains("Nothing was rotated now")
                .doesNotContain(first);
        assertThat(status(first)).as("the value that was shown").isEqualTo(200);
    }

    @Test
    void a_rotation_can_give_the_token_more_time() {
        var token = token();
        value(rotate(token, "1h", "expiry", "date", "expiresOn", "2999-12-31"));
        assertThat(now(token).path("expiresAt").asString()).startsWith("2999-12-31T23:59:59");
        value(rotate(token, "1h", "expiry", "keep"));
        assertThat(now(token).path("expiresAt").asString()).startsWith("2999-12-31T23:59:59");
    }

    @ParameterizedTest
    @CsvSource({"8d, keep, overlap-error", "soon, keep, overlap-error", "7d, date, expiry-error"})
    void what_is_wrong_with_a_rotation_stands_beside_its_field(String overlap, String expiry, String error) {
        var token = token();
        var refused = expect(rotate(token, overlap, "expiry", expiry, "expiresOn", "nonsense"), 422);
        assertThat(refused.response().body()).contains("id=\"" + error + "\"");
        assertThat(refused.response().body().contains("<option value=\"7d\" selected="))
                .as("what was chosen")
                .isEqualTo(overlap.equals("7d"));
        assertThat(now(token).path("rotatedAt").isNull()).isTrue();
    }

    @Test
    void a_disabled_token_is_refused_and_marked_until_it_is_enabled() {
        var token = token();
        var disabled = expect(post(owner.session(), path(token) + "/disable"), 302);
        assertThat(disabled.header("Location")).endsWith(path(token));
        assertThat(token.status()).isEqualTo(401);
        var html = page(owner.session(), path(token));
        assertThat(html).contains("The token was disabled.").contains("status-disabled");
        assertThat(text(html)).contains("This token is disabled").doesNotContain("Disable ");
        assertThat(page(owner.session(), "/settings/tokens?status=disabled")).contains(token.id());
        assertThat(page(owner.session(), "/settings/tokens?status=active")).doesNotContain(token.id());

        expect(post(owner.session(), path(token) + "/enable"), 302);
        assertThat(page(owner.session(), path(token)))
                .contains("The token was enabled.")
                .contains("status-active");
        assertThat(token.status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rotate", "disable", "enable", "narrow"})
    void nothing_is_done_to_the_token_of_somebody_else_nor_to_a_revoked_one(String action) {
        var token = token("tokens:read");
        var other = person().session();
        expect(get(other, path(token) + "/" + action), 404);
        expect(post(other, path(token) + "/" + action, "version", "0"), 404);
        var asToken = token("tokens:read", "tokens:write").use();
        expect(get(asToken, path(token) + "/" + action), 403);

        expect(owner.session().delete(token.path()), 204);
        var version = now(token).path("version").asString();
        assertThat(text(expect(post(owner.session(), path(token) + "/" + action, "version", version), 409)))
                .contains("This token has been deleted.");
        assertThat(link(page(owner.session(), path(token)), "Rotate")).isEmpty();
    }

    @Test
    void addresses_that_are_no_ranges_are_named_and_kept() {
        var name = unique("limited");
        assertThat(text(page(owner.session(), "/settings/tokens/new"))).contains("You come from 127.0.0.1 now.");
        var form = page(owner.session(), "/settings/tokens/new");
        var key = hidden(form, "idempotencyKey");
        for (var wrong : List.of("192.0.2.7/24", "home")) {
            var refused = expect(
                    post(
                            owner.session(),
                            "/settings/tokens/new",
                            "name",
                            name,
                            "idempotencyKey",
                            key,
                            "allowedAddresses",
                            "2001:db8::/32\r\n" + wrong),
                    422);
            assertThat(text(refused))
                    .contains("Give addresses, or ranges in CIDR notation.")
                    .contains(wrong.equals("home") ? "Look at home." : "For 192.0.2.7/24, did you mean 192.0.2.0/24?");
            assertThat(refused.response().body())
                    .contains("aria-describedby=\"allowedAddresses-error allowedAddresses-hint\"")
                    .contains(">2001:db8::/32\n" + wrong + "</textarea>");
        }
        value(post(
                owner.session(),
                "/settings/tokens/new",
                "name",
                name,
                "idempotencyKey",
                key,
                "allowedAddresses",
                "2001:db8::/32\r\n\r\n 192.0.2.7 "));
        assertThat(text(page(owner.session(), "/settings/tokens"))).contains(name);
        // The page has seen it.
        var created = Contract.items(expect(owner.session().get("/api/tokens?search=" + name), 200)
                        .json()
                        .path("items"))
                .getFirst();
        assertThat(created.path("allowedAddresses").toString()).isEqualTo("[\"2001:db8::/32\",\"192.0.2.7/32\"]");
    }

    @Test
    void addresses_are_shown_changed_and_taken_away() {
        var token = token();
        var edit = path(token) + "/edit";
        var form = page(owner.session(), edit);
        var name = now(token).path("name").asString();
        assertThat(text(page(owner.session(), path(token)))).contains("Allowed addresses From anywhere");

        expect(
                post(
                        owner.session(),
                        edit,
                        "name",
                        name,
                        "version",
                        hidden(form, "version"),
                        "allowedAddresses",
                        "192.0.2.0/24"),
                302);
        assertThat(text(page(owner.session(), path(token)))).contains("Allowed addresses 192.0.2.0/24");
        assertThat(token.status()).as("from elsewhere").isEqualTo(401);
        form = page(owner.session(), edit);
        assertThat(form).contains(">192.0.2.0/24</textarea>");

        expect(post(owner.session(), edit, "name", name, "version", hidden(form, "version")), 302);
        assertThat(now(token).path("allowedAddresses").size())
                .as("of a form without the field")
                .isEqualTo(1);
        form = page(owner.session(), edit);
        expect(
                post(
                        owner.session(),
                        edit,
                        "name",
                        name,
                        "version",
                        hidden(form, "version"),
                        "allowedAddresses",
                        "\r\n"),
                302);
        assertThat(token.status()).isEqualTo(200);
    }

    /** Accepted 7 times yesterday, and refused twice 40 days ago; needed to read tokens yesterday. */
    private static Issued used() {
        var token = token("tokens:read", "tokens:write");
        JdbcClient.create(Contract.database())
                .sql("""
                    with asked as (
                        insert into state.token_permission_use (token_id, permission, last_asked_at)
                        values (:token, 'tokens:read', now() - interval '1 day'))
                    insert into state.token_use_day (token_id, day, accepted, refused)
                    values (:token, (now() at time zone 'utc')::date - 1, 7, 0),
                        (:token, (now() at time zone 'utc')::date - 40, 0, 2)\
                    """)
                .param("token", token.id())
                .update();
        return token;
    }

    @Test
    void uses_by_day_are_drawn_and_stand_in_a_table() {
        var token = used();
        var html = page(owner.session(), path(token));
        assertThat(html)
                .contains("aria-label=\"In the last 30 days it was accepted 7 times and refused never. Most on ")
                .contains("<svg class=\"chart-bars\" role=\"img\"");
        assertThat(html.split("<rect", -1)).hasSize(2);
        assertThat(html.split("<td>7</td>", -1)).hasSize(2);

        html = page(owner.session(), path(token) + "?days=90");
        assertThat(html).contains("In the last 90 days it was accepted 7 times and refused 2 times.");
        assertThat(html.split("<th scope=\"row\"", -1)).hasSize(3);
        assertThat(text(page(owner.session(), path(token("tokens:read")) + "?days=nonsense")))
                .contains("It was not used in the last 30 days.");
    }

    @Test
    void a_token_is_narrowed_to_the_permissions_it_needed() {
        var token = used();
        assertThat(text(page(owner.session(), path(token))))
                .contains("tokens:read needed a day ago")
                .contains("tokens:write Never needed");
        assertThat(link(page(owner.session(), path(token)), "Narrow to what is used"))
                .isEqualTo(path(token) + "/narrow");
        var form = page(owner.session(), path(token) + "/narrow");
        assertThat(text(form)).contains("Stay tokens:read Taken away tokens:write");
        expect(owner.session().patch(token.path(), json("{'description': 'changed meanwhile'}")), 200);
        var stale = expect(post(owner.session(), path(token) + "/narrow", "version", hidden(form, "version")), 412);
        assertThat(text(stale)).contains("Somebody changed this since it was shown.");

        expect(
                post(
                        owner.session(),
                        path(token) + "/narrow",
                        "version",
                        hidden(stale.response().body(), "version")),
                302);

        assertThat(now(token).path("permissions").toString()).isEqualTo("[\"tokens:read\"]");
        var html = page(owner.session(), path(token));
        assertThat(html).contains("The permissions were narrowed to what is used.");
        assertThat(link(html, "Narrow to what is used")).isEmpty();
    }

    @Test
    void nothing_is_narrowed_where_nobody_knows_what_is_needed() {
        var unused = token("tokens:read");
        var html = page(owner.session(), path(unused));
        assertThat(text(html)).contains("It needed none of these in the last 90 days.");
        assertThat(link(html, "Narrow to what is used")).isEmpty();
        assertThat(text(expect(post(owner.session(), path(unused) + "/narrow", "version", "0"), 409)))
                .contains("so it would lose them all");

        var told = used();
        JdbcClient.create(Contract.database()).sql("""
            insert into state.token_use (token_id, accepted_at, unspecified_at, refused_when_revoked)
            values (?, '{}', now(), 0)\
            """).param(told.id()).update();
        html = page(owner.session(), path(told));
        assertThat(text(html)).contains("a service was told all of these without saying which one it needed");
        assertThat(link(html, "Narrow to what is used")).isEmpty();
    }

    @Test
    void the_page_of_a_revoked_token_proves_its_end_and_says_what_is_not_known() {
        var token = token();
        assertThat(page(owner.session(), path(token))).doesNotContain("Proof of the revocation");
        expect(owner.session().delete(token.path()), 204);
        var database = JdbcClient.create(Contract.database());
        database.sql("insert into state.token_use (token_id, accepted_at, refused_when_revoked) values (?, '{}', 3)")
                .param(token.id())
                .update();
        var sentence = expect(owner.session().get(token.path() + "/revocation"), 200)
                .json()
                .path("sentence")
                .asString();

        var html = page(owner.session(), path(token));

        assertThat(text(html))
                .contains("Proof of the revocation No use was accepted since. That is certain")
                .contains("No use before that is known.")
                .contains("Accepted since 0")
                .contains("Refused since At least 3")
                .contains(sentence.substring(0, sentence.indexOf("; counted until")));
        assertThat(html).contains("id=\"proof-sentence\" lang=\"en\"");

        var node = java.util.UUID.randomUUID();
        database.sql("insert into state.use_gap values (?, now() - interval '1 hour', now() + interval '1 hour')")
                .param(node)
                .update();
        try {
            assertThat(text(page(owner.session(), path(token))))
                    .contains("The last accepted use may be later than shown. More uses may have been refused.");
        } finally {
            database.sql("delete from state.use_gap where node_id = ?")
                    .param(node)
                    .update();
        }
    }
}
