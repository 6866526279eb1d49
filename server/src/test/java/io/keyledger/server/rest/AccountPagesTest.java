package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.items;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.signIn;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.get;
import static io.keyledger.server.rest.Html.hidden;
import static io.keyledger.server.rest.Html.link;
import static io.keyledger.server.rest.Html.page;
import static io.keyledger.server.rest.Html.post;
import static io.keyledger.server.rest.Html.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code /accounts} and the pages below it. */
class AccountPagesTest {

    private static final String HOSTILE = "<script>alert(1)</script> \"' & {0} ${7*7}";
    private static final Pattern LINK = Pattern.compile("/set-password#([0-9A-Za-z_-]{20,})");
    private static final String NEW_PASSWORD = "eleven copper kettles";

    private static String path(Person person) {
        return "/accounts/" + person.accountId();
    }

    private static JsonNode account(String id) {
        return expect(administrator().get("/api/accounts/" + id), 200).json();
    }

    private static Answer create(String email, String name) {
        return post(administrator(), "/accounts/new", "email", email, "displayName", name);
    }

    private static String version(Person person) {
        return hidden(page(administrator(), path(person)), "version");
    }

    private static String secret(Answer shown) {
        var link = LINK.matcher(shown.response().body());
        assertThat(link.find()).as("%s", shown).isTrue();
        return link.group(1);
    }

    private static Answer setPassword(String secret) {
        return anybody().post("/api/password-reset", json("""
            {'secret': '%s', 'newPassword': '%s', 'confirmNewPassword': '%s'}\
            """.formatted(secret, NEW_PASSWORD, NEW_PASSWORD)));
    }

    @Test
    void the_list_is_searched_and_filtered() {
        var tag = unique("listed");
        expect(create(tag + "-a@example.net", "First"), 200);
        expect(create(tag + "-b@example.net", tag + " Second"), 200);
        var third = person(tag + "-c@example.net");
        expect(third.patch("{'enabled': false}"), 200);

        assertThat(text(page(administrator(), "/accounts?search=" + tag)))
                .contains(tag + "-a@example.net Enabled", tag + "-b@example.net", tag + "-c@example.net Disabled");
        assertThat(text(page(administrator(), "/accounts?search=" + tag + "+second")))
                .contains(tag + "-b@example.net")
                .doesNotContain("-a@example.net");
        assertThat(text(page(administrator(), "/accounts?search=" + tag + "&status=disabled")))
                .contains(tag + "-c@example.net")
                .doesNotContain("-a@example.net");
        assertThat(text(page(administrator(), "/accounts?search=" + tag + "&status=enabled")))
                .contains("-a@example.net")
                .doesNotContain("-c@example.net");
        assertThat(text(page(administrator(), "/accounts?search=nobody-has-this")))
                .contains("No account matches");
    }

    @Test
    void pages_follow_each_other_and_lead_back() {
        var tag = unique("paged");
        for (var i = 0; i < 52; i++) {
            expect(create("%s-%02d@example.net".formatted(tag, i), "Somebody"), 200);
        }
        var first = page(administrator(), "/accounts?search=" + tag);
        assertThat(text(first)).contains(tag + "-00@").contains(tag + "-49@").doesNotContain(tag + "-50@");
        var second = page(administrator(), link(first, "Next page"));
        assertThat(text(second)).contains(tag + "-50@").contains(tag + "-51@").doesNotContain(tag + "-49@");
        assertThat(link(second, "Next page")).isEmpty();
        assertThat(text(page(administrator(), link(second, "First page")))).contains(tag + "-00@");
    }

    @Test
    void no_address_breaks_the_list() {
        for (var filter : List.of("status=none", "cursor=abc", "search=%25%27", "search=" + "a".repeat(5_000))) {
            page(administrator(), "/accounts?" + filter);
        }
    }

