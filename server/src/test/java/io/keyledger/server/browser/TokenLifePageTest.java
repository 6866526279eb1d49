package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.NEW;
import static io.keyledger.server.browser.TokenSteps.assertFits;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.dots;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.fromMenu;
import static io.keyledger.server.browser.TokenSteps.link;
import static io.keyledger.server.browser.TokenSteps.row;
import static io.keyledger.server.browser.TokenSteps.status;
import static io.keyledger.server.browser.TokenSteps.token;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page.GetByRoleOptions;
import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is done to a token while programs use it: a new value, disabling, addresses, taking permissions away. */
@BrowserTest
class TokenLifePageTest {

    @Test
    void a_new_value_is_shown_once_and_copied(Tab tab) {
        var person = Site.person();
        var old = People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();

        var dialog = fromMenu(page, "ci", "Rotate");
        assertThat(field(page, "The old value")).isFocused();
        assertThat(field(page, "The old value")).hasValue("24h");
        Axe.check(tab);
        button(page, "Rotate token").click();

        assertThat(page.locator("h1")).hasText("The new value of your token");
        assertThat(dialog).isHidden();
        var value = page.locator("#value").textContent();
        button(page, "Copy").click();
        assertThat(page.locator("#value-copied")).hasText("Copied");
        assertThat(tab.clipboard()).isEqualTo(value);
        assertThat(page.getByText("The old value is still accepted until")).isVisible();
        assertThat(page).hasURL(Site.address() + LIST + "/" + old.id());
        Axe.check(tab);
        assertFits(tab);

        page.reload();
        assertThat(page.locator("h1")).hasText("ci");
        assertThat(page.content()).doesNotContain(value);
        assertThat(page.getByText("Old value still accepted until").first()).isVisible();
        page.goBack();
        assertThat(page.content()).doesNotContain(value);
        tab.open(LIST);
        assertThat(row(page, "ci")).containsText("Old value still accepted until");
        assertThat(status(old.value())).isEqualTo(200);
        assertThat(status(value)).isEqualTo(200);
        assertThat(status(old.value())).isEqualTo(401);
        // A use is nothing that this browser did: the list may show it a moment later.
        page.waitForCondition(() -> {
            page.reload();
            return !row(page, "ci").textContent().contains("Old value still accepted until");
        });
    }

    @Test
    void without_javascript_a_reload_rotates_nothing(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = Site.person();
        var old = People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();
        dots(page, "ci").click();
        link(page, "Rotate").click();
        field(page, "The old value").selectOption("0h");
        button(page, "Rotate token").click();
        var value = page.locator("#value").textContent();
        assertThat(page.getByText("The old value is not accepted any more.")).isVisible();

        page.reload();

        assertThat(page.getByText("Nothing was rotated now")).isVisible();
        assertThat(page).hasURL(Site.address() + LIST + "/" + old.id());
        assertThat(page.content()).doesNotContain(value);
        assertThat(status(value)).isEqualTo(200);
        assertThat(status(old.value())).isEqualTo(401);
    }

    @Test
    void a_wrong_date_shows_the_form_again_with_what_was_chosen(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();
        fromMenu(page, "ci", "Rotate");
        field(page, "The old value").selectOption("7d");
        field(page, "Expiration").selectOption("date");
        button(page, "Rotate token").click();

        assertThat(page.locator("#expiry-error")).hasText("Give a date.");
        assertThat(field(page, "The old value")).hasValue("7d");
        Axe.check(tab);
    }

    @Test
    void a_token_is_disabled_and_enabled_by_the_keyboard(Tab tab) {
        var person = Site.person();
        var token = People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();
        dots(page, "ci").focus();
        page.keyboard().press("Enter");
        page.keyboard().press("End");
        page.keyboard().press("ArrowUp");
        page.keyboard().press("Enter");
        assertThat(page.locator("#dialog")).containsText("“ci” is refused at once");
        assertThat(button(page, "Disable")).isFocused();
        Axe.check(tab);
        page.keyboard().press("Enter");

        assertThat(page.getByText("The token was disabled.")).isVisible();
        assertThat(row(page, "ci")).containsText("Disabled");
        assertThat(dots(page, "ci")).isFocused();
        assertThat(status(token.value())).isEqualTo(401);
        field(page, "Status").selectOption("disabled");
        assertThat(page).hasURL(Pattern.compile(".*status=disabled.*"));
        assertThat(row(page, "ci")).isVisible();

        fromMenu(page, "ci", "Enable");
        button(page, "Enable").click();
        assertThat(row(page, "ci")).hasCount(0);
        assertThat(status(token.value())).isEqualTo(200);
    }

