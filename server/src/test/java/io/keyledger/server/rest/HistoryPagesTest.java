package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.administrator;
import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.json;
import static io.keyledger.server.rest.Contract.person;
import static io.keyledger.server.rest.Contract.position;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.page;
import static io.keyledger.server.rest.Html.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.rest.Contract.Person;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of the past: what they show, and that nothing can be changed there. */
class HistoryPagesTest {

    private final Person person = person();

    private static String main(String html) {
        return html.substring(html.indexOf("<main"), html.indexOf("</main>"));
    }

    /** Waits until the lists and the trail show this change; pages wait for the changes of their own session alone. */
    private static void shown(Answer change) {
        expect(administrator().after(change).get("/api/audit-events"), 200);
    }

    private static void assertUnchangeable(String html) {
        assertThat(main(html))
                .contains("As it was on")
                .contains("Back to now")
                .doesNotContain("method=\"post\"")
                .doesNotContain("btn-danger")
                .doesNotContain("btn-primary")
                .doesNotContain("/edit\"")
                .doesNotContain("/delete\"");
    }

    @Test
    void the_list_shows_an_earlier_time_and_marks_what_became_of_each_token() {
        var kept = create(person.session(), "kept");
        var renamed = create(person.session(), "old name");
        var deleted = create(person.session(), "deleted");
        var then = position(deleted.answer());
        expect(person.session().patch(renamed.path(), json("{'name': 'new name'}")), 200);
        expect(person.session().delete(deleted.path()), 204);
        shown(create(person.session(), "newcomer").answer());

        var now = page(person.session(), "/settings/tokens");
        assertThat(text(now)).contains("Show an earlier time").doesNotContain("As it was on");
        var past = page(person.session(), "/settings/tokens?asOf=" + then);
        assertUnchangeable(past);
        assertThat(text(past))
                .contains("kept", "old name Changed since", "deleted Deleted since", "Created since newcomer")
                .doesNotContain("new name", "kept Changed since");
        assertThat(past).contains("/settings/tokens/" + kept.id() + "?asOf=" + then);
        assertThat(past).contains("sort=name&amp;asOf=" + then);

        // As the form asks again, where its field was left as it is, and where that second was typed.
        var second = past.replaceFirst("(?s).* id=\"asOf\"[^>]* value=\"([^\"]*)\".*", "$1");
        assertThat(past).contains("<input type=\"hidden\" name=\"asOf\" value=\"" + then + "\">");
        var path = "/settings/tokens?asOf=" + second;
        assertThat(text(page(person.session(), path + "&asOf=" + then)))
                .contains("old name Changed since", "deleted Deleted since")
                .doesNotContain("new name");
        assertThat(text(page(person.session(), path))).contains("kept");

        var token = page(person.session(), "/settings/tokens/" + renamed.id() + "?asOf=" + then);
        assertUnchangeable(token);
        assertThat(text(token)).contains("old name", "Changed since").doesNotContain("new name");
        assertThat(Html.sentences(token)).containsExactly("You created the token “old name”");
    }

    @Test
    void what_is_typed_is_a_time_where_the_reader_is() {
        create(person.session(), "mine");
        var minute = Instant.now().minus(1, ChronoUnit.HOURS);
        var local = minute.atZone(ZoneId.of("Asia/Tokyo")).toLocalDateTime().truncatedTo(ChronoUnit.SECONDS);
        var past = page(inTokyo(person.session()), "/settings/tokens?asOf=" + local);
        assertThat(past)
                .contains("value=\"" + local + "\"")
                .contains("datetime=\"" + minute.truncatedTo(ChronoUnit.SECONDS).plusNanos(999_999_000) + "\"");
        assertThat(text(past)).contains("There were no tokens at that time", "Asia/Tokyo");
    }

