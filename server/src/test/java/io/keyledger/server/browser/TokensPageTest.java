package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.assertFits;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.dots;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.link;
import static io.keyledger.server.browser.TokenSteps.row;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static io.keyledger.server.browser.Trait.ZOOMED;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.GetByRoleOptions;
import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of tokens: finding one among many, with a mouse, with the keyboard, without scripts, in any window. */
@BrowserTest
class TokensPageTest {

    private static final List<String> AWKWARD = List.of(
            "<script>alert('name')</script>",
            "\"quoted\" 'name' & more",
            "רשימת קניות של הבוקר, 12:34",
            "W".repeat(100),
            "鍵".repeat(100));

    /** With 60 tokens, t-01 to t-60, created in this order; t-07 is revoked. Nobody changes them. */
    private static Person owner;

    private static Person awkward;

    @BeforeAll
    static void create() {
        owner = Site.person();
        for (var i = 1; i <= 60; i++) {
            People.createToken(owner.session(), "t-%02d".formatted(i));
        }
        var seventh = TokenSteps.token(owner, "t-07").path("id").asString();
        assertThat(owner.session().delete("/api/tokens/" + seventh).status()).isEqualTo(204);
        awkward = Site.person();
        for (var name : AWKWARD) {
            var text = new tools.jackson.databind.json.JsonMapper().writeValueAsString(name);
            TokenSteps.createToken(
                    awkward,
                    "{\"name\": %s, \"description\": %s, \"permissions\": [\"tokens:read\", \"tokens:write\", \"invoices:read\"]}"
                            .formatted(text, text));
        }
    }

    private static Locator names(Page page) {
        return page.locator("#list tbody th a");
    }

    @Test
    void searching_replaces_the_list_as_one_types(Tab tab) {
        var page = tab.signIn(owner).open(LIST).page();
        assertThat(names(page)).hasCount(25);

        field(page, "Search").pressSequentially("T-1");
        assertThat(names(page)).hasCount(10);
        assertThat(field(page, "Search")).isFocused();
        assertThat(page).hasURL(Pattern.compile(".*\\?search=T-1&status=&sort=-createdAt$"));
        field(page, "Search").fill("nothing of that kind");
        assertThat(page.getByText("No token matches")).isVisible();
        link(page, "Show all tokens").click();
        assertThat(names(page)).hasCount(25);
        assertThat(field(page, "Search")).hasValue("");
    }

    @Test
    void back_shows_what_was_there_before_with_its_filter(Tab tab) {
        var page = tab.signIn(owner).open(LIST).page();
        field(page, "Status").selectOption("revoked");
        assertThat(names(page)).hasText(new String[] {"t-07"});
        field(page, "Status").selectOption("all");
        assertThat(names(page)).hasCount(25);
        assertThat(page).hasURL(Pattern.compile(".*status=all.*"));

        page.goBack();
        assertThat(names(page)).hasText(new String[] {"t-07"});
        assertThat(field(page, "Status")).hasValue("revoked");
        page.goBack();
        assertThat(names(page)).hasCount(25);
        assertThat(field(page, "Status")).hasValue("");
        assertThat(page).hasURL(Site.address() + LIST);
        page.goForward();
        assertThat(names(page)).hasText(new String[] {"t-07"});
        assertThat(field(page, "Status")).hasValue("revoked");
        link(page, "t-07").click();
        assertThat(page.locator("h1")).hasText("t-07");
        page.goBack();
        assertThat(names(page)).hasText(new String[] {"t-07"});
        assertThat(field(page, "Status")).hasValue("revoked");
        page.reload();
        assertThat(names(page)).hasText(new String[] {"t-07"});
    }

