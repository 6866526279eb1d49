package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.endSessionsElsewhere;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.fromMenu;
import static io.keyledger.server.browser.TokenSteps.row;
import static io.keyledger.server.browser.TokenSteps.signIn;
import static io.keyledger.server.browser.TokenSteps.token;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Editing: what somebody else changed meanwhile is not overwritten, and what was typed is not lost. */
@BrowserTest
class TokenEditTest {

    private static String description(Person person, String name) {
        return token(person, name).path("description").asString();
    }

    @Test
    void of_two_tabs_the_second_is_told_what_the_first_has_saved(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci", "tokens:read");
        var first = tab.signIn(person).open(LIST).page();
        var second = tab.another().open(LIST).page();
        fromMenu(first, "ci", "Edit");
        var dialog = fromMenu(second, "ci", "Edit");
        field(first, "Token name").fill("cd");
        first.getByLabel("Description").fill("by the first");
        button(first, "Save").click();
        assertThat(row(first, "cd")).isVisible();

        second.getByLabel("Description").fill("by the second");
        field(second, "invoices:read").check();
        button(second, "Save").click();

        var told = dialog.getByRole(com.microsoft.playwright.options.AriaRole.ALERT);
        assertThat(told).containsText("Somebody changed this token since you opened it.");
        assertThat(told).containsText("cd");
        assertThat(told).containsText("by the first");
        assertThat(told).containsText("tokens:read");
        assertThat(told).not().containsText("invoices:read");
        assertThat(field(second, "Token name")).hasValue("ci");
        assertThat(second.getByLabel("Description")).hasValue("by the second");
        assertThat(field(second, "invoices:read")).isChecked();
        assertThat(second.locator("#dialog :focus")).hasCount(1);
        assertThat(description(person, "cd")).isEqualTo("by the first");
        Axe.check(tab.open(LIST));

        button(second, "Save").click();
        assertThat(dialog).isHidden();
        assertThat(row(second, "ci")).containsText("by the second");
        assertThat(description(person, "ci")).isEqualTo("by the second");
    }

    @Test
    void without_javascript_the_second_is_told_as_well(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = Site.person();
        var id = People.createToken(person.session(), "ci").id();
        var first = tab.signIn(person).open(LIST + "/" + id + "/edit").page();
        var second = tab.another().open(LIST + "/" + id + "/edit").page();
        first.getByLabel("Description").fill("by the first");
        button(first, "Save").click();
        assertThat(first).hasURL(Site.address() + LIST);

        second.getByLabel("Description").fill("by the second");
        button(second, "Save").click();
        assertThat(second.getByText("Somebody changed this token since you opened it."))
                .isVisible();
        assertThat(second.getByLabel("Description")).hasValue("by the second");
        assertThat(description(person, "ci")).isEqualTo("by the first");
        button(second, "Save").click();
        assertThat(second).hasURL(Site.address() + LIST);
        assertThat(description(person, "ci")).isEqualTo("by the second");
    }

