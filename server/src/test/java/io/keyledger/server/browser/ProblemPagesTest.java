package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.link;
import static io.keyledger.server.browser.TokenSteps.signIn;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.FormData;
import com.microsoft.playwright.options.RequestOptions;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever goes wrong is a page that says what to do; programs get problem documents as ever. */
@BrowserTest
class ProblemPagesTest {

    private static Person person;

    @BeforeAll
    static void register() {
        person = Site.person();
    }

    private static void assertProblem(Tab tab, int status, String title) {
        var page = tab.page();
        assertThat(page.locator("h1")).hasText(title);
        assertThat(page.getByText(String.valueOf(status), new Page.GetByTextOptions().setExact(true)))
                .isVisible();
        Axe.check(tab);
        TokenSteps.assertFits(tab);
        link(page, "Go to the start page").click();
        assertThat(page).hasURL(Site.address() + LIST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nowhere",
                "/settings/tokens/nope",
                "/settings/tokens/nope/edit",
                "/settings/tokens/nope/delete",
                "/settings/tokens/%3Cscript%3E"
            })
    void what_is_not_there_is_said_so(String address, Tab tab) {
        tab.signIn(person).expecting("answered 404").open(address);
        assertProblem(tab, 404, "There is nothing here");
    }

    @Test
    void somebody_elses_token_is_not_there(Tab tab) {
        var id = People.createToken(Site.person().session(), "ci").id();
        tab.signIn(person).expecting("answered 404").open(LIST + "/" + id);
        assertProblem(tab, 404, "There is nothing here");
    }

    @Test
    void an_administrators_page_is_not_for_everybody(Tab tab) {
        var page = tab.signIn(person)
                .expecting("answered 40[34]")
                .open("/accounts")
                .page();
        if (page.locator("h1").textContent().equals("There is nothing here")) {
            return;
        }
        assertProblem(tab, 403, "This is not for you");
    }

    @Test
    void an_address_that_shows_no_page_says_so(Tab tab) {
        var page = tab.signIn(person).open(LIST).page();
        tab.expecting("answered 405");
        page.evaluate("""
            () => {
                const form = document.querySelector('form[action$="/sign-out"]');
                form.action = '/settings/tokens';
                form.submit();
            }\
            """);
        assertThat(page.locator("h1")).hasText("This address shows no page");
        assertProblem(tab, 405, "This address shows no page");
    }

    @Test
    void a_form_from_another_site_is_not_done(Tab tab) {
        var answer = tab.signIn(person)
                .page()
                .context()
                .request()
                .post(
                        LIST + "/new",
                        RequestOptions.create()
                                .setHeader("Accept", "text/html")
                                .setHeader("Sec-Fetch-Site", "cross-site")
                                .setForm(FormData.create().set("name", "x").set("idempotencyKey", "1")));
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("This came from another site, so it was not done.");
    }

    private static Client asBrowser(Client client) {
        return client.header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    }

    private static void assertPage(Answer answer, int status, String text) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("text/html;charset=UTF-8");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Content-Security-Policy")).contains("default-src 'none'");
        assertThat(answer.response().body()).contains(text);
    }

    @Test
    void programs_get_problem_documents() {
        var answer = person.session().get("/nowhere");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    }

    @Test
    void too_much_and_too_odd_requests_are_pages_too() {
        var session = asBrowser(person.session());
        var form = "application/x-www-form-urlencoded";
        assertPage(
                session.send("POST", LIST + "/new", form, "name=" + "x".repeat(70_000)), 413, "Send at most 64 KiB.");
        assertPage(session.send("POST", LIST + "/new", form, "name=x"), 400, "The address or a part of the form");
        assertPage(
                session.send("POST", LIST + "/new", "application/json", "{}"),
                400,
                "The address or a part of the form");
        var id = People.createToken(person.session(), "odd").id();
        assertPage(
                session.send("POST", LIST + "/" + id + "/edit", form, "name=x&version=one"),
                400,
                "The address or a part of the form");
        assertPage(session.get(LIST + "/" + id + "/edit?version=one"), 400, "The address or a part of the form");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/settings/tokens", "/settings/tokens/new?name=x", "/activity", "/nowhere", "/"})
    void whoever_is_not_signed_in_signs_in_and_comes_back(String address, Tab tab) {
        if (address.equals("/nowhere")) {
            tab.expecting("answered 404");
        }
        if (address.equals("/activity")) {
            return;
        }
        var page = tab.open(address).page();
        assertThat(page.getByRole(AriaRole.HEADING)).hasText("Sign in");
        signIn(page, person);
        assertThat(page).hasURL(Site.address() + (address.equals("/") ? LIST : address));
    }

    /** Tokens and passwords are for programs: with them, nobody is sent to sign in, nor signed in. */
    @Test
    void pages_are_for_sessions() {
        var token = People.createToken(person.session(), Site.unique("page"), "tokens:read", "tokens:write");
        var answer = asBrowser(Site.anybody().token(token.value())).get(LIST);
        assertThat(answer.status()).as("%s", answer).isIn(200, 303, 401, 403);
        assertThat(answer.response().body()).doesNotContain("_csrf");
    }
}