    @Test
    void a_token_is_disabled_and_enabled_on_its_page_without_javascript(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = Site.person();
        var token = People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST + "/" + token.id()).page();
        link(page, "Disable").click();
        button(page, "Disable").click();
        assertThat(page.getByText("This token is disabled")).isVisible();
        assertThat(link(page, "Disable")).hasCount(0);
        assertThat(status(token.value())).isEqualTo(401);

        button(page, "Enable").click();
        assertThat(page.getByText("The token was enabled.")).isVisible();
        assertThat(page.locator(".status-active")).isVisible();
        assertThat(status(token.value())).isEqualTo(200);
    }

    @Test
    void a_wrong_address_is_named_and_what_was_typed_stays(Tabs tabs) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        for (var tab : List.of(tabs.with(), tabs.with(PHONE, DARK))) {
            var page = tab.signIn(person).open(LIST).page();
            fromMenu(page, "ci", "Edit");
            var addresses = page.getByLabel("Allowed addresses");
            addresses.fill("2001:db8::/32\n192.0.2.7/24");
            button(page, "Save").click();
            assertThat(page.locator("#allowedAddresses-error")).containsText("did you mean 192.0.2.0/24?");
            assertThat(addresses).isFocused();
            assertThat(addresses).hasValue("2001:db8::/32\n192.0.2.7/24");
            assertThat(addresses).hasAccessibleDescription(Pattern.compile(".*You come from 127\\.0\\.0\\.1 now\\."));
            Axe.check(tab);
            assertFits(tab);
        }
        var page = tabs.with().signIn(person).open(NEW).page();
        field(page, "Token name").fill("limited");
        page.getByLabel("Allowed addresses").fill("2001:db8::/32\n192.0.2.7");
        button(page, "Create token").click();
        assertThat(page.locator("#value")).isVisible();
        page.reload();
        assertThat(page.locator(".address")).hasText(new String[] {"2001:db8::/32", "192.0.2.7/32"});
        assertThat(token(person, "limited").path("allowedAddresses").size()).isEqualTo(2);
    }

    @Test
    void the_chart_of_uses_has_a_name_and_a_table(Tabs tabs) {
        var person = Site.person();
        var id = People.createToken(person.session(), "ci", "tokens:read", "invoices:read")
                .id();
        TokenSteps.use(id);
        for (var tab : List.of(tabs.with(), tabs.with(PHONE, DARK))) {
            var page = tab.signIn(person).open(LIST + "/" + id).page();
            var chart = page.getByRole(
                    AriaRole.IMG,
                    new GetByRoleOptions()
                            .setName(Pattern.compile("In the last 30 days it was accepted .* refused 3 times.*")));
            assertThat(chart).isVisible();
            assertThat(page.locator("rect.chart-accepted")).hasCount(29);
            link(page, "90 days").click();
            assertThat(page.locator("rect.chart-accepted")).hasCount(89);
            assertThat(link(page, "90 days")).hasAttribute("aria-current", "true");
            page.getByText("Uses by day, as a table").click();
            assertThat(page.locator(".numbers tbody tr")).hasCount(89);
            Axe.check(tab);
            assertFits(tab);
        }
    }

    @Test
    void a_token_keeps_the_permissions_it_needed(Tab tab) {
        var person = Site.person();
        var id = People.createToken(person.session(), "ci", "tokens:read", "invoices:read")
                .id();
        TokenSteps.use(id);
        var page = tab.signIn(person).open(LIST + "/" + id).page();
        link(page, "Narrow to what is used").click();
        assertThat(page.locator("#dialog")).containsText("“ci” keeps the permissions");
        assertThat(button(page, "Take away")).isFocused();
        Axe.check(tab);
        button(page, "Take away").click();

        assertThat(page.getByText("The permissions were narrowed to what is used."))
                .isVisible();
        assertThat(link(page, "Narrow to what is used")).hasCount(0);
        assertThat(token(person, "ci").path("permissions").toString()).isEqualTo("[\"tokens:read\"]");
    }

    @Test
    void the_proof_of_a_revocation_is_copied_for_a_report(Tab tab) {
        var person = Site.person();
        var token = People.createToken(person.session(), "ci");
        person.session().delete("/api/tokens/" + token.id());
        var page = tab.signIn(person).open(LIST + "/" + token.id()).page();
        button(page, "Copy").click();
        assertThat(page.locator("#proof-copied")).hasText("Copied");
        assertThat(tab.clipboard()).startsWith("The token " + token.id() + " was revoked at ");
        Axe.check(tab);
    }
}