    @Test
    void of_two_tabs_the_second_is_told_that_the_token_was_deleted(Tab tab) {
        var person = Site.person();
        var id = People.createToken(person.session(), "ci").id();
        var page = tab.signIn(person).open(LIST).page();
        var dialog = fromMenu(page, "ci", "Edit");
        person.session().delete("/api/tokens/" + id);
        page.getByLabel("Description").fill("typed");
        button(page, "Save").click();

        assertThat(dialog).containsText("This token has been deleted. It cannot be changed any more.");
        assertThat(page.getByLabel("Description")).hasValue("typed");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_session_that_ended_meanwhile_costs_nothing_typed(boolean elsewhere, Tab tab) {
        var person = Site.person();
        var id = People.createToken(person.session(), "ci", "tokens:read").id();
        var page = tab.signIn(person).open(LIST).page();
        fromMenu(page, "ci", "Edit");
        field(page, "Token name").fill("cd");
        page.getByLabel("Description").fill("Every\nnight & {day}");
        field(page, "Expiration").selectOption("90");
        field(page, "tokens:read").uncheck();
        field(page, "invoices:read").check();
        var csrf = page.locator("#dialog input[name=_csrf]").inputValue();
        var addresses = new ArrayList<String>();
        page.onRequest(request -> addresses.add(request.url()));
        if (elsewhere) {
            endSessionsElsewhere(person);
        } else {
            TokenSteps.endSession(tab);
        }
        button(page, "Save").click();
        signIn(page, person);

        assertThat(page).hasURL(java.util.regex.Pattern.compile(".*/settings/tokens/" + id + "/edit\\?.*"));
        assertThat(field(page, "Token name")).hasValue("cd");
        assertThat(page.getByLabel("Description")).hasValue("Every\nnight & {day}");
        assertThat(field(page, "Expiration")).hasValue("90");
        assertThat(field(page, "tokens:read")).not().isChecked();
        assertThat(field(page, "invoices:read")).isChecked();
        assertThat(addresses).isNotEmpty();
        for (var address : addresses) {
            assertThat(address).doesNotContain("_csrf", csrf, "password");
        }
        button(page, "Save").click();
        assertThat(row(page, "cd")).containsText("Every\nnight & {day}");
        assertThat(page).hasURL(Site.address() + LIST);
    }

    @Test
    void a_dialog_from_before_another_sign_in_is_renewed_with_what_was_typed(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();
        fromMenu(page, "ci", "Edit");
        field(page, "Token name").fill("cd");
        var other = tab.another().open(LIST).page();
        button(other, "Sign out").click();
        signIn(other, person);
        assertThat(row(other, "ci")).isVisible();
        button(page, "Save").click();

        assertThat(page.getByText("You have signed in again since this page was shown."))
                .isVisible();
        assertThat(field(page, "Token name")).hasValue("cd");
        assertThat(page.url()).doesNotContain("_csrf");
        button(page, "Save").click();
        assertThat(row(page, "cd")).isVisible();
    }

    @Test
    void an_end_of_the_session_before_the_dialog_leads_back_to_the_same_list(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST + "?search=c&sort=name").page();
        endSessionsElsewhere(person);
        TokenSteps.dots(page, "ci").click();
        page.getByText("Edit").click();
        signIn(page, person);

        assertThat(page).hasURL(Site.address() + LIST + "?search=c&sort=name");
        assertThat(row(page, "ci")).isVisible();
    }

    /** Browsers send line breaks as two characters; that alone must not be a change of the description. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void what_was_not_touched_is_not_changed(boolean scripts, Tabs tabs) {
        var person = Site.person();
        var id = TokenSteps.createToken(person, """
            {"name": "ci", "description": "Every\\nnight", "permissions": ["tokens:read"],
            "expiresAt": "2999-01-01T12:34:56.789Z"}\
            """).json().path("id").asString();
        var page = (scripts ? tabs.with() : tabs.with(WITHOUT_JAVASCRIPT))
                .signIn(person)
                .open(LIST + "/" + id + "/edit")
                .page();
        field(page, "Token name").fill("cd");
        button(page, "Save").click();
        assertThat(row(page, "cd")).isVisible();

        var token = token(person, "cd");
        assertThat(token.path("description").asString()).isEqualTo("Every\nnight");
        assertThat(token.path("expiresAt").asString()).isEqualTo("2999-01-01T12:34:56.789Z");
        assertThat(token.path("version").asLong())
                .as("renamed once since it was created, and nothing else")
                .isEqualTo(1);
    }

    private static void failing(Page page, int status, String body) {
        page.route(
                "**/edit",
                route -> route.fulfill(new Route.FulfillOptions()
                        .setStatus(status)
                        .setContentType("text/html")
                        .setBody(body)));
    }

    @Test
    void a_connection_that_is_lost_costs_nothing_typed(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();
        var dialog = fromMenu(page, "ci", "Edit");
        field(page, "Token name").fill("cd");
        tab.expecting("failed: net::ERR_INTERNET_DISCONNECTED");
        tab.expecting("console: htmx:");
        page.context().setOffline(true);
        button(page, "Save").click();

        assertThat(dialog.getByRole(com.microsoft.playwright.options.AriaRole.ALERT))
                .containsText("Check your connection");
        assertThat(field(page, "Token name")).hasValue("cd");
        page.context().setOffline(false);
        button(page, "Save").click();
        assertThat(row(page, "cd")).isVisible();
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 503, 403})
    void a_server_that_fails_costs_nothing_typed(int status, Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();
        var dialog = fromMenu(page, "ci", "Edit");
        field(page, "Token name").fill("cd");
        tab.expecting("answered " + status);
        tab.expecting("Response Status Error Code " + status);
        failing(page, status, "<!DOCTYPE html><html><body><h1>Broken</h1></body></html>");
        button(page, "Save").click();

        assertThat(dialog.getByRole(com.microsoft.playwright.options.AriaRole.ALERT))
                .isVisible();
        assertThat(field(page, "Token name")).hasValue("cd");
        page.unroute("**/edit");
        button(page, "Save").click();
        assertThat(row(page, "cd")).isVisible();
    }
}
