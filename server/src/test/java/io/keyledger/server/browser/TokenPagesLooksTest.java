package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.NEW;
import static io.keyledger.server.browser.TokenSteps.assertFits;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.GERMAN;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.REDUCED_MOTION;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.options.AriaRole;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All pages about tokens, seen by everybody: in light and dark, by a screen reader's rules, in German, without motion. */
@BrowserTest
class TokenPagesLooksTest {

    /** With a token of each kind. */
    private static Person person;

    private static String soon;
    private static String revoked;
    private static String disabled;
    private static String used;

    @BeforeAll
    static void create() {
        person = Site.person();
        soon = TokenSteps.createToken(person, """
            {"name": "soon", "description": "Text", "permissions": ["tokens:read", "invoices:read"],
            "expiresAt": "%s"}\
            """.formatted(Instant.now().plus(50, ChronoUnit.HOURS)))
                .json()
                .path("id")
                .asString();
        People.createToken(person.session(), "forever");
        revoked = People.createToken(person.session(), "revoked").id();
        person.session().delete("/api/tokens/" + revoked);
        disabled = People.createToken(person.session(), "disabled").id();
        person.session().patch("/api/tokens/" + disabled, "{\"enabled\": false}");
        used = People.createToken(person.session(), "used", "tokens:read", "invoices:read")
                .id();
        TokenSteps.use(used);
    }

