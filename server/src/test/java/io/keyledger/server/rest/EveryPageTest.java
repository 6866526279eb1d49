package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.create;
import static io.keyledger.server.rest.Contract.expect;
import static io.keyledger.server.rest.Contract.secondAdministrator;
import static io.keyledger.server.rest.Contract.trail;
import static io.keyledger.server.rest.Contract.unique;
import static io.keyledger.server.rest.Html.page;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.rest.Contract.Person;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for each page, whatever it is about. */
class EveryPageTest {

    private static final Pattern ID = Pattern.compile(" id=\"([^\"]*)\"");
    private static final Pattern OWN_CODE = Pattern.compile("<script>| on[a-z]+=\"| style=\"|<style");

    private static Person person;
    private static Contract.Issued token;
    private static Contract.Issued revoked;

    @BeforeAll
    static void create_something_to_show() {
        person = secondAdministrator();
        token = create(person.session(), unique("token"), "tokens:read");
        revoked = create(person.session(), unique("revoked"), "tokens:read");
        expect(person.session().delete(revoked.path()), 204);
        trail(
                person.session(),
                expect(person.session().patch(token.path(), "{\"description\": \"builds\"}"), 200),
                "type=token.created");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/settings/account",
                "/settings/account/erase",
                "/settings/tokens",
                "/settings/tokens/new",
                "/settings/tokens/{token}",
                "/settings/tokens/{token}/edit",
                "/settings/tokens/{token}/delete",
                "/settings/tokens/{token}/transfer",
                "/settings/tokens/{token}/rotate",
                "/settings/tokens/{token}/disable",
                "/settings/tokens/{token}/enable",
                "/settings/tokens/{token}/narrow",
                "/settings/tokens/{revoked}",
                "/settings/tokens?asOf={position}",
                "/settings/tokens?asOf=1970-01-01T00:00:00Z",
                "/settings/tokens?asOf=nonsense",
                "/settings/tokens/{token}?asOf={position}",
                "/activity",
                "/activity/changes",
                "/activity/changes?from=2",
                "/activity/changes?from={position}&to=1",
                "/activity/changes?from=nonsense",
                "/activity/capable-tokens",
                "/activity/capable-tokens?permission=tokens:read&asOf={position}",
                "/activity/capable-tokens?permission=nonsense&asOf=2999-01-01T00:00",
                "/accounts",
                "/accounts/new",
                "/accounts/new-service-account",
                "/accounts/{account}",
                "/accounts/{account}?asOf={position}",
                "/accounts/{account}/tokens?asOf={position}",
                "/accounts/{account}/tokens",
                "/accounts/{account}/disable",
                "/accounts/{account}/erase",
                "/accounts/{account}/reset-link",
                "/webhooks",
                "/webhooks/new",
                "/projections",
                "/projections/lookup/differences",
            })
    void it_is_one_whole_page_with_one_heading_and_no_code_in_it(String path) {
        var html = page(
                person.session(),
                path.replace("{token}", token.id())
                        .replace("{revoked}", revoked.id())
                        .replace("{account}", person.accountId())
                        .replace("{position}", Long.toString(Contract.position(token.answer()))));
        assertThat(html.split("</html>", -1)).hasSize(2);
        assertThat(html.split("<h1", -1)).hasSize(2);
        assertThat(ID.matcher(html).results().map(id -> id.group(1)).toList()).doesNotHaveDuplicates();
        assertThat(html).doesNotContainPattern(OWN_CODE).doesNotContain("th:").doesNotContain("hx:get");
    }

    @Test
    void a_tokens_page_tells_its_history() {
        assertThat(Html.sentences(page(person.session(), "/settings/tokens/" + token.id())))
                .isEqualTo(List.of(
                        "You changed the description of the token “%s”".formatted(name()),
                        "You created the token “%s”".formatted(name())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing.txt", "/nothing.js", "/nothing.json", "/settings/tokens/nothing.css"})
    void a_page_about_nothing_is_a_page_whatever_its_address_ends_with(String path) {
        var answer = Html.get(person.session(), path);
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.header("Content-Type")).startsWith("text/html");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/settings/tokens/new",
                "/settings/account",
                "/activity",
                "/accounts/new",
                "/accounts/new-service-account"
            })
    void headers_fill_in_no_form(String path) {
        var session = person.session();
        for (var name : List.of("Name", "Description", "DisplayName", "Email", "Token", "Account", "Type")) {
            session = session.header(name, "tok_header");
        }
        assertThat(page(session.header("Permissions", "tokens:read"), path))
                .doesNotContain("tok_header")
                .doesNotContain("aria-describedby=\"permission-0-hint\" checked");
    }

    private static String name() {
        return token.answer().json().path("name").asString();
    }
}
