package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;

import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import org.junit.jupiter.api.Test;

/** Service accounts in a browser: made and owned, and a token that moves there. */
@BrowserTest
class ServiceAccountPagesBrowserTest {

    private final Person owner = Site.person();
    private final String name = Site.unique("Nightly builds");
    private final String service = Site.administrator()
            .post(
                    "/api/accounts",
                    "{\"type\": \"service\", \"displayName\": \"%s\", \"owners\": [\"%s\"]}"
                            .formatted(name, owner.accountId()))
            .json()
            .path("id")
            .asString();

    private static void look(Tab tab, String picture) {
        if (tab.hasJavaScript()) {
            Axe.check(tab);
        }
        TokenSteps.assertFits(tab);
        Pictures.take(tab, picture);
    }

    @Test
    void an_owner_moves_a_token_in_the_dialog(Tab tab) {
        People.createToken(owner.session(), "deploy");
        var page = tab.signIn(owner).open("/settings/tokens").page();
        look(tab, "service-own");
        TokenSteps.fromMenu(page, "deploy", "Move");
        assertThat(page.locator("#dialog")).containsText("moves to a service account");
        look(tab, "service-move");
        TokenSteps.button(page, "Move token").click();
        assertThat(page.locator("#dialog")).isHidden();
        assertThat(page.locator("tbody")).hasCount(0);
        page.getByRole(AriaRole.LINK, new com.microsoft.playwright.Page.GetByRoleOptions().setName(name))
                .click();
        assertThat(page.locator("tbody")).containsText("deploy");
        look(tab, "service-list");
        TokenSteps.dots(page, "deploy").click();
        look(tab, "service-menu");
    }

    @Test
    void it_works_without_scripts_on_a_dark_phone(@With({WITHOUT_JAVASCRIPT, DARK, PHONE}) Tab tab) {
        var token = People.createToken(owner.session(), "deploy");
        var page = tab.signIn(owner)
                .open("/settings/tokens/" + token.id() + "/transfer")
                .page();
        look(tab, "service-move-phone");
        TokenSteps.button(page, "Move token").click();
        assertThat(page.getByText("The token was moved.")).isVisible();
        look(tab, "service-token-phone");
        look(tab.open("/accounts/" + service + "/tokens"), "service-list-phone");
    }

    @Test
    void administrators_name_owners(Tab tab) {
        var other = Site.person();
        var page = tab.signInAsAdministrator().open("/accounts/" + service).page();
        page.getByLabel("Email of the new owner").fill(other.email());
        TokenSteps.button(page, "Add owner").click();
        assertThat(page.getByText(other.email())).isVisible();
        look(tab, "service-account");
        look(tab.open("/accounts/new-service-account"), "service-new");
    }
}
