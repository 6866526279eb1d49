package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.GERMAN;
import static io.keyledger.server.browser.Trait.IN_TOKYO;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What happened, as people look for it. */
@BrowserTest
class ActivityPageBrowserTest {

    private static Locator sentences(Tab tab) {
        return tab.page().locator(".timeline-sentence");
    }

    /** Signed in, with tokens that were created, changed and deleted. */
    private static Person somebodyBusy() {
        var person = Site.person();
        var first = People.createToken(person.session(), "nightly build", "tokens:read", "tokens:write");
        var second = People.createToken(person.session(), "a-very-long-name-".repeat(5));
        person.session().patch("/api/tokens/" + first.id(), "{\"name\": \"weekly build\"}");
        person.session().patch("/api/tokens/" + first.id(), "{\"permissions\": [\"tokens:read\"]}");
        person.session().patch("/api/tokens/" + second.id(), "{\"description\": \"" + "words ".repeat(60) + "\"}");
        var deleted = person.session().delete("/api/tokens/" + second.id());
        // What was changed elsewhere may take a moment to be on a page.
        person.session().after(deleted).get("/api/audit-events");
        return person;
    }

    @Test
    void filters_apply_by_themselves_and_are_in_the_address(Tab tab) {
        var person = somebodyBusy();
        tab.signIn(person).open("/activity");
        assertThat(sentences(tab).first()).containsText("You signed in");
        tab.page().evaluate("window.samePage = true");

        tab.page().getByLabel("Kind").first().selectOption("Token renamed");
        assertThat(sentences(tab)).hasText(new String[] {"You renamed the token “nightly build” to “weekly build”"});
        assertThat(tab.page()).hasURL(Pattern.compile("/activity\\?type=token\\.renamed$"));
        tab.page().getByLabel("Kind").first().selectOption("All kinds");
        tab.page().locator("#token").selectOption("weekly build");
        assertThat(sentences(tab)).hasText(new String[] {
            "You changed the permissions of the token “weekly build”",
            "You renamed the token “nightly build” to “weekly build”",
            "You created the token “nightly build”",
        });
        assertThat(tab.page().evaluate("window.samePage")).isEqualTo(true);

        // What was filtered is there again on coming back, and by its address.
        tab.page().reload();
        assertThat(sentences(tab)).hasCount(3);
        tab.page().locator("#to").fill("2001-01-01");
        tab.page().locator("#to").press("Enter");
        assertThat(tab.page().getByText("Nothing matches")).isVisible();
        tab.page().goBack();
        assertThat(sentences(tab)).hasCount(3);
        tab.page().goForward();
        tab.page()
                .getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Show everything"))
                .click();
        assertThat(sentences(tab).first()).containsText("You signed in");
    }

    @Test
    void what_is_behind_an_entry_can_be_unfolded(Tab tab) {
        var person = somebodyBusy();
        tab.signIn(person).open("/activity?type=token.renamed");
        tab.page().getByText("Details").press("Enter");
        assertThat(tab.page().getByText("Reference for support")).isVisible();
        assertThat(tab.page().locator(".timeline-origin")).containsText("127.0.0.1");
        Axe.check(tab);
    }

    @Test
    void an_administrator_filters_by_account_and_then_by_its_tokens(Tab tab) {
        var person = somebodyBusy();
        tab.signInAsAdministrator().open("/activity");
        tab.page().getByLabel("Account").fill(person.email());
        tab.page().getByLabel("Account").press("Tab");
        assertThat(sentences(tab).first()).containsText("Somebody deleted the token");
        tab.page().locator("#token").selectOption("weekly build");
        assertThat(sentences(tab)).hasCount(3);
        assertThat(tab.page().locator("#list")).not().containsText("You");
    }

    @Test
    void it_works_without_scripts(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = somebodyBusy();
        tab.signIn(person).open("/activity");
        tab.page().getByLabel("Kind").first().selectOption("Token renamed");
        tab.page()
                .getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Filter"))
                .click();
        assertThat(sentences(tab)).hasText(new String[] {"You renamed the token “nightly build” to “weekly build”"});
        tab.page().getByText("Details").click();
        assertThat(tab.page().getByText("Reference for support")).isVisible();
    }

    @Test
    void times_are_the_readers(@With({IN_TOKYO, GERMAN}) Tab tab) {
        tab.signIn(somebodyBusy()).open("/activity");
        assertThat(tab.page().locator(".timeline-origin time").first())
                .hasAttribute("title", Pattern.compile(".*(JST|Japan|Tokio|GMT\\+9|UTC\\+9).*"));
        assertThat(sentences(tab).first()).hasText("Du hast dich angemeldet");
    }

    @Test
    void everybody_can_use_it_in_light_and_dark_wide_and_on_a_phone(Tabs tabs) {
        var person = somebodyBusy();
        for (var traits : List.of(List.<Trait>of(), List.of(DARK), List.of(PHONE), List.of(DARK, PHONE))) {
            var tab = tabs.with(traits.toArray(Trait[]::new)).signIn(person);
            var name = traits.toString().replaceAll("\\W+", "-");
            for (var path : List.of("/activity", "/activity?type=account.disabled", "/activity?type=x&from=y")) {
                tab.open(path);
                Axe.check(tab);
                assertFits(tab);
                Pictures.take(tab, "activity" + path.replaceAll("\\W+", "-") + name);
            }
            var administrators = tabs.with(traits.toArray(Trait[]::new)).signInAsAdministrator();
            administrators.open("/activity");
            Axe.check(administrators);
            assertFits(administrators);
            Pictures.take(administrators, "activity-all" + name);
        }
    }

    static void assertFits(Tab tab) {
        assertThat(tab.page().evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .as("no scrolling sideways on %s", tab.page().url())
                .isEqualTo(true);
    }
}