    private static Client inTokyo(Client client) {
        return client.header("Cookie", "keyledger_time_zone=Asia/Tokyo");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nonsense", "2026-03", "2999-01-01T00:00", "99999999999", "2026-02-30T00:00", "12026-01-01T00:00"
            })
    void what_is_no_time_leaves_the_present_and_is_told(String typed) {
        shown(create(person.session(), "mine").answer());
        var html = page(person.session(), "/settings/tokens?asOf=" + typed);
        assertThat(text(html)).contains("This is how it is now.", "mine").doesNotContain("As it was on");
        assertThat(text(page(administrator(), "/accounts/" + person.accountId() + "?asOf=" + typed)))
                .contains("This is how it is now.", "Disable");
    }

    @Test
    void administrators_see_an_account_as_it_was_when_something_happened_to_it() {
        create(person.session(), "left behind", "tokens:read");
        var answer = expect(person.patch("{'enabled': false}"), 200);
        expect(person.patch("{'enabled': true}"), 200);
        var disabled = position(answer);
        shown(answer);
        var trail = page(administrator(), "/activity?type=account.disabled&account=" + person.accountId());
        assertThat(Html.link(trail, "As it was right after"))
                .isEqualTo("/accounts/" + person.accountId() + "?asOf=" + disabled);

        var account = page(administrator(), "/accounts/" + person.accountId() + "?asOf=" + disabled);
        assertUnchangeable(account);
        assertThat(text(account)).contains("Disabled", "Could do", "tokens:read", "Changed since");
        assertThat(Html.link(account, "Tokens then"))
                .isEqualTo("/accounts/" + person.accountId() + "/tokens?asOf=" + disabled);
        assertThat(text(page(administrator(), "/accounts/" + person.accountId() + "/tokens?asOf=" + disabled)))
                .contains("left behind");
        expect(Html.get(person().session(), "/accounts/" + person.accountId() + "?asOf=" + disabled), 403);
        expect(Html.get(administrator(), "/accounts/" + person.accountId() + "?asOf=1"), 404);
    }

    @Test
    void what_changed_is_a_page() {
        var token = create(person.session(), unique("before"), "tokens:read");
        var from = position(token.answer());
        var name = unique("after");
        expect(
                person.session()
                        .patch(token.path(), json("{'name': '%s', 'permissions': ['tokens:write']}".formatted(name))),
                200);
        create(person.session(), unique("new"));
        var last = expect(person.patch("{'administrator': true}"), 200);
        shown(last);
        var to = position(last);
        var answer = page(administrator(), "/activity/changes?from=" + from + "&to=" + to);
        assertThat(text(answer))
                .contains("What changed", name, "from tokens:read to tokens:write", "Administrator from no to yes")
                .contains("2 events in between", "Account Somebody (%s)".formatted(person.accountId()));
        assertThat(text(page(administrator(), "/activity/changes?from=" + to + "&to=" + from)))
                .contains("Swap them");
        assertThat(text(page(administrator(), "/activity/changes?from=nonsense")))
                .contains("Change it and try again");
        assertThat(text(page(administrator(), "/activity/changes?from=1970-01-01T00:00&to=1971-01-01T00:00")))
                .contains("Nothing changed");

        shown(expect(administrator().delete("/api/accounts/" + person.accountId() + "/personal-data"), 204));
        assertThat(text(page(administrator(), "/activity/changes?from=" + from + "&to=" + to)))
                .contains("Account erased (%s)".formatted(person.accountId()));
        assertThat(text(page(administrator(), "/accounts/" + person.accountId() + "?asOf=" + from)))
                .contains("Email erased");
    }

    @Test
    void which_tokens_could_do_something_is_a_page() {
        var administrator = secondAdministrator();
        var name = unique("auditor");
        var token = create(administrator.session(), name, "audit:read");
        var then = position(token.answer());
        expect(administrator.session().delete(token.path()), 204);
        assertThat(everyPage("/activity/capable-tokens?permission=audit:read&asOf=" + then))
                .contains(name);
        assertThat(everyPage("/activity/capable-tokens?permission=audit:read")).doesNotContain(name);
        assertThat(text(page(administrator(), "/activity/capable-tokens?permission=audit:read&asOf=1")))
                .contains("No token could do this then")
                .doesNotContain("There is no such permission any more");
    }

    @Test
    void a_permission_that_is_not_configured_can_be_asked_for() {
        var html = page(administrator(), "/activity/capable-tokens?permission=invoices:reed&asOf=1");
        assertThat(html).contains("value=\"invoices:reed\"").contains("<option value=\"invoices:read\">");
        assertThat(text(html)).contains("There is no such permission any more", "No token could do this then");
        for (var wrong : List.of("%22%3E%3Cscript%3E", "Tokens:read", "a:b:c", "a".repeat(200))) {
            html = page(administrator(), "/activity/capable-tokens?asOf=1&permission=" + wrong);
            assertThat(text(html)).contains("That is no name that a permission can have");
            assertThat(html).doesNotContain("\"><script>");
        }
        assertThat(text(page(administrator(), "/activity/capable-tokens?permission=&asOf=1")))
                .doesNotContain("That is no name");
    }

    private static String everyPage(String path) {
        var all = new StringBuilder();
        String next = path;
        do {
            var html = page(administrator(), next);
            all.append(text(html));
            next = Html.link(html, "Next page").replace("&amp;", "&");
        } while (!next.isEmpty());
        return all.toString();
    }

    @Test
    void the_questions_about_everybody_are_for_those_who_read_the_whole_trail() {
        for (var path : List.of("/activity/changes", "/activity/capable-tokens")) {
            expect(Html.get(person.session(), path), 403);
            assertThat(page(administrator(), "/activity")).contains("href=\"" + path + "\"");
            assertThat(page(person.session(), "/activity")).doesNotContain(path);
        }
    }
}