    private static void look(Tab tab) {
        Axe.check(tab);
        assertFits(tab);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void every_page_keeps_the_rules_for_accessible_pages(boolean dark, Tabs tabs) {
        var tab = dark ? tabs.with(DARK) : tabs.with();
        var page = tab.open("/sign-in").page();
        look(tab);
        TokenSteps.field(page, "Email").fill("nobody@example.org");
        TokenSteps.field(page, "Password").fill("x");
        TokenSteps.button(page, "Sign in").click();
        assertThat(page.getByRole(AriaRole.ALERT)).isVisible();
        look(tab);

        look(tab.signIn(Site.person()).open(LIST));
        tab.page().context().clearCookies();
        tab.signIn(person).open(LIST);
        look(tab);
        TokenSteps.dots(page, "soon").click();
        assertThat(page.getByRole(AriaRole.MENUITEM)).hasCount(4);
        look(tab);
        page.keyboard().press("Escape");
        TokenSteps.fromMenu(page, "soon", "Edit");
        look(tab);
        TokenSteps.field(page, "Token name").fill("forever");
        TokenSteps.button(page, "Save").click();
        assertThat(page.locator("#name-error")).isVisible();
        look(tab);
        page.keyboard().press("Escape");
        TokenSteps.fromMenu(page, "soon", "Delete");
        look(tab);
        look(tab.open(LIST + "?status=all"));
        look(tab.open(LIST + "?search=nothing"));
        look(tab.open(LIST + "/" + soon));
        look(tab.open(LIST + "/" + revoked));
        look(tab.open(LIST + "/" + soon + "/edit"));
        look(tab.open(LIST + "/" + soon + "/delete"));
        look(tab.open(LIST + "/" + soon + "/rotate"));
        look(tab.open(LIST + "/" + soon + "/disable"));
        look(tab.open(LIST + "/" + soon + "/narrow"));
        look(tab.open(LIST + "/" + used + "?days=90"));
        page.getByText("Uses by day, as a table").click();
        look(tab);
        look(tab.open(LIST + "/" + disabled));
        look(tab.open(LIST + "/" + disabled + "/enable"));
        look(tab.open(NEW + "?expires_in=date"));
        TokenSteps.field(page, "Token name").fill("forever");
        TokenSteps.button(page, "Create token").click();
        assertThat(page.locator("#expiry-error").or(page.locator("#name-error")).first())
                .isVisible();
        look(tab);
        TokenSteps.create(page, Site.unique("axe"));
        TokenSteps.button(page, "Copy").click();
        assertThat(page.locator("#value-copied")).hasText("Copied");
        look(tab);
        look(tab.expecting("answered 404").open(LIST + "/nope"));
    }

    @Test
    void a_phone_shows_them_all(@With({PHONE, DARK}) Tab tab) {
        var page = tab.open("/sign-in").page();
        look(tab);
        look(tab.signIn(person).open(LIST + "?status=all"));
        TokenSteps.button(page, "Menu").click();
        assertThat(page.getByText(person.email())).isVisible();
        look(tab);
        page.keyboard().press("Escape");
        TokenSteps.dots(page, "soon").click();
        look(tab);
        page.keyboard().press("Escape");
        TokenSteps.fromMenu(page, "soon", "Edit");
        look(tab);
        look(tab.open(NEW));
        look(tab.open(LIST + "/" + soon));
        look(tab.open(LIST + "/" + used));
        page.getByText("Uses by day, as a table").click();
        look(tab);
        look(tab.open(LIST + "/" + disabled));
        look(tab.open(LIST + "/" + revoked));
        TokenSteps.create(page, Site.unique("phone"));
        look(tab);
    }

    /** Texts of the token pages that are the same in both languages, or a part of another text. */
    private static final Set<String> SAME = Set.of("ID", "Status", "Name", "Token", "Tokens", "Text");

    @Test
    void german_pages_are_german(@With(GERMAN) Tab tab) {
        var english = new ArrayList<String>();
        texts("/messages.properties").forEach((key, text) -> {
            var own = text.toString();
            if (key.toString()
                            .matches(
                                    "(tokens|sign-in|password|shell|nav|form|settings|problem|account|paging|permission)\\..*")
                    && !own.contains("{")
                    && !SAME.contains(own)
                    && !own.equals(texts("/messages_de.properties").get(key))) {
                english.add(own);
            }
        });
        assertThat(english).hasSizeGreaterThan(50);

        assertGerman(tab.open("/sign-in"), english);
        tab.signIn(Site.person());
        assertGerman(tab.open(LIST), english);
        tab.page().context().clearCookies();
        tab.signIn(person);
        for (var address : List.of(
                LIST,
                LIST + "?status=all",
                LIST + "?search=nothing",
                NEW,
                LIST + "/" + soon,
                LIST + "/" + soon + "/edit",
                LIST + "/" + soon + "/delete",
                LIST + "/" + soon + "/rotate",
                LIST + "/" + soon + "/disable",
                LIST + "/" + disabled + "/enable",
                LIST + "/" + used + "/narrow",
                LIST + "/" + used,
                LIST + "/" + disabled,
                LIST + "/" + revoked)) {
            assertGerman(tab.open(address), english);
        }
        assertGerman(tab.expecting("answered 404").open("/nowhere"), english);
        tab.open(NEW);
        var name = tab.page().getByLabel("Name des Tokens");
        name.fill("forever");
        TokenSteps.button(tab.page(), "Token erstellen").click();
        assertThat(tab.page().locator("#name-error")).isVisible();
        assertGerman(tab, english);
        name.fill(Site.unique("german"));
        TokenSteps.button(tab.page(), "Token erstellen").click();
        assertThat(tab.page().locator("#value")).isVisible();
        TokenSteps.button(tab.page(), "Kopieren").click();
        assertThat(tab.page().locator("#value-copied")).hasText("Kopiert");
        assertGerman(tab, english);
    }

    private static Properties texts(String file) {
        var texts = new Properties();
        try (var in =
                new InputStreamReader(TokenPagesLooksTest.class.getResourceAsStream(file), StandardCharsets.UTF_8)) {
            texts.load(in);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return texts;
    }

    private static void assertGerman(Tab tab, List<String> english) {
        assertThat(tab.page().locator("html")).hasAttribute("lang", "de");
        // Texts, options and names for screen readers, each as a whole.
        var shown = ((List<?>) tab.page().evaluate("""
            () => {
                const shown = [];
                const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
                while (walker.nextNode()) {
                    if (!walker.currentNode.parentElement.closest('script, style, code')) {
                        shown.push(walker.currentNode.data.trim());
                    }
                }
                for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [data-label]')) {
                    for (const name of ['aria-label', 'title', 'placeholder', 'data-label']) {
                        shown.push(element.getAttribute(name) ?? '');
                    }
                }
                return [...new Set(shown.filter(text => text))];
            }\
            """))
                .stream().map(String::valueOf).toList();
        assertThat(shown).as(tab.page().url()).isNotEmpty().doesNotContainAnyElementsOf(english);
    }

    @ParameterizedTest
    @EnumSource(
            value = Trait.class,
            names = {"REDUCED_MOTION", "DARK"})
    void nothing_moves_for_whoever_wants_it_still(Trait trait, Tabs tabs) {
        var tab = tabs.with(trait);
        var page = tab.signIn(person).open(LIST).page();
        page.evaluate("""
            () => {
                window.moved = [];
                for (const kind of ['animationstart', 'transitionrun']) {
                    addEventListener(kind, event => window.moved.push(kind + ' of ' + event.target.className), true);
                }
            }\
            """);
        TokenSteps.fromMenu(page, "soon", "Edit");
        TokenSteps.field(page, "Token name").focus();
        page.waitForFunction("() => document.getAnimations().every(animation => animation.playState !== 'running')");

        var moved = (List<?>) page.evaluate("() => window.moved");
        if (trait == REDUCED_MOTION) {
            assertThat(moved).isEmpty();
        } else {
            assertThat(moved).as("that this test would see it").isNotEmpty();
        }
    }
}
