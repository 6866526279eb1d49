package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.BERLIN;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.NEW;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.date;
import static io.keyledger.server.browser.TokenSteps.dots;
import static io.keyledger.server.browser.TokenSteps.endOf;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.fromMenu;
import static io.keyledger.server.browser.TokenSteps.link;
import static io.keyledger.server.browser.TokenSteps.row;
import static io.keyledger.server.browser.TokenSteps.signIn;
import static io.keyledger.server.browser.TokenSteps.status;
import static io.keyledger.server.browser.TokenSteps.token;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People;
import java.time.Instant;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The journey of a token, from the sign-in page to a value that nobody accepts any more. */
@BrowserTest
class TokenJourneyTest {

    @Test
    void a_token_is_created_used_edited_and_deleted(Tab tab) {
        var person = Site.person();
        var page = tab.open("/").page();

        signIn(page, person);
        assertThat(page).hasURL(Site.address() + LIST);
        assertThat(page.getByText("You have no tokens yet")).isVisible();
        link(page, "Create your first token").click();
        assertThat(page).hasURL(Site.address() + NEW);
        assertThat(field(page, "Token name")).isFocused();
        field(page, "Token name").fill("backup");
        page.getByLabel("Description").fill("Every night");
        field(page, "Expiration").selectOption("7");
        field(page, "invoices:read").check();
        button(page, "Create token").click();

        var value = page.locator("#value").textContent();
        button(page, "Copy").click();
        assertThat(page.locator("#value-copied")).hasText("Copied");
        assertThat(tab.clipboard()).isEqualTo(value);
        button(page, "Copy: curl").click();
        assertThat(page.locator("#curl-copied")).hasText("Copied");
        assertThat(tab.clipboard())
                .isEqualTo("curl -H \"Authorization: Bearer " + value + "\" " + Site.address() + "/api/tokens/self");
        var self = Site.anybody().token(value).get("/api/tokens/self");
        assertThat(self.status()).isEqualTo(200);
        assertThat(self.json().path("permissions").toString()).isEqualTo("[\"invoices:read\"]");
        assertThat(Instant.parse(self.json().path("expiresAt").asString()))
                .isEqualTo(endOf(LocalDate.now(BERLIN).plusDays(7), BERLIN));

        link(page, "Done").click();
        assertThat(page).hasURL(Site.address() + LIST);
        assertThat(row(page, "backup")).containsText("Every night");
        assertThat(row(page, "backup").locator(".token-hint")).hasText("klt_…" + value.substring(value.length() - 4));
        assertThat(row(page, "backup")).containsText("invoices:read");
        assertThat(row(page, "backup")).containsText(date(LocalDate.now(BERLIN).plusDays(7)));

        People.createToken(person.session(), "other");
        var dialog = fromMenu(page, "backup", "Edit");
        assertThat(page.getByRole(AriaRole.MENUITEM)).hasCount(0);
        assertThat(field(page, "Token name")).hasValue("backup");
        assertThat(page.getByLabel("Description")).hasValue("Every night");
        assertThat(field(page, "invoices:read")).isChecked();
        assertThat(field(page, "Expiration")).hasValue("keep");
        field(page, "Token name").fill("other");
        page.getByLabel("Description").fill("Every second night");
        field(page, "Expiration").selectOption("none");
        field(page, "invoices:read").uncheck();
        button(page, "Save").click();
        assertThat(dialog.locator("#name-error"))
                .hasText("You have a token with this name already. Choose another one.");
        assertThat(field(page, "Token name")).hasAttribute("aria-describedby", "name-error");
        assertThat(field(page, "Token name")).isFocused();
        assertThat(field(page, "Token name")).hasValue("other");
        assertThat(page.getByLabel("Description")).hasValue("Every second night");
        assertThat(field(page, "Expiration")).hasValue("none");
        assertThat(field(page, "invoices:read")).not().isChecked();

        field(page, "Token name").fill("night backup");
        button(page, "Save").click();
        assertThat(dialog).isHidden();
        assertThat(page.getByText("The token was saved.")).isVisible();
        assertThat(row(page, "night backup")).containsText("Every second night");
        assertThat(row(page, "backup")).hasCount(0);
        assertThat(row(page, "night backup").locator("td[data-label=Expires]")).hasText("Never");
        assertThat(dots(page, "night backup")).isFocused();
        assertThat(page).hasURL(Site.address() + LIST);
        assertThat(status(value)).as("edited, it is the same").isEqualTo(200);

        fromMenu(page, "night backup", "Delete");
        assertThat(dialog).containsText("“night backup” stops working at once");
        assertThat(link(page, "Cancel")).isFocused();
        link(page, "Cancel").click();
        assertThat(dialog).isHidden();
        assertThat(dots(page, "night backup")).isFocused();
        assertThat(status(value)).as("cancelled").isEqualTo(200);

        fromMenu(page, "night backup", "Delete");
        button(page, "Confirm").click();
        assertThat(row(page, "night backup")).hasCount(0);
        assertThat(status(value)).as("deleted").isEqualTo(401);
        assertThat(dialog).isHidden();
        assertThat(page.getByText("The token was deleted. It is refused from now on."))
                .isVisible();
        assertThat(page.locator("#list-heading")).isFocused();
        assertThat(row(page, "other")).isVisible();

        field(page, "Status").selectOption("revoked");
        assertThat(row(page, "night backup")).containsText("Revoked");
        assertThat(row(page, "other")).hasCount(0);
        assertThat(dots(page, "night backup")).hasCount(0);
    }

