package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What administrators do with accounts. */
@BrowserTest
class AccountPagesBrowserTest {

    private static Locator button(Tab tab, String name) {
        return tab.page()
                .getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static Locator link(Tab tab, String name) {
        return tab.page()
                .getByRole(
                        AriaRole.LINK, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static String fillNewAccount(Tab tab) {
        var email = Site.unique("new") + "@example.org";
        tab.signInAsAdministrator().open("/accounts");
        link(tab, "Create an account").click();
        tab.page().getByLabel("Email").fill(email);
        tab.page().getByLabel("Name").fill("Grace Hopper");
        button(tab, "Create account").click();
        return email;
    }

    @Test
    void a_new_account_has_a_link_to_copy_that_no_way_back_shows_again(Tab tab) {
        var email = fillNewAccount(tab);
        assertThat(tab.page().locator("h1")).hasText("Account created");
        var link = tab.page().locator("#link").textContent();
        assertThat(link).startsWith(Site.address() + "/set-password#");
        button(tab, "Copy").click();
        assertThat(tab.page().locator("#link-copied")).hasText("Copied");
        assertThat(tab.clipboard()).isEqualTo(link);
        Axe.check(tab);
        Pictures.take(tab, "accounts-link");

        // The address is the account's already.
        assertThat(tab.page()).hasURL(Pattern.compile("/accounts/acc_\\w+$"));
        tab.page().reload();
        assertThat(tab.page().locator("h1")).hasText("Grace Hopper");
        assertThat(tab.page().getByText(email)).isVisible();
        tab.page().goBack();
        tab.page().goForward();
        assertThat(tab.page().locator("h1")).hasText("Grace Hopper");
        assertThat(tab.page().content()).doesNotContain(link.substring(link.indexOf('#')));
    }

    @Test
    void after_done_back_does_not_show_the_link(Tab tab) {
        fillNewAccount(tab);
        var link = tab.page().locator("#link").textContent();
        link(tab, "Done").click();
        assertThat(tab.page().locator("h1")).hasText("Grace Hopper");
        tab.page().goBack();
        assertThat(tab.page().locator("#link")).hasCount(0);
        assertThat(tab.page().content()).doesNotContain(link.substring(link.indexOf('#')));
    }

    @Test
    void the_list_is_searched_while_typing(Tab tab) {
        var person = Site.person();
        tab.signInAsAdministrator().open("/accounts");
        tab.page().evaluate("window.samePage = true");
        tab.page().getByLabel("Search name or email").pressSequentially(person.email());
        assertThat(tab.page().locator("tbody tr")).hasCount(1);
        assertThat(tab.page().locator("tbody")).containsText(person.email());
        tab.page().getByLabel("Status").selectOption("Disabled");
        assertThat(tab.page().getByText("No account matches")).isVisible();
        assertThat(tab.page().evaluate("window.samePage")).isEqualTo(true);
        assertThat(tab.page()).hasURL(Pattern.compile("search=person.*status=disabled"));
    }

    @Test
    void disabling_asks_in_a_dialog_and_cancel_gives_the_focus_back(Tab tab) {
        var person = Site.person();
        tab.signInAsAdministrator().open("/accounts/" + person.accountId());
        var disable = link(tab, "Disable…");
        disable.press("Enter");
        var dialog = tab.page().locator("dialog");
        assertThat(dialog).containsText("All sessions end and all tokens stop working, at once.");
        assertThat(link(tab, "Cancel")).isFocused();
        Axe.check(tab);
        Pictures.take(tab, "accounts-disable-dialog");
        tab.page().keyboard().press("Escape");
        assertThat(dialog).isHidden();
        assertThat(disable).isFocused();
        disable.click();
        link(tab, "Cancel").click();
        assertThat(dialog).isHidden();

        disable.click();
        button(tab, "Disable account").click();
        assertThat(tab.page().locator("#notice")).containsText("The account is disabled.");
        assertThat(tab.page()).hasURL(Pattern.compile("/accounts/" + person.accountId() + "$"));
        assertThat(person.session().get("/api/account").status()).isEqualTo(401);
        button(tab, "Enable account").click();
        assertThat(tab.page().locator("#notice")).containsText("The account is enabled.");
    }

    @Test
    void of_two_tabs_the_later_one_is_told(Tab tab) {
        var person = Site.person();
        tab.signInAsAdministrator().open("/accounts/" + person.accountId());
        var other = tab.another().open("/accounts/" + person.accountId());
        button(other, "Make administrator").click();
        assertThat(other.page().locator("#notice")).containsText("The account is an administrator now.");
        button(tab, "Make administrator").click();
        assertThat(tab.page().getByRole(AriaRole.ALERT)).containsText("somebody has changed this account meanwhile");
        button(tab, "Take the administrator role away").click();
        assertThat(tab.page().locator("#notice")).containsText("no administrator any more");
    }

    @Test
    void all_of_it_works_without_scripts(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var email = fillNewAccount(tab);
        assertThat(tab.page().locator("#link")).containsText("/set-password#");
        assertThat(button(tab, "Copy")).isHidden();
        link(tab, "Done").click();
        assertThat(tab.page().getByText(email)).isVisible();
        link(tab, "Disable…").click();
        assertThat(tab.page().locator("h1")).hasText("Disable this account?");
        button(tab, "Disable account").click();
        assertThat(tab.page().locator("#notice")).containsText("The account is disabled.");
        button(tab, "Enable account").click();
        button(tab, "Make a set-password link").click();
        assertThat(tab.page().locator("#link")).containsText("/set-password#");
        tab.open("/accounts");
        tab.page().getByLabel("Search name or email").fill(email);
        button(tab, "Filter").click();
        assertThat(tab.page().locator("tbody tr")).hasCount(1);
    }

    @Test
    void everybody_can_use_it_in_light_and_dark_wide_and_on_a_phone(Tabs tabs) {
        var person = Site.person();
        var disabled = Site.person();
        Site.administrator().patch("/api/accounts/" + disabled.accountId(), "{\"enabled\": false}");
        Site.administrator().post("/api/accounts", """
            {"email": "%s@example.org", "displayName": "%s"}\
            """.formatted(
                Site.unique("a-very-long-address-".repeat(4)), "Wolfeschlegelsteinhausenbergerdorff ".repeat(2)));
        for (var traits : List.of(List.<Trait>of(), List.of(DARK), List.of(PHONE), List.of(DARK, PHONE))) {
            var tab = tabs.with(traits.toArray(Trait[]::new)).signInAsAdministrator();
            var name = traits.toString().replaceAll("\\W+", "-");
            var number = 0;
            for (var path : List.of(
                    "",
                    "?search=nobody",
                    "/new",
                    "/" + person.accountId(),
                    "/" + disabled.accountId(),
                    "/" + person.accountId() + "/disable",
                    "/" + person.accountId() + "/reset-link")) {
                tab.open("/accounts" + path);
                Axe.check(tab);
                ActivityPageBrowserTest.assertFits(tab);
                Pictures.take(tab, "accounts-" + number++ + name);
            }
        }
    }
}
