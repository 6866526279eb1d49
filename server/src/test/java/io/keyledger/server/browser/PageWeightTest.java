package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.NEW;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.options.LoadState;
import io.keyledger.server.journey.People.Person;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes over the wire for a page: how much, under which policy, and what may be kept of it. */
@BrowserTest
class PageWeightTest {

    private static final long MOST = 150_000;

    private static Person person;
    private static String token;

    /** As many rows as a page has, each as long as it can be. */
    @BeforeAll
    static void create() {
        person = Site.person();
        for (var i = 10; i < 36; i++) {
            token = TokenSteps.createToken(person, """
                {"name": "%s", "description": "%s", "expiresAt": "2999-12-31T00:00:00Z",
                "permissions": ["tokens:read", "tokens:write", "invoices:read"]}\
                """.formatted(random(98) + i, random(500)))
                    .json()
                    .path("id")
                    .asString();
        }
    }

    /** Nothing that compresses well. */
    private static String random(int length) {
        var text = new StringBuilder();
        while (text.length() < length) {
            text.append(java.util.UUID.randomUUID().toString().replace("-", ""));
        }
        return text.substring(0, length);
    }

    private static long weight(Page page, Runnable load) {
        var wire = page.context().newCDPSession(page);
        var sum = new AtomicLong();
        wire.on(
                "Network.loadingFinished",
                (JsonObject event) ->
                        sum.addAndGet(event.get("encodedDataLength").getAsLong()));
        wire.send("Network.enable");
        wire.send("Network.clearBrowserCache");
        load.run();
        page.waitForLoadState(LoadState.NETWORKIDLE);
        wire.detach();
        return sum.get();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/settings/tokens",
                "/settings/tokens/new",
                "/settings/tokens/{token}",
                "/settings/tokens/{token}/edit",
                "/settings/tokens/{token}/delete",
                "/settings/tokens/{token}/rotate",
                "/activity",
                "/settings/account",
                "/accounts"
            })
    void no_page_is_heavy(String address, Tab tab) {
        // Which of them are there, and for whom, is for other tests.
        tab.page().onResponse(response -> {
            if (response.status() >= 403 && response.status() <= 404) {
                tab.expecting("answered " + response.status());
            }
        });
        if (address.equals("/accounts")) {
            tab.signInAsAdministrator();
        } else {
            tab.signIn(person);
        }
        // Everybody comes from some page of ours, which has told the server the time zone.
        tab.open(NEW).page().waitForLoadState(LoadState.NETWORKIDLE);
        var weight = weight(tab.page(), () -> tab.open(address.replace("{token}", token)));
        assertThat(weight).as("bytes of %s", address).isBetween(10_000L, MOST);
    }

    @Test
    void the_sign_in_page_and_a_problem_are_light(Tab tab) {
        assertThat(weight(tab.page(), () -> tab.open("/sign-in"))).isBetween(10_000L, MOST);
        tab.signIn(person).expecting("answered 404");
        assertThat(weight(tab.page(), () -> tab.open("/nowhere"))).isBetween(10_000L, MOST);
    }

    @Test
    void a_page_is_not_kept_and_everything_has_the_strict_policy(Tab tab) {
        var answers = new ArrayList<Response>();
        var page = tab.page();
        page.onResponse(answers::add);
        tab.open("/");
        TokenSteps.signIn(page, person);
        assertThat(page.locator("#list tbody tr")).hasCount(25);
        TokenSteps.field(page, "Search").fill("no such token");
        assertThat(page.getByText("No token matches")).isVisible();
        tab.open(LIST + "/" + token);
        tab.open(LIST + "/" + token + "/edit");
        tab.open(LIST + "/" + token + "/delete");
        tab.expecting("answered 404").open("/nowhere");
        tab.open(NEW + "?name=" + Site.unique("weight"));
        TokenSteps.button(page, "Create token").click();
        assertThat(page.locator("#value")).isVisible();
        page.locator(".side form button").click();
        assertThat(page).hasURL(Site.address() + "/sign-in");

        assertThat(answers).hasSizeGreaterThan(15);
        for (var answer : answers) {
            var what = answer.status() + " " + answer.request().method() + " " + answer.url();
            var policy = answer.headers().get("content-security-policy");
            assertThat(policy)
                    .as(what)
                    .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")
                    .doesNotContain("unsafe", "*");
            assertThat(answer.headers().get("x-content-type-options")).as(what).isEqualTo("nosniff");
            var path = URI.create(answer.url()).getPath();
            if (!path.startsWith("/assets/") && !path.startsWith("/webjars/")) {
                assertThat(answer.headers().get("cache-control")).as(what).contains("no-store");
                assertThat(answer.headers()).as("BREACH: " + what).doesNotContainKey("content-encoding");
            } else if (path.matches(".*\\.(css|js|svg)") && answer.status() == 200) {
                assertThat(answer.headers().get("cache-control")).as(what).contains("max-age");
            }
        }
    }

    @Test
    void no_page_has_a_script_or_style_inside(Tab tab) {
        tab.signIn(person);
        for (var address : List.of("/settings/tokens", NEW, LIST + "/" + token, LIST + "/" + token + "/edit")) {
            var page = tab.open(address).page();
            assertThat(page.locator("script:not([src]), style, [style], [onclick], [onload], [onsubmit]"))
                    .hasCount(0);
        }
    }
}
