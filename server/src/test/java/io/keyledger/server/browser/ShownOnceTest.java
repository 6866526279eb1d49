package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.NEW;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.create;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.link;
import static io.keyledger.server.browser.TokenSteps.row;
import static io.keyledger.server.browser.TokenSteps.status;
import static io.keyledger.server.browser.TokenSteps.token;
import static io.keyledger.server.browser.TokenSteps.tokens;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.PlaywrightException;
import com.microsoft.playwright.options.RequestOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A token's value is shown in one answer, once: no way back leads to it. */
@BrowserTest
class ShownOnceTest {

    private static final String AGAIN = "This token has been created already. Its value was shown once";

    /** Nowhere in the page, nor in what a page can keep. */
    private static void assertGone(Page page, String value) {
        assertThat(page.content()).doesNotContain(value);
        assertThat(page.evaluate("() => JSON.stringify([history.state, {...localStorage}, {...sessionStorage}])")
                        .toString())
                .doesNotContain(value);
        assertThat(page.url()).doesNotContain(value);
    }

    @Test
    void reloading_leads_to_the_tokens_page_without_it(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(LIST).page();
        var value = create(page, "ci");
        assertThat(page)
                .hasURL(Site.address() + LIST + "/"
                        + token(person, "ci").path("id").asString());

        page.reload();

        assertThat(page.locator("h1")).hasText("ci");
        assertGone(page, value);
        assertThat(tokens(person)).isEqualTo(1);
        assertThat(status(value)).isEqualTo(200);
    }

    @Test
    void back_and_forward_do_not_show_it(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(LIST).page();
        var value = create(page, "ci");
        link(page, "Done").click();
        assertThat(row(page, "ci")).isVisible();
        assertGone(page, value);

        page.goBack();
        assertThat(page.locator("h1")).hasText("ci");
        assertGone(page, value);
        page.goBack();
        assertThat(button(page, "Create token")).isVisible();
        assertGone(page, value);
        page.goForward();
        assertThat(page.locator("h1")).hasText("ci");
        assertGone(page, value);
        page.goForward();
        assertThat(row(page, "ci")).isVisible();
        assertGone(page, value);
        assertThat(tokens(person)).isEqualTo(1);
    }

    @Test
    void the_form_that_one_goes_back_to_creates_another_token_if_it_asks_for_another(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(LIST).page();
        create(page, "ci");
        page.goBack();
        field(page, "Token name").fill("cd");
        button(page, "Create token").click();

        assertThat(page.locator("#value")).isVisible();
        assertThat(tokens(person)).isEqualTo(2);
    }

    @Test
    void a_form_that_is_sent_again_creates_nothing_and_shows_the_token_without_it(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(NEW).page();
        var csrf = page.locator("input[name=_csrf]").first().inputValue();
        var key = page.locator("input[name=idempotencyKey]").inputValue();
        var form = com.microsoft.playwright.options.FormData.create()
                .set("_csrf", csrf)
                .set("idempotencyKey", key)
                .set("name", "ci")
                .set("expiry", "30");
        var first = page.context()
                .request()
                .post(
                        NEW,
                        RequestOptions.create().setHeader("Accept", "text/html").setForm(form));
        assertThat(first.text()).contains("Your new token");
        assertThat(first.headers().get("cache-control")).contains("no-store");
        var value = first.text().replaceFirst("(?s).*id=\"value\"[^>]*>([^<]*)<.*", "$1");
        assertThat(status(value)).isEqualTo(200);

        var second = page.context()
                .request()
                .post(
                        NEW,
                        RequestOptions.create().setHeader("Accept", "text/html").setForm(form));

        assertThat(second.url())
                .endsWith(LIST + "/" + token(person, "ci").path("id").asString());
        assertThat(second.text()).contains(AGAIN).doesNotContain(value);
        assertThat(tokens(person)).isEqualTo(1);
    }

    @Test
    void without_javascript_a_reload_sends_the_form_again_and_shows_the_token_without_it(
            @With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(NEW).page();
        var value = create(page, "ci");

        page.reload();

        assertThat(page.getByText(AGAIN)).isVisible();
        assertThat(page.content()).doesNotContain(value);
        assertThat(tokens(person)).isEqualTo(1);
    }

    /** Chromium asks before it sends a form again, and shows its own page until then. */
    @Test
    void without_javascript_back_from_the_list_does_not_show_it(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(NEW).page();
        tab.expecting("net::ERR_CACHE_MISS");
        var value = create(page, "ci");
        link(page, "Done").click();
        assertThat(row(page, "ci")).isVisible();

        try {
            page.goBack();
        } catch (PlaywrightException e) {
            assertThat(e).hasMessageContaining("ERR_CACHE_MISS");
        }

        // Chromium's own page about it comes a moment later.
        page.waitForCondition(() -> page.url().startsWith("chrome-error:"));
        page.waitForLoadState();
        assertThat(page.content()).doesNotContain(value);
        assertThat(tokens(person)).isEqualTo(1);
    }

    /**
     * Playwright turns the browser's cache of whole pages off; people's browsers have it, and Chromium keeps pages that
     * must not be stored, too. Playwright loses sight of a page that comes back from there, so this asks the browser.
     */
    @Test
    void a_page_that_the_browser_kept_as_it_was_does_not_hold_it() {
        var person = Site.person();
        try (var playwright = Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
                var browser = playwright
                        .chromium()
                        .launch(Chromium.launch().setIgnoreDefaultArgs(List.of("--disable-back-forward-cache")))) {
            var context = browser.newContext(
                    new NewContextOptions().setBaseURL(Site.address().toString()));
            context.addInitScript("addEventListener('pageshow', event => { window.kept = event.persisted; });");
            var page = context.newPage();
            page.navigate(LIST);
            TokenSteps.signIn(page, person);
            var value = create(page, "ci");
            page.navigate("/assets/favicon.svg");
            var wire = context.newCDPSession(page);

            evaluate(wire, "history.back()");

            await().atMost(Duration.ofSeconds(15))
                    .ignoreExceptions()
                    .until(() -> evaluate(wire, "document.readyState + ' ' + location.pathname")
                            .startsWith("complete " + LIST + "/tok_"));
            assertThat(evaluate(wire, "String(window.kept)"))
                    .as("whether this test tests anything")
                    .isEqualTo("true");
            assertThat(evaluate(wire, "document.documentElement.outerHTML"))
                    .doesNotContain(value)
                    .contains("</main>");
            assertThat(status(value)).isEqualTo(200);
        }
    }

    private static String evaluate(CDPSession wire, String expression) {
        var what = new JsonObject();
        what.addProperty("expression", expression);
        what.addProperty("returnByValue", true);
        var value =
                wire.send("Runtime.evaluate", what).getAsJsonObject("result").get("value");
        return value == null ? "" : value.getAsString();
    }
}
