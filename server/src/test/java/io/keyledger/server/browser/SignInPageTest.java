package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.link;
import static io.keyledger.server.browser.TokenSteps.signIn;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.options.Cookie;
import com.microsoft.playwright.options.SameSiteAttribute;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signing in and out: by whom, and where it leads to. */
@BrowserTest
class SignInPageTest {

    private static Person person;

    @BeforeAll
    static void register() {
        person = Site.person();
    }

    @Test
    void a_wrong_password_says_so_and_keeps_the_address(Tab tab) {
        var page = tab.open("/sign-in").page();
        assertThat(field(page, "Email")).isFocused();
        assertThat(field(page, "Email")).hasAttribute("autocomplete", "username");
        assertThat(field(page, "Password")).hasAttribute("autocomplete", "current-password");
        field(page, "Email").fill(person.email());
        field(page, "Password").fill("not the password");
        button(page, "Sign in").click();

        assertThat(page.getByText("The email address or the password is not right."))
                .isVisible();
        assertThat(field(page, "Email")).hasValue(person.email());
        assertThat(field(page, "Password")).hasValue("");
        field(page, "Password").fill(People.PASSWORD);
        button(page, "Sign in").click();
        assertThat(page).hasURL(Site.address() + LIST);
    }

    @Test
    void a_password_can_be_shown(Tab tab) {
        var page = tab.open("/sign-in").page();
        field(page, "Password").fill("what is typed");
        var show = button(page, "Show: Password");
        show.click();
        assertThat(field(page, "Password")).hasAttribute("type", "text");
        assertThat(show).hasAttribute("aria-pressed", "true");
        show.click();
        assertThat(field(page, "Password")).hasAttribute("type", "password");
    }

    @Test
    void whoever_signs_out_is_out(Tab tab) {
        var page = tab.signIn(person).open(LIST).page();
        var other = tab.another().open(LIST).page();
        button(page, "Sign out").click();
        assertThat(page).hasURL(Site.address() + "/sign-in");
        assertThat(button(page, "Sign in")).isVisible();
        page.goBack();
        assertThat(button(page, "Sign in")).isVisible();

        button(other, "Sign out").click();
        assertThat(button(other, "Sign in")).isVisible();
    }

    /** Who wants out wants out, whichever session the page was shown in. */
    @Test
    void signing_out_works_from_a_page_of_an_older_session(Tab tab) {
        var page = tab.signIn(person).open(LIST).page();
        tab.signIn(person);
        button(page, "Sign out").click();
        assertThat(page).hasURL(Site.address() + "/sign-in");
    }

    @Test
    void whoever_is_signed_in_already_goes_on(Tab tab) {
        var page = tab.signIn(person).open("/sign-in?next=/settings/tokens/new").page();
        assertThat(page).hasURL(Site.address() + "/settings/tokens/new");
    }

    private static final List<String> ELSEWHERE = List.of(
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "https:evil.example",
            "http:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/%5cevil.example",
            "/%2f/evil.example",
            "/%09/evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\r\n/evil.example",
            " //evil.example",
            "evil.example",
            "@evil.example",
            ".evil.example",
            "?next=//evil.example",
            "/{evil}",
            "/settings/tokens?x={y}&z=%7B",
            "/./\\evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/settings/..//evil.example",
            "/api/session",
            "/sign-in?next=/sign-in");

    /** Where a browser would go from there is up to a browser to say. */
    @Test
    void no_address_to_go_on_to_is_of_another_host(Tab tab) {
        var page = tab.open("/sign-in").page();
        for (var next : ELSEWHERE) {
            var query = "next=" + URLEncoder.encode(next, StandardCharsets.UTF_8);
            var signedIn = person.session().header("Accept", "text/html").get("/sign-in?" + query);
            var form = Site.anybody().header("Accept", "text/html").get("/sign-in?" + query);
            assertThat(form.status()).as(next).isEqualTo(200);
            assertThat(signedIn.status()).as("%s: %s", next, signedIn).isBetween(300, 399);
            assertThat(page.evaluate(
                            "location => new URL(location, document.baseURI).origin", signedIn.header("Location")))
                    .as("%s led to %s", next, signedIn.header("Location"))
                    .isEqualTo(Site.address().toString());
            assertThat(signedIn.header("Location")).as(next).doesNotStartWith("/api/");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"//evil.example", "/\\evil.example", "https://evil.example"})
    void after_signing_in_one_is_still_here(String next, Tab tab) {
        var page = tab.open("/sign-in?next=" + URLEncoder.encode(next, StandardCharsets.UTF_8))
                .page();
        signIn(page, person);
        assertThat(page).hasURL(Site.address() + LIST);
    }

    @Test
    void cookies_are_out_of_reach_for_scripts_and_other_sites(Tab tab) {
        var page = tab.open("/").page();
        signIn(page, person);
        assertThat(page).hasURL(Site.address() + LIST);

        var cookies = page.context().cookies().stream().collect(Collectors.toMap(cookie -> cookie.name, c -> c));
        assertThat(cookies).containsKey("keyledger_session");
        assertThat(cookies.values())
                .allMatch(cookie ->
                        cookie.sameSite == SameSiteAttribute.LAX || cookie.sameSite == SameSiteAttribute.STRICT);
        assertThat(cookies.values().stream().filter(cookie -> !cookie.httpOnly).map((Cookie cookie) -> cookie.name))
                .as("scripts read these")
                .containsExactlyInAnyOrder("XSRF-TOKEN", "keyledger_time_zone");
        assertThat(cookies.get("keyledger_session").expires)
                .as("ends with the browser")
                .isEqualTo(-1);
        assertThat(page.evaluate("() => document.cookie").toString()).doesNotContain("keyledger_session");
    }

    @Test
    void without_javascript_one_signs_in_and_comes_back(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var page = tab.open(LIST + "?search=a%26b&status=all").page();
        assertThat(page.getByText("You are not signed in, or no longer.")).isVisible();
        assertThat(page.getByText("Show", new com.microsoft.playwright.Page.GetByTextOptions().setExact(true)))
                .isHidden();
        signIn(page, person);
        assertThat(page).hasURL(Site.address() + LIST + "?search=a%26b&status=all");
        assertThat(field(page, "Search")).hasValue("a&b");
        assertThat(link(page, "Create a new token")).isVisible();
    }
}