    @Test
    void the_list_is_sorted_by_the_choice_and_by_a_columns_heading(Tab tab) {
        var page = tab.signIn(owner).open(LIST).page();
        assertThat(names(page).first()).hasText("t-60");
        field(page, "Sort by").selectOption("createdAt");
        assertThat(names(page).first()).hasText("t-01");

        link(page, "Token name").click();
        assertThat(names(page).first()).hasText("t-01");
        var heading = page.getByRole(AriaRole.COLUMNHEADER, new GetByRoleOptions().setName("Token name"));
        assertThat(heading).hasAttribute("aria-sort", "ascending");
        assertThat(field(page, "Sort by")).hasValue("name");
        link(page, "Token name").click();
        assertThat(heading).hasAttribute("aria-sort", "descending");
        assertThat(names(page).first()).hasText("t-60");
        assertThat(page).hasURL(Pattern.compile(".*sort=-name.*"));
        link(page, "Expires").click();
        assertThat(names(page)).hasCount(25);
        link(page, "Last used").click();
        assertThat(names(page)).hasCount(25);
    }

    @Test
    void pages_follow_one_another(Tab tab) {
        var page = tab.signIn(owner).open(LIST + "?sort=name").page();
        link(page, "Next page").click();
        assertThat(names(page).first()).hasText("t-27");
        link(page, "Next page").click();
        assertThat(names(page))
                .hasText(new String[] {"t-52", "t-53", "t-54", "t-55", "t-56", "t-57", "t-58", "t-59", "t-60"});
        assertThat(link(page, "Next page")).hasCount(0);
        page.goBack();
        assertThat(names(page).first()).hasText("t-27");
        link(page, "First page").click();
        assertThat(names(page).first()).hasText("t-01");
        assertThat(link(page, "First page")).hasCount(0);
        assertThat(field(page, "Sort by")).hasValue("name");
    }

    @Test
    void a_search_from_a_later_page_begins_at_the_first(Tab tab) {
        var page = tab.signIn(owner).open(LIST + "?sort=name").page();
        link(page, "Next page").click();
        assertThat(names(page).first()).hasText("t-27");
        page.waitForLoadState();
        field(page, "Search").pressSequentially("t-0");
        assertThat(names(page)).hasCount(8);
    }

