package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.ZOOMED;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People.Person;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Taking one's data along, and erasing it, as people see and do it. */
@BrowserTest
class ErasurePageTest {

    private final Person person = Site.person();

    private static void press(Tab tab, AriaRole role, String name) {
        tab.page()
                .getByRole(role, new Page.GetByRoleOptions().setName(name).setExact(true))
                .click();
    }

    @Test
    void everybody_can_read_what_it_means(Tabs tabs) {
        for (var traits : List.of(new Trait[] {}, new Trait[] {PHONE, DARK}, new Trait[] {ZOOMED})) {
            var tab = tabs.with(traits).signIn(person).open("/settings/account/erase");
            assertThat(tab.page().locator("h1")).hasText("Erase your personal data?");
            assertThat(tab.page().evaluate("() => document.documentElement.scrollWidth - innerWidth"))
                    .isEqualTo(0);
            Axe.check(tab);
        }
    }

    @Test
    void a_person_downloads_their_data_and_erases_it(Tab tab) throws Exception {
        tab.signIn(person).open("/settings/account");
        var download = tab.page().waitForDownload(() -> press(tab, AriaRole.LINK, "Download my data"));
        assertThat(download.suggestedFilename()).isEqualTo("personal-data.json");
        assertThat(Files.readString(download.path())).contains(person.email());

        press(tab, AriaRole.LINK, "Erase my personal data…");
        tab.page().locator("#email").fill("somebody@example.org");
        press(tab, AriaRole.BUTTON, "Erase for ever");
        assertThat(tab.page().locator("#email-error")).hasText("This is not the email address of this account.");
        Axe.check(tab);
        tab.page().locator("#email").fill(person.email());
        press(tab, AriaRole.BUTTON, "Erase for ever");

        assertThat(tab.page()).hasURL(Pattern.compile(".*/sign-in\\?done=erased"));
        assertThat(tab.page().getByText("Your personal data is erased, and your account is closed."))
                .isVisible();
        Axe.check(tab);
    }
}