    @Test
    void a_rows_menu_has_what_can_be_done_with_the_token(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();

        dots(page, "ci").click();

        assertThat(page.getByRole(AriaRole.MENUITEM)).hasText(new String[] {"Edit", "Rotate", "Disable", "Delete"});
    }

    @Test
    void delete_says_when_the_token_was_last_used(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "unused");
        var used = People.createToken(person.session(), "used");
        JdbcClient.create(Site.database()).sql("""
            insert into state.token_use (token_id, accepted_at, refused_when_revoked) values (?, array[now()], 0)\
            """).param(used.id()).update();
        var page = tab.signIn(person).open(LIST).page();

        assertThat(fromMenu(page, "unused", "Delete")).containsText("It was never used.");
        link(page, "Cancel").click();
        assertThat(fromMenu(page, "used", "Delete"))
                .containsText("It was last used on " + date(LocalDate.now(BERLIN)) + ", ");
    }

    @Test
    void a_token_is_edited_and_deleted_on_its_own_page(Tab tab) {
        var person = Site.person();
        var token = People.createToken(person.session(), "ci", "invoices:read");
        var page = tab.signIn(person).open(LIST + "/" + token.id()).page();

        link(page, "Edit").click();
        field(page, "Token name").fill("cd");
        button(page, "Save").click();
        assertThat(page.getByRole(AriaRole.HEADING).first()).hasText("cd");
        assertThat(page.getByText("The token was saved.")).isVisible();

        link(page, "Delete").click();
        assertThat(page.locator("#dialog")).containsText("“cd” stops working");
        page.keyboard().press("Escape");
        assertThat(page.locator("#dialog")).isHidden();
        assertThat(link(page, "Delete")).isFocused();
        link(page, "Delete").click();
        button(page, "Confirm").click();
        assertThat(page.locator(".status-revoked")).isVisible();
        assertThat(link(page, "Edit")).hasCount(0);
        assertThat(status(token.value())).isEqualTo(401);
    }

    @Test
    void all_of_it_works_without_javascript(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = Site.person();
        var page = tab.open("/").page();
        signIn(page, person);
        link(page, "Create your first token").click();
        assertThat(page.getByLabel("Expiration date")).isHidden();
        field(page, "Token name").fill("backup");
        field(page, "Expiration").selectOption("date");
        page.getByLabel("Expiration date").fill("2999-12-31");
        field(page, "invoices:read").check();
        button(page, "Create token").click();
        var value = page.locator("#value").textContent();
        assertThat(page.locator("[data-copy]:visible")).hasCount(0);
        assertThat(status(value)).isEqualTo(200);
        assertThat(token(person, "backup").path("expiresAt").asString())
                .as("nobody tells the zone without scripts")
                .startsWith("2999-12-31T23:59:59");
        link(page, "Done").click();

        dots(page, "backup").click();
        link(page, "Edit").click();
        People.createToken(person.session(), "other");
        field(page, "Token name").fill("other");
        page.getByLabel("Description").fill("typed");
        button(page, "Save").click();
        assertThat(page.locator("#name-error")).containsText("Choose another one.");
        assertThat(page.getByLabel("Description")).hasValue("typed");
        field(page, "Token name").fill("night backup");
        button(page, "Save").click();
        assertThat(page).hasURL(Site.address() + LIST);
        assertThat(page.getByText("The token was saved.")).isVisible();
        assertThat(row(page, "night backup")).containsText("typed");

        dots(page, "night backup").click();
        link(page, "Delete").click();
        assertThat(page.getByText("“night backup” stops working at once")).isVisible();
        link(page, "Cancel").click();
        assertThat(status(value)).isEqualTo(200);
        link(page, "Delete").click();
        button(page, "Confirm").click();
        assertThat(page).hasURL(Site.address() + LIST);
        assertThat(page.getByText("The token was deleted.")).isVisible();
        assertThat(row(page, "night backup")).hasCount(0);
        assertThat(status(value)).isEqualTo(401);

        button(page, "Sign out").click();
        assertThat(page).hasURL(Site.address() + "/sign-in");
        tab.open(LIST);
        assertThat(page).hasURL(Site.address() + "/sign-in?next=%2Fsettings%2Ftokens");
    }
}