    @Test
    void without_javascript_a_button_applies_the_filter(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var page = tab.signIn(owner).open(LIST).page();
        field(page, "Search").fill("t-0");
        field(page, "Sort by").selectOption("name");
        field(page, "Status").selectOption("all");
        button(page, "Apply").click();

        assertThat(names(page)).hasCount(9);
        assertThat(names(page).first()).hasText("t-01");
        assertThat(field(page, "Search")).hasValue("t-0");
        assertThat(field(page, "Status")).hasValue("all");
        page.goBack();
        assertThat(names(page)).hasCount(25);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?unknown=1&search=&status=nonsense&sort=drop%20table",
                "?cursor=nonsense",
                "?cursor=eyJhIjoxfQ&sort=name&search=t-",
                "?search=%25&search=_",
                "?status=ACTIVE&status=x"
            })
    void no_address_of_the_list_leads_nowhere(String query, Tab tab) {
        var page = tab.signIn(owner).open(LIST + query).page();
        assertThat(button(page, "Sign out").or(button(page, "Menu")).first()).isVisible();
        assertThat(page.locator("#list")).isVisible();
        assertThat(page.getByRole(AriaRole.HEADING, new GetByRoleOptions().setName("Tokens"))
                        .first())
                .isVisible();
    }

    @Test
    void awkward_names_are_text_and_fit_into_any_window(Tabs tabs) {
        for (var tab : List.of(tabs.with(), tabs.with(PHONE), tabs.with(ZOOMED))) {
            var page = tab.signIn(awkward).open(LIST).page();
            for (var name : AWKWARD) {
                assertThat(row(page, name)).isVisible();
            }
            assertFits(tab);
            for (var name : AWKWARD) {
                dots(page, name).click();
                assertFits(tab);
                page.getByRole(AriaRole.MENUITEM, new GetByRoleOptions().setName("Delete"))
                        .click();
                assertThat(page.locator("#dialog")).containsText("“" + name + "” stops working");
                assertFits(tab);
                link(page, "Cancel").click();
            }
            var wide = "W".repeat(100);
            TokenSteps.fromMenu(page, wide, "Edit");
            assertFits(tab);
            link(page, "Cancel").click();
            link(page, wide).click();
            assertThat(page.locator("h1")).hasText(wide);
            assertFits(tab);
            tab.open(LIST + "/new?name=" + wide + "&description=" + wide);
            assertFits(tab);
            tab.open(LIST + "?search=" + wide + wide);
            assertFits(tab);
        }
    }

    @Test
    void the_menu_obeys_the_keyboard(Tab tab) {
        var page = tab.signIn(owner).open(LIST).page();
        var items = page.getByRole(AriaRole.MENUITEM);
        var edit = items.filter(new Locator.FilterOptions().setHasText("Edit"));
        var delete = items.filter(new Locator.FilterOptions().setHasText("Delete"));
        dots(page, "t-58").focus();
        page.keyboard().press("Enter");
        assertThat(items).hasText(new String[] {"Edit", "Rotate", "Disable", "Delete"});
        page.keyboard().press("ArrowDown");
        assertThat(edit).isFocused();
        page.keyboard().press("ArrowDown");
        assertThat(items.nth(1)).isFocused();
        page.keyboard().press("ArrowDown");
        page.keyboard().press("ArrowDown");
        assertThat(delete).isFocused();
        page.keyboard().press("ArrowDown");
        assertThat(edit).isFocused();
        page.keyboard().press("ArrowUp");
        assertThat(delete).isFocused();
        page.keyboard().press("Home");
        assertThat(edit).isFocused();
        page.keyboard().press("End");
        assertThat(delete).isFocused();
        page.keyboard().press("Escape");
        assertThat(items).hasCount(0);
        assertThat(dots(page, "t-58")).isFocused();

        page.keyboard().press("ArrowUp");
        assertThat(delete).isFocused();
        page.keyboard().press("Tab");
        assertThat(items).hasCount(0);
        dots(page, "t-58").focus();
        page.keyboard().press("Space");
        assertThat(items).hasCount(4);
        page.keyboard().press("ArrowDown");
        page.keyboard().press("Enter");
        assertThat(field(page, "Token name")).isFocused();
        page.keyboard().press("Escape");
        assertThat(page.locator("#dialog")).isHidden();
        assertThat(dots(page, "t-58")).isFocused();
        assertThat(items).hasCount(0);

        dots(page, "t-58").click();
        assertThat(items).hasCount(4);
        dots(page, "t-50").click();
        assertThat(items).hasCount(4);
        page.locator("#list-heading").click();
        assertThat(items).hasCount(0);
    }

    @Test
    void a_token_is_deleted_without_a_mouse(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        People.createToken(person.session(), "cd");
        var page = tab.signIn(person).open(LIST).page();
        dots(page, "ci").focus();
        page.keyboard().press("Enter");
        page.keyboard().press("End");
        page.keyboard().press("Enter");
        assertThat(link(page, "Cancel")).isFocused();
        page.keyboard().press("Shift+Tab");
        assertThat(button(page, "Confirm")).isFocused();
        page.keyboard().press("Enter");
        assertThat(row(page, "ci")).hasCount(0);
        assertThat(page.locator("#list-heading")).isFocused();
        page.keyboard().press("Tab");
        assertThat(link(page, "Create a new token")).isFocused();
    }

    @Test
    void the_first_key_offers_to_skip_to_the_content(Tab tab) {
        var page = tab.signIn(owner).open(LIST).page();
        page.keyboard().press("Tab");
        assertThat(link(page, "Skip to the content")).isFocused();
        assertThat(link(page, "Skip to the content")).isInViewport();
        page.keyboard().press("Enter");
        assertThat(page.locator("#main")).isFocused();
        page.keyboard().press("Tab");
        assertThat(link(page, "Account settings")).isFocused();
    }

    @Test
    void on_a_phone_the_navigation_opens_and_escape_closes_it(@With(PHONE) Tab tab) {
        var page = tab.signIn(owner).open(LIST).page();
        assertThat(link(page, "Settings")).isHidden();
        button(page, "Menu").focus();
        page.keyboard().press("Enter");
        assertThat(link(page, "Settings")).isVisible();
        assertThat(page.getByText(owner.email())).isVisible();
        assertFits(tab);
        page.keyboard().press("Escape");
        assertThat(link(page, "Settings")).isHidden();
        assertThat(button(page, "Menu")).isFocused();
        button(page, "Menu").click();
        button(page, "Sign out").click();
        assertThat(page).hasURL(Site.address() + "/sign-in");
    }
}