    @Test
    void a_new_account_comes_with_a_link_that_is_shown_once_and_works_once() {
        var email = unique("new") + "@example.net";
        var answer = expect(create(email, "Ada"), 200);
        assertThat(answer.header("Cache-Control")).contains("no-store");
        var html = answer.response().body();
        var address = Html.link(html, "Done");
        assertThat(html).contains("data-once=\"" + address + "\"").contains("data-copy=\"link\"");
        assertThat(text(html)).contains("shown this once").contains("It works once, until");
        assertThat(page(administrator(), address)).contains(email).doesNotContain(secret(answer));

        expect(setPassword(secret(answer)), 204);
        expect(setPassword(secret(answer)), 422);
        signIn(anybody(), email, NEW_PASSWORD);
    }

    @Test
    void sent_again_the_form_makes_no_second_account() {
        var email = unique("again") + "@example.net";
        expect(create(email, "Ada"), 200);
        var again = expect(create(email.toUpperCase(java.util.Locale.ROOT), "Bob"), 409);
        assertThat(text(again)).contains("There is an account with this address already.");
        assertThat(again.response().body())
                .contains("value=\"Bob\"")
                .contains("aria-describedby=\"email-error\"")
                .doesNotContain("set-password#");
        assertThat(items(expect(administrator().get("/api/accounts?search=" + email), 200)
                        .json()
                        .path("items")))
                .hasSize(1);
    }

    @Test
    void each_field_has_its_error_and_what_was_typed_stays() {
        var answer = expect(create("no address", ""), 422);
        assertThat(text(answer))
                .contains("Give an address such as name@example.org.")
                .contains("Fill in this field.");
        assertThat(answer.response().body()).contains("value=\"no address\"");
        // As after signing in again in the middle of it.
        assertThat(page(administrator(), "/accounts/new?email=a%40b&displayName=Ada"))
                .contains("value=\"a@b\"")
                .contains("value=\"Ada\"");
    }

    @Test
    void a_link_is_made_for_whoever_forgot_and_ends_the_one_before() {
        var person = person();
        var first = secret(expect(post(administrator(), path(person) + "/reset-link"), 200));
        var answer = expect(post(administrator(), path(person) + "/reset-link"), 200);
        assertThat(answer.response().body()).contains("data-once=\"" + path(person) + "\"");
        assertThat(page(administrator(), path(person))).doesNotContain("set-password#");
        assertThat(text(page(administrator(), path(person) + "/reset-link"))).contains("Make a set-password link");
        expect(setPassword(first), 422);
        expect(setPassword(secret(answer)), 204);
    }

    @Test
    void a_service_account_is_created_and_gets_its_owners() {
        var name = unique("Builds");
        assertThat(text(expect(post(administrator(), "/accounts/new-service-account", "displayName", " "), 422)))
                .contains("Fill in this field.");
        assertThat(page(administrator(), "/accounts/new-service-account?displayName=Typed"))
                .contains("value=\"Typed\"");
        var created = expect(post(administrator(), "/accounts/new-service-account", "displayName", name), 302);
        var path = java.net.URI.create(created.header("Location")).getPath();
        assertThat(text(page(administrator(), path)))
                .contains(name, "Service account", "Nobody yet: only administrators manage its tokens.")
                .doesNotContain("Make a set-password link");
        assertThat(text(page(administrator(), "/accounts?search=" + name))).contains(name + " – Enabled");

        var owner = person();
        var unknown = expect(post(administrator(), path + "/owners", "email", "nobody@example.net"), 422);
        assertThat(text(unknown)).contains("Nobody who may sign in has this email address.");
        assertThat(unknown.response().body()).contains("value=\"nobody@example.net\"");
        var upper = owner.email().toUpperCase(java.util.Locale.ROOT);
        expect(post(administrator(), path + "/owners", "email", " " + upper + " "), 302);
        assertThat(text(page(administrator(), path))).contains(owner.email()).doesNotContain("Nobody yet");
        expect(post(administrator(), path + "/owners/" + owner.accountId() + "/remove"), 302);
        assertThat(text(page(administrator(), path))).doesNotContain(owner.email());

        expect(post(owner.session(), path + "/owners", "email", owner.email()), 403);
        expect(post(owner.session(), path + "/owners/" + owner.accountId() + "/remove"), 403);
        expect(post(owner.session(), "/accounts/new-service-account", "displayName", "x"), 403);
        expect(post(administrator(), path(owner) + "/owners", "email", owner.email()), 409);
        expect(post(administrator(), path + "/reset-link"), 409);
    }

