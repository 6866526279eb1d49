package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.GERMAN;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;

import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

/** The past in a browser: a time is chosen, and led back from; in light and dark, on a phone, without scripts. */
@BrowserTest
class HistoryPagesBrowserTest {

    private final Person person = Site.person();
    private final String token = People.createToken(person.session(), "deploy", "tokens:read", "invoices:read")
            .id();
    private final String then = changes();

    /** @return the position before the changes */
    private String changes() {
        var deleted = People.createToken(person.session(), "old laptop").id();
        var position = person.session()
                .patch("/api/tokens/" + token, "{\"description\": \"For the nightly builds\"}")
                .header("Keyledger-Position");
        person.session().patch("/api/tokens/" + token, "{\"name\": \"nightly\", \"permissions\": [\"tokens:write\"]}");
        person.session().delete("/api/tokens/" + deleted);
        People.createToken(person.session(), "newcomer");
        Site.administrator().patch("/api/accounts/" + person.accountId(), "{\"enabled\": false}");
        Site.administrator().patch("/api/accounts/" + person.accountId(), "{\"enabled\": true}");
        return position;
    }

    private static void look(Tab tab, String picture) {
        if (tab.hasJavaScript()) {
            Axe.check(tab);
        }
        TokenSteps.assertFits(tab);
        Pictures.take(tab, picture);
    }

    private void lookAtAll(Tab tab, String name) {
        look(tab.open("/accounts/" + person.accountId() + "/tokens?asOf=" + then), "past-tokens-" + name);
        look(tab.open("/settings/tokens/" + token + "?asOf=" + then), "past-token-" + name);
        look(tab.open("/accounts/" + person.accountId() + "?asOf=" + then), "past-account-" + name);
        look(tab.open("/accounts/" + person.accountId() + "/tokens?asOf=1970-01-01T00:00"), "past-none-" + name);
        look(tab.open("/accounts/" + person.accountId() + "/tokens"), "past-now-" + name);
        look(tab.open("/accounts/" + person.accountId() + "?asOf=nonsense"), "past-wrong-" + name);
        look(tab.open("/activity/changes?from=" + then), "changes-" + name);
        look(tab.open("/activity/changes?from=nonsense"), "changes-wrong-" + name);
        look(tab.open("/activity/capable-tokens?permission=invoices:read&asOf=" + then), "capable-" + name);
        look(tab.open("/activity/capable-tokens"), "capable-empty-" + name);
    }

    @Test
    void they_keep_the_rules_for_accessible_pages(Tab tab) {
        lookAtAll(tab.signInAsAdministrator(), "light");
        look(tab.open("/activity"), "past-activity-light");
    }

    @Test
    void they_fit_a_dark_phone_in_german(@With({DARK, PHONE, GERMAN}) Tab tab) {
        lookAtAll(tab.signInAsAdministrator(), "phone");
    }

    @Test
    void a_time_is_chosen_and_left_again_without_scripts(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var page = tab.signInAsAdministrator()
                .open("/accounts/" + person.accountId() + "/tokens?search=night")
                .page();
        page.getByText("Show an earlier time").click();
        page.getByLabel("Date and time")
                .fill(LocalDateTime.now(ZoneOffset.UTC)
                        .minusDays(2)
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString());
        TokenSteps.button(page, "Show").click();
        assertThat(page.getByText("As it was on")).isVisible();
        assertThat(page.getByLabel("Search")).hasValue("night");
        TokenSteps.link(page, "Back to now").click();
        assertThat(page.getByText("As it was on")).hasCount(0);
        assertThat(page.locator("tbody")).containsText("nightly");
    }

    @Test
    void a_search_in_the_past_stays_there(Tab tab) {
        var page = tab.signInAsAdministrator()
                .open("/accounts/" + person.accountId() + "/tokens?asOf=" + then)
                .page();
        assertThat(page.locator("tbody")).containsText("old laptop");
        page.getByLabel("Search").fill("deploy");
        assertThat(page.locator("tbody tr")).hasCount(1);
        assertThat(page.locator("tbody")).containsText("Changed since");
    }
}
