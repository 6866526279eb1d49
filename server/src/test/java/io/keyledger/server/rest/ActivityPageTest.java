package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.PASSWORD;
import static io.keyledger.server.rest.Contract.READ_INVOICES;
import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.anybody;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.trySignIn;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.link;
import static io.keyledger.server.rest.Html.page;
import static io.keyledger.server.rest.Html.sentences;
import static io.keyledger.server.rest.Html.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /activity}. */
class ActivityPageTest {

    private static final String HOSTILE = "<script>alert(1)</script> \"' & {0} ${7*7} “x”";

    private static Person ada;
    private static Contract.Issued ci;
    private static Contract.Issued other;

    /** Signs in, creates two tokens, changes one in every way. */
    @BeforeAll
    static void happen() {
        ada = person();
        ci = create(ada.session(), "a");
        other = create(ada.session(), "other");
        expect(ada.session().patch(ci.path(), json("{'name': 'b'}")), 200);
        expect(ada.session().patch(ci.path(), json("{'permissions': ['%s']}".formatted(READ_INVOICES))), 200);
        expect(ada.session().patch(ci.path(), json("{'description': 'builds'}")), 200);
        settle(expect(ada.session().delete(ci.path()), 204));
    }

    /** A change through the API is on the page from here on. */
    private static void settle(Answer change) {
        trail(administrator(), change, "type=token.created");
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void it_says_who_did_what_newest_first() {
        assertThat(sentences(page(ada.session(), "/activity")))
                .containsExactly(
                        "You deleted the token “b”",
                        "You changed the description of the token “b”",
                        "You changed the permissions of the token “b”",
                        "You renamed the token “a” to “b”",
                        "You created the token “other”",
                        "You created the token “a”",
                        "You signed in",
                        "Administrator created your account");
    }

    @Test
    void it_says_what_changed_from_what_to_what_and_from_where() {
        var page = text(page(ada.session().header("User-Agent", "x"), "/activity"));
        assertThat(page)
                .contains("Permissions from none to invoices:read")
                .contains("Description from none to builds")
                .contains("from 127.0.0.1")
                .contains("Java-http-client")
                .containsPattern("Reference for support [0-9a-f-]{32,36}");
        // An administrator's address is not for the person whose account it was.
        assertThat(page.substring(page.indexOf("Administrator created your account")))
                .doesNotContain("127.0.0.1")
                .contains("Not known, or not for you to see");
    }

    @Test
    void it_speaks_the_readers_language() {
        var page = expect(
                        ada.session()
                                .header("Accept", "text/html")
                                .header("Accept-Language", "de")
                                .get("/activity"),
                        200)
                .response()
                .body();
        assertThat(sentences(page))
                .startsWith("Du hast das Token „b“ gelöscht", "Du hast die Beschreibung für das Token „b“ geändert");
    }

    @Test
    void everybody_sees_their_own_and_administrators_see_all() {
        var bob = person();
        settle(create(bob.session(), unique("bobs")).answer());
        assertThat(sentences(page(bob.session(), "/activity")))
                .hasSize(3)
                .noneMatch(sentence -> sentence.contains("“b”"));
        // Another's id, or an account to filter by, shows nothing of theirs.
        assertThat(sentences(page(bob.session(), "/activity?token=" + ci.id()))).isEmpty();
        assertThat(sentences(page(bob.session(), "/activity?account=" + ada.accountId())))
                .hasSize(3);
        assertThat(page(bob.session(), "/activity")).doesNotContain("name=\"account\"");
        assertThat(sentences(page(administrator(), "/activity?account=" + ada.accountId())))
                .contains("Somebody deleted the token “b”", "You created the account of Somebody");
        assertThat(sentences(page(
                        administrator(),
                        "/activity?account=" + encode(ada.email().toUpperCase(java.util.Locale.ROOT)))))
                .hasSize(8);
        assertThat(sentences(page(administrator(), "/activity"))).hasSizeGreaterThan(8);
    }

    @Test
    void filters_choose_by_kind_token_and_day() {
        var session = ada.session();
        assertThat(sentences(page(session, "/activity?type=token.renamed")))
                .containsExactly("You renamed the token “a” to “b”");
        assertThat(sentences(page(session, "/activity?token=" + ci.id())))
                .hasSize(5)
                .contains("You created the token “a”");
        assertThat(sentences(page(session, "/activity?token=other"))).containsExactly("You created the token “other”");
        assertThat(sentences(page(session, "/activity?token=" + other.id() + "&type=token.revoked")))
                .isEmpty();
        var today = LocalDate.now(ZoneOffset.UTC);
        assertThat(sentences(page(session, "/activity?from=%s&to=%s".formatted(today.minusDays(1), today))))
                .hasSize(8);
        assertThat(sentences(page(session, "/activity?from=" + today.plusDays(1))))
                .isEmpty();
        assertThat(sentences(page(session, "/activity?to=" + today.minusDays(2))))
                .isEmpty();
    }

    @Test
    void days_are_the_readers() {
        // Where it is tomorrow already, or still yesterday, at any time of the day in UTC.
        var kiritimati = zone(ada.session(), "Etc/GMT-14");
        var baker = zone(ada.session(), "Etc/GMT+12");
        var east = LocalDate.now(java.time.ZoneId.of("Etc/GMT-14"));
        var west = LocalDate.now(java.time.ZoneId.of("Etc/GMT+12"));
        assertThat(east).isAfter(west);
        assertThat(sentences(page(kiritimati, "/activity?from=" + east))).isNotEmpty();
        assertThat(sentences(page(baker, "/activity?from=" + east))).isEmpty();
        assertThat(sentences(page(baker, "/activity?to=" + west))).hasSize(8);
        assertThat(sentences(page(kiritimati, "/activity?to=" + west))).isEmpty();
    }

    /** With the cookie that the pages' script sets. */
    private static Client zone(Client client, String zone) {
        return client.header("Cookie", "keyledger_time_zone=" + zone);
    }

    @Test
    void what_is_chosen_is_chosen_still() {
        var page = page(ada.session(), "/activity?type=token.renamed&token=b&from=2020-02-29&to=9999-12-31");
        assertThat(page)
                .contains("<option value=\"token.renamed\" selected=\"selected\">Token renamed</option>")
                .contains("<option value=\"%s\" selected=\"selected\">b (deleted, ".formatted(ci.id()))
                .contains("value=\"2020-02-29\"")
                .contains("value=\"9999-12-31\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type=token.polished",
                "type=%3Cscript%3E",
                "token=nobody+calls+it+so",
                "token=tok_%22%3E",
                "from=yesterday",
                "from=2026-02-30",
                "to=%2B999999999-12-31",
                "from=999999999999999999",
            })
    void a_filter_that_is_not_understood_is_left_out_and_that_is_told(String filter) {
        var page = page(ada.session(), "/activity?" + filter);
        assertThat(sentences(page)).hasSize(8);
        assertThat(page).contains("class=\"alert alert-warning\"").doesNotContain("<script>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type=&token=&account=&from=&to=&cursor=",
                "type=++&from=+",
                "cursor=abc",
                "cursor=%00a",
                "unknown=1",
                "type=token.created&type=token.revoked",
                "from=9999-12-31&to=1970-01-01",
                "from=0000-01-01",
                "to=9999-12-31",
                "account=nobody%40example.org",
            })
    void no_address_breaks_the_page(String filter) {
        var answer = Html.get(ada.session(), "/activity?" + filter);
        assertThat(answer.status()).as(filter).isIn(200, 400);
        assertThat(answer.status()).as(filter).isEqualTo(filter.contains("%00") ? 400 : 200);
        assertThat(Html.get(administrator(), "/activity?" + filter).status()).isEqualTo(answer.status());
    }

    @Test
    void an_account_that_is_not_there_is_left_out_and_that_is_told() {
        for (var account : List.of("acc_nope", "nobody@example.org", "'", "%".repeat(300))) {
            var page = page(administrator(), "/activity?account=" + encode(account));
            assertThat(text(page)).contains("There is no account with this address.");
            assertThat(sentences(page)).isNotEmpty();
        }
    }

    @Test
    void pages_follow_each_other_and_lead_back() {
        var person = person();
        var token = create(person.session(), "token 0");
        Answer change = token.answer();
        for (var i = 1; i <= 30; i++) {
            change = expect(person.session().patch(token.path(), json("{'name': 'token %d'}".formatted(i))), 200);
        }
        settle(change);
        var first = page(person.session(), "/activity?type=token.renamed");
        assertThat(sentences(first)).hasSize(25).startsWith("You renamed the token “token 29” to “token 30”");
        assertThat(link(first, "First page")).isEmpty();
        var second = page(person.session(), link(first, "Next page"));
        assertThat(sentences(second)).hasSize(5).endsWith("You renamed the token “token 0” to “token 1”");
        assertThat(link(second, "Next page")).isEmpty();
        assertThat(link(second, "First page")).isEqualTo("/activity?type=token.renamed");
        // A cursor is of its own list; in another one it is the first page.
        var elsewhere = link(first, "Next page").replace("token.renamed", "token.created");
        assertThat(sentences(page(person.session(), elsewhere))).containsExactly("You created the token “token 0”");
    }

    @Test
    void somebody_with_very_many_tokens_types_the_name() {
        var person = person();
        var last = new ArrayList<Contract.Issued>();
        for (var i = 0; i <= 100; i++) {
            last.add(create(person.session(), "token " + i));
        }
        settle(last.getLast().answer());
        var page = page(person.session(), "/activity?token=token+100");
        assertThat(sentences(page)).containsExactly("You created the token “token 100”");
        assertThat(page).contains("list=\"token-names\"").doesNotContain("<select class=\"form-select\" id=\"token\"");
    }

    @Test
    void a_script_gets_an_address_without_what_is_empty() {
        var answer = Html.browser(ada.session())
                .header("HX-Request", "true")
                .get("/activity?type=token.renamed&token=&from=&to=");
        assertThat(answer.header("HX-Push-Url")).isEqualTo("/activity?type=token.renamed");
    }

    @Test
    void names_are_shown_as_they_are_and_never_as_html() {
        var person = person();
        var name = HOSTILE.replace("\"", "\\\"");
        expect(person.session().patch("/api/account", "{\"displayName\": \"" + name + "\"}"), 200);
        var token = Contract.issued(person.session()
                .post("/api/tokens", "{\"name\": \"%s\", \"description\": \"%s\"}".formatted(name, name)));
        expect(person.session().patch(token.path(), "{\"name\": \"" + name + "2\"}"), 200);
        expect(
                person.session()
                        .header("User-Agent", "<b onclick='x'>\"&")
                        .patch(token.path(), "{\"description\": \"" + name + "2\"}"),
                200);
        settle(expect(trySignIn(anybody().header("User-Agent", "<script>/1"), person.email(), PASSWORD), 204));

        for (var reader : List.of(person.session(), administrator())) {
            var page = page(reader, "/activity?account=" + person.accountId());
            assertThat(page).doesNotContain("<script>").doesNotContain("<b onclick");
            assertThat(text(page)).contains(HOSTILE).contains("<b onclick='x'>\"&");
            assertThat(sentences(page))
                    .anyMatch(s -> s.contains("renamed the token “%s” to “%s2”".formatted(HOSTILE, HOSTILE)));
        }
    }

    @Test
    void it_is_for_persons_who_are_signed_in() {
        var stranger = Html.get(anybody(), "/activity?type=token.renamed");
        expect(stranger, 303);
        assertThat(stranger.header("Location")).isEqualTo("/sign-in?next=%2Factivity%3Ftype%3Dtoken.renamed");
        expect(Html.get(person().token("tokens:read"), "/activity"), 403);
    }
}