    @Test
    void disabling_asks_first_and_stops_sessions_and_tokens_at_once() {
        var person = person();
        var token = Contract.create(person.session(), unique("token"));
        var form = page(administrator(), path(person) + "/disable");
        assertThat(text(form))
                .contains("All sessions end and all tokens stop working, at once.")
                .contains(person.email());
        assertThat(token.status()).isEqualTo(200);

        var done = post(administrator(), path(person) + "/disable", "version", hidden(form, "version"));
        assertThat(expect(done, 302).header("Location")).isEqualTo(path(person));
        assertThat(token.status()).isEqualTo(401);
        assertThat(person.session().get("/api/account").status()).isEqualTo(401);
        var page = page(administrator(), path(person));
        assertThat(text(page)).contains("Disabled").contains("The account is disabled.");
        // There is nothing to ask any more, and no link for it.
        expect(get(administrator(), path(person) + "/disable"), 302);
        assertThat(text(expect(post(administrator(), path(person) + "/reset-link"), 409)))
                .contains("This account is disabled.");

        expect(post(administrator(), path(person) + "/enable", "version", hidden(page, "version")), 302);
        assertThat(token.status()).isEqualTo(200);
        assertThat(text(page(administrator(), path(person)))).contains("The account is enabled.");
        assertThat(text(page(administrator(), path(person)))).doesNotContain("The account is enabled.");
    }

    @Test
    void an_administrator_is_made_and_unmade() {
        var person = person();
        expect(get(person.session(), "/accounts"), 403);
        expect(changeRole(person, "true"), 302);
        page(person.session(), "/accounts");
        expect(changeRole(person, "false"), 302);
        expect(get(person.session(), "/accounts"), 403);
    }

    private static Answer changeRole(Person person, String administrator) {
        return post(
                administrator(),
                path(person) + "/administrator",
                "version",
                version(person),
                "administrator",
                administrator);
    }

    @Test
    void a_change_made_meanwhile_is_told_and_not_overwritten() {
        var person = person();
        var seen = version(person);
        expect(person.patch("{'administrator': true}"), 200);
        for (var change : List.of("disable", "enable")) {
            var answer = expect(post(administrator(), path(person) + "/" + change, "version", seen), 412);
            assertThat(text(answer)).contains("somebody has changed this account meanwhile");
            assertThat(hidden(answer.response().body(), "version")).isNotEqualTo(seen);
        }
        var answer = post(administrator(), path(person) + "/administrator", "version", seen, "administrator", "false");
        assertThat(text(expect(answer, 412))).contains("Take the administrator role away");
        assertThat(account(person.accountId()).path("enabled").asBoolean()).isTrue();
        assertThat(account(person.accountId()).path("administrator").asBoolean())
                .isTrue();
        expect(person.patch("{'administrator': false}"), 200);
    }

    @Test
    void the_last_administrator_stays() {
        var me = Contract.onlyAdministrator();
        var form = page(administrator(), "/accounts/" + me + "/disable");
        assertThat(text(form)).contains("This is your own account");
        var version = hidden(form, "version");
        var disabled = post(administrator(), "/accounts/" + me + "/disable", "version", version);
        assertThat(text(expect(disabled, 409)))
                .contains("This is the last administrator. Make somebody else one first.");
        var given = post(
                administrator(), "/accounts/" + me + "/administrator", "version", version, "administrator", "false");
        assertThat(text(expect(given, 409))).contains("This is the last administrator.");
    }

