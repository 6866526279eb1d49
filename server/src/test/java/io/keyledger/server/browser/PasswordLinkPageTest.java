package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.GERMAN;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People.Person;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Setting a password through a link, and asking for one. */
@BrowserTest
class PasswordLinkPageTest {

    private static final String NEW_PASSWORD = "four green kettles";

    private final Person person = Site.person();

    private String link() {
        var answer = Site.administrator().post("/api/accounts/" + person.accountId() + "/reset-link", "");
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        return answer.json().path("link").asString();
    }

    private static void set(Tab tab, String newPassword, String confirmNewPassword) {
        tab.page().locator("#newPassword").fill(newPassword);
        tab.page().locator("#confirmNewPassword").fill(confirmNewPassword);
        press(tab, "Set password");
    }

    private static void press(Tab tab, String button) {
        tab.page()
                .getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName(button).setExact(true))
                .click();
    }

    private void signInAfter(Tab tab) {
        assertThat(tab.page().getByText("Your password is set. Sign in with it."))
                .isVisible();
        tab.page().getByLabel("Email").fill(person.email());
        tab.page().locator("#password").fill(NEW_PASSWORD);
        press(tab, "Sign in");
        assertThat(tab.page()).hasURL(Pattern.compile(".*/settings/tokens"));
    }

    @Test
    void everybody_can_read_and_use_the_pages(Tabs tabs) {
        for (var traits :
                List.of(new Trait[] {}, new Trait[] {DARK}, new Trait[] {PHONE}, new Trait[] {DARK, PHONE, GERMAN})) {
            var tab = tabs.with(traits);
            var name = Pattern.compile("[^A-Z]+")
                    .matcher(List.of(traits).toString())
                    .replaceAll("-");
            for (var path : List.of("/set-password#abc", "/forgot-password", "/set-password")) {
                tab.open(path);
                Axe.check(tab);
                assertThat(tab.page().evaluate("() => document.documentElement.scrollWidth - innerWidth"))
                        .isEqualTo(0);
                Pictures.take(tab, path.substring(1).replace('#', '-') + name);
            }
        }
    }

    @Test
    void a_link_is_opened_and_its_secret_leaves_the_address(Tab tab) {
        tab.open(link());
        assertThat(tab.page()).hasURL(Pattern.compile(".*/set-password"));
        assertThat(tab.page().locator("#secret")).isHidden();
        set(tab, "too short", "too short");
        assertThat(tab.page().locator("#newPassword")).isFocused();
        Axe.check(tab);
        set(tab, NEW_PASSWORD, NEW_PASSWORD);
        assertThat(tab.page()).hasURL(Pattern.compile(".*/sign-in\\?done=password-set"));
        Axe.check(tab);
        signInAfter(tab);
    }

    @Test
    void a_link_that_was_used_says_so_and_shows_the_way_to_another(Tab tab, Tab again) {
        var link = link();
        set(tab.open(link), NEW_PASSWORD, NEW_PASSWORD);
        set(again.open(link), NEW_PASSWORD + "!", NEW_PASSWORD + "!");
        assertThat(again.page().locator("#secret-error")).containsText("This link is used up");
        Axe.check(again);
        Pictures.take(again, "set-password-used");
        again.page().getByText("Ask for a new link").click();
        assertThat(again.page().getByText("This server sends no mail. Ask an administrator"))
                .isVisible();
    }

    @Test
    void without_scripts_the_link_is_pasted(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var link = link();
        tab.open(link);
        tab.page().locator("#secret").fill(link);
        set(tab, NEW_PASSWORD, "four green kettle");
        assertThat(tab.page().getByText("Type the same password again.")).isVisible();
        // The link need not be pasted again.
        set(tab, NEW_PASSWORD, NEW_PASSWORD);
        signInAfter(tab);
    }

    @Test
    void the_link_leads_the_way_also_where_somebody_else_is_signed_in(Tab tab) {
        tab.signInAsAdministrator().open(link());
        set(tab, NEW_PASSWORD, NEW_PASSWORD);
        signInAfter(tab);
        tab.open("/settings/account");
        assertThat(tab.page().locator(".side-email")).hasText(person.email());
    }
}