    @Test
    void somebody_who_gives_up_the_role_is_led_to_what_is_left() {
        var second = secondAdministrator();
        var answer = post(
                second.session(),
                path(second) + "/administrator",
                "version",
                version(second),
                "administrator",
                "false");
        assertThat(expect(answer, 302).header("Location")).isEqualTo("/");
    }

    @Test
    void it_is_for_administrators_alone() {
        var person = person();
        var before = account(person.accountId());
        for (var page : List.of("", "/new", "/" + person.accountId())) {
            assertThat(text(expect(get(person.session(), "/accounts" + page), 403)))
                    .contains("This is not for you");
            expect(get(anybody(), "/accounts" + page), 303);
        }
        for (var page : List.of("/disable", "/enable", "/administrator", "/reset-link")) {
            var path = path(person) + page;
            expect(get(person.session(), path), 403);
            expect(post(person.session(), path, "version", "0", "administrator", "true"), 403);
            expect(post(anybody(), path, "version", "0", "administrator", "true"), 303);
        }
        expect(post(person.session(), "/accounts/new", "email", "x@example.net", "displayName", "x"), 403);
        assertThat(account(person.accountId())).isEqualTo(before);
        assertThat(page(person.session(), "/activity")).doesNotContain("href=\"/accounts\"");
    }

    @Test
    void an_unknown_account_is_404() {
        for (var id : List.of("acc_nope", "%22%27", "%F0%9F%98%80", "a".repeat(3_000))) {
            for (var page : List.of("", "/disable", "/reset-link")) {
                assertThat(text(expect(get(administrator(), "/accounts/" + id + page), 404)))
                        .contains("There is nothing here");
            }
            for (var page : List.of("/disable", "/enable", "/administrator", "/reset-link")) {
                expect(post(administrator(), "/accounts/" + id + page, "version", "0", "administrator", "true"), 404);
            }
        }
    }

    @Test
    void a_form_that_was_tampered_with_is_400() {
        var person = person();
        expect(post(administrator(), path(person) + "/disable"), 400);
        expect(post(administrator(), path(person) + "/disable", "version", "one"), 400);
        expect(post(administrator(), path(person) + "/administrator", "version", "0", "administrator", "?"), 400);
    }

    @Test
    void names_are_shown_as_they_are_and_never_as_html() {
        var email = unique("<script>'\"&") + "@example.net";
        var created = expect(create(email, HOSTILE), 200);
        var address = Html.link(created.response().body(), "Done");
        shows(created.response().body(), email);
        shows(page(administrator(), "/accounts?search=%3Cscript%3E"), email);
        for (var path : List.of("", "/disable", "/reset-link")) {
            shows(page(administrator(), address + path), email);
        }
        var refused = expect(create(email, HOSTILE), 409).response().body();
        assertThat(refused).doesNotContain("<script>");
        assertThat(page(administrator(), "/accounts?search=%22%3E%3Cscript%3E")).doesNotContain("<script>");
    }

    private static void shows(String html, String email) {
        assertThat(html).doesNotContain("<script>");
        assertThat(text(html)).contains(HOSTILE).contains(email);
    }

    @Test
    void what_an_administrator_did_is_in_the_accounts_activity() {
        var person = person();
        var administrator = signInAgain();
        expect(post(administrator, path(person) + "/disable", "version", version(person)), 302);
        // Right away, for whoever did it.
        var activity = page(administrator, link(page(administrator, path(person)), "Activity of this account"));
        assertThat(Html.sentences(activity))
                .startsWith("You disabled the account of Somebody")
                .endsWith("Administrator created the account of Somebody");
        assertThat(activity).contains("value=\"" + person.email() + "\"");
    }

    private static Client signInAgain() {
        var second = secondAdministrator();
        return signIn(anybody(), second.email(), PASSWORD);
    }
}
