package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.BERLIN;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.NEW;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.date;
import static io.keyledger.server.browser.TokenSteps.endOf;
import static io.keyledger.server.browser.TokenSteps.endSession;
import static io.keyledger.server.browser.TokenSteps.endSessionsElsewhere;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.signIn;
import static io.keyledger.server.browser.TokenSteps.token;
import static io.keyledger.server.browser.TokenSteps.tokens;
import static io.keyledger.server.browser.Trait.IN_TOKYO;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Route;
import io.keyledger.server.journey.People.Person;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The form for a new token: what it offers, what an address can fill in, and that nothing typed is lost. */
@BrowserTest
class NewTokenPageTest {

    private static final String HOSTILE = "\"><script>alert(1)</script>'&lt;";

    private static Instant expiry(Person person, String name) {
        return Instant.parse(token(person, name).path("expiresAt").asString());
    }

    @Test
    void thirty_days_are_filled_in_and_every_choice_says_its_date(Tab tab) {
        var page = tab.signIn(Site.person()).open(LIST).open(NEW).page();
        var today = LocalDate.now(BERLIN);

        assertThat(field(page, "Expiration")).hasValue("30");
        assertThat(page.locator("#expiry option")).hasText(new String[] {
            "7 days (" + date(today.plusDays(7)) + ")",
            "30 days (" + date(today.plusDays(30)) + ")",
            "60 days (" + date(today.plusDays(60)) + ")",
            "90 days (" + date(today.plusDays(90)) + ")",
            "On a date …",
            "No expiration"
        });
        assertThat(page.getByText("Whoever finds it can use it")).isHidden();
        field(page, "Expiration").selectOption("none");
        assertThat(page.getByText("Whoever finds it can use it")).isVisible();
    }

    @Test
    void permissions_are_described_and_nothing_is_ticked(Tab tab) {
        var page = tab.signIn(Site.person()).open(NEW).page();

        assertThat(page.locator("input[type=checkbox]:checked")).hasCount(0);
        assertThat(page.getByRole(com.microsoft.playwright.options.AriaRole.CHECKBOX))
                .hasCount(3);
        assertThat(field(page, "invoices:read")).hasAccessibleDescription("Read invoices.");
        assertThat(field(page, "tokens:read")).hasAccessibleDescription("See your tokens.");
        assertThat(page.getByText("invoices:approve")).hasCount(0);
    }

    @Test
    void a_token_expires_at_the_end_of_the_readers_day(@With(IN_TOKYO) Tab tab) {
        var person = Site.person();
        var tokyo = ZoneId.of("Asia/Tokyo");
        var today = LocalDate.now(tokyo);
        // Its very first page: nobody has told the server yet where it is.
        var page = tab.signIn(person).open(NEW).page();

        assertThat(page.locator("#expiry option").nth(1)).hasText("30 days (" + date(today.plusDays(30)) + ")");
        field(page, "Token name").fill("in thirty days");
        button(page, "Create token").click();
        assertThat(page.locator("#value")).isVisible();
        assertThat(expiry(person, "in thirty days")).isEqualTo(endOf(today.plusDays(30), tokyo));

        page = tab.open(NEW).page();
        assertThat(page.getByLabel("Expiration date")).isHidden();
        field(page, "Token name").fill("today");
        field(page, "Expiration").selectOption("date");
        page.getByLabel("Expiration date").fill(today.toString());
        assertThat(page.getByText("It works until the end of that day (Asia/Tokyo)."))
                .isVisible();
        button(page, "Create token").click();
        assertThat(page.locator("#value")).isVisible();
        assertThat(expiry(person, "today")).isEqualTo(endOf(today, tokyo));
    }

    @Test
    void the_first_page_of_a_browser_already_knows_where_its_reader_is(@With(IN_TOKYO) Tab tab) {
        var page = tab.signIn(Site.person()).open(NEW + "?expires_in=date").page();

        assertThat(page.getByText("It works until the end of that day (Asia/Tokyo)."))
                .isVisible();
    }

    @Test
    void no_date_and_a_date_in_the_past_are_refused_beside_the_field(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(NEW).page();
        field(page, "Token name").fill("late");
        field(page, "Expiration").selectOption("date");
        button(page, "Create token").click();
        assertThat(page.locator("#expiry-error")).hasText("Give a date.");
        assertThat(field(page, "Token name")).hasValue("late");
        assertThat(page.getByLabel("Expiration date")).isVisible();

        page.getByLabel("Expiration date").evaluate("date => date.removeAttribute('min')");
        page.getByLabel("Expiration date").fill("2001-01-01");
        button(page, "Create token").click();
        assertThat(page.locator("#expiry-error")).hasText("Choose a time in the future.");
        assertThat(page.getByLabel("Expiration date")).hasValue("2001-01-01");
        assertThat(tokens(person)).isZero();
    }

    @Test
    void a_taken_name_is_refused_beside_its_field_and_nothing_typed_is_lost(Tab tab) {
        var person = Site.person();
        TokenSteps.createToken(person, "{\"name\": \"ci\"}");
        var page = tab.signIn(person).open(NEW).page();
        type(page, "ci", "Every\nnight");
        button(page, "Create token").click();

        assertThat(page.locator("#name-error")).hasText("You have a token with this name already. Choose another one.");
        assertThat(field(page, "Token name")).isFocused();
        assertThat(field(page, "Token name"))
                .hasAccessibleDescription("You have a token with this name already. Choose another one.");
        assertTyped(page, "ci", "Every\nnight");
        field(page, "Token name").fill("cd");
        button(page, "Create token").click();
        assertThat(page.locator("#value")).isVisible();
        assertThat(token(person, "cd").path("description").asString()).isEqualTo("Every\nnight");
    }

    private static void type(Page page, String name, String description) {
        field(page, "Token name").fill(name);
        page.getByLabel("Description").fill(description);
        field(page, "Expiration").selectOption("date");
        page.getByLabel("Expiration date").fill("2999-12-31");
        field(page, "invoices:read").check();
        field(page, "tokens:read").check();
    }

    private static void assertTyped(Page page, String name, String description) {
        assertThat(field(page, "Token name")).hasValue(name);
        assertThat(page.getByLabel("Description")).hasValue(description);
        assertThat(field(page, "Expiration")).hasValue("date");
        assertThat(page.getByLabel("Expiration date")).hasValue("2999-12-31");
        assertThat(field(page, "invoices:read")).isChecked();
        assertThat(field(page, "tokens:read")).isChecked();
        assertThat(field(page, "tokens:write")).not().isChecked();
    }

    @Test
    void two_clicks_create_one_token_and_show_its_value(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(NEW).page();
        field(page, "Token name").fill("ci");
        // The second click comes while the first one is answered.
        page.evaluate("""
            () => document.querySelector('main form').addEventListener('submit', event =>
                setTimeout(() => event.target.querySelector('button').click(), 50), {once: true})\
            """);
        var posts = new AtomicInteger();
        page.route("**/new", route -> {
            posts.incrementAndGet();
            var answer = route.fetch();
            page.waitForTimeout(200);
            route.fulfill(new Route.FulfillOptions().setResponse(answer));
        });
        button(page, "Create token").click();

        assertThat(page.locator("#value")).isVisible();
        assertThat(posts).hasValue(1);
        assertThat(tokens(person)).isEqualTo(1);
    }

    @Test
    void an_address_fills_in_the_form(Tab tab) {
        var page = tab.signIn(Site.person())
                .open(NEW + "?name=Nightly%20backup&description=From%20cron&expires_in=90"
                        + "&permissions=invoices:read,tokens:read&permissions=tokens:write"
                        + "&permissions=audit:read&permissions=no:such&unknown=1&_csrf=x")
                .page();

        assertThat(field(page, "Token name")).hasValue("Nightly backup");
        assertThat(page.getByLabel("Description")).hasValue("From cron");
        assertThat(field(page, "Expiration")).hasValue("90");
        assertThat(page.locator("input[type=checkbox]:checked")).hasCount(3);
        assertThat(page.locator("input[type=checkbox]")).hasCount(3);
    }

    @Test
    void an_address_may_ask_for_other_days_a_date_or_none(Tab tab) {
        tab.signIn(Site.person());
        var today = LocalDate.now(BERLIN);
        var page = tab.open(LIST).open(NEW + "?expires_in=45").page();
        assertThat(field(page, "Expiration")).hasValue("45");
        assertThat(page.locator("#expiry option").nth(2)).hasText("45 days (" + date(today.plusDays(45)) + ")");

        assertThat(field(tab.open(NEW + "?expires_in=none").page(), "Expiration"))
                .hasValue("none");
        for (var unknown : List.of("0", "-7", "99999999999", "soon", "keep", "", "%3Cb%3E")) {
            assertThat(field(tab.open(NEW + "?expires_in=" + unknown).page(), "Expiration"))
                    .hasValue("30");
        }
    }

    @Test
    void hostile_text_in_an_address_is_text(Tab tab) {
        var text = URLEncoder.encode(HOSTILE, StandardCharsets.UTF_8);
        var page = tab.signIn(Site.person())
                .open(NEW + "?name=" + text + "&description=%3C/textarea%3E" + text + "&permissions=" + text
                        + "&expires_in=" + text + "&expiresOn=" + text + "&expiry=date")
                .page();

        assertThat(field(page, "Token name")).hasValue(HOSTILE);
        assertThat(page.getByLabel("Description")).hasValue("</textarea>" + HOSTILE);
        assertThat(page.locator("input[type=checkbox]:checked")).hasCount(0);
        button(page, "Create token").click();
        assertThat(page.locator("#expiry-error")).isVisible();
        assertThat(field(page, "Token name")).hasValue(HOSTILE);
    }

    @Test
    void an_anonymous_reader_signs_in_first_and_finds_the_form_filled_in(Tab tab) {
        var page = tab.open(NEW + "?name=a%20%26%20b%2B%25c%3Fd%23e&permissions=tokens:read&expires_in=7")
                .page();
        signIn(page, Site.person());

        assertThat(field(page, "Token name")).hasValue("a & b+%c?d#e");
        assertThat(field(page, "tokens:read")).isChecked();
        assertThat(field(page, "Expiration")).hasValue("7");
    }

    /** Where the browser went, and what it was sent there: addresses are kept in histories and logs. */
    private static List<String> addresses(Page page) {
        var addresses = new ArrayList<String>();
        page.onRequest((Request request) -> {
            addresses.add(request.url());
            if (request.headers().containsKey("referer")) {
                addresses.add(request.headers().get("referer"));
            }
        });
        return addresses;
    }

    private static void assertNoSecretIn(List<String> addresses, String... secrets) {
        assertThat(addresses).isNotEmpty();
        for (var address : addresses) {
            assertThat(address).doesNotContain("_csrf", "idempotencyKey", "password");
            for (var secret : secrets) {
                assertThat(address).doesNotContain(secret);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_session_that_ended_meanwhile_costs_nothing_typed(boolean elsewhere, Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(LIST).open(NEW).page();
        var description = "ä & ü + 100 % \"quoted\"\n<b>second</b> line; {curly} \\ #7 ?";
        var csrf = page.locator("input[name=_csrf]").first().inputValue();
        var key = page.locator("input[name=idempotencyKey]").inputValue();
        type(page, "ci {x}", description);
        var addresses = addresses(page);
        if (elsewhere) {
            endSessionsElsewhere(person);
        } else {
            endSession(tab);
        }
        button(page, "Create token").click();

        assertThat(page.getByText("You are not signed in, or no longer.")).isVisible();
        signIn(page, person);
        assertTyped(page, "ci {x}", description);
        assertNoSecretIn(addresses, csrf, key);
        assertThat(tokens(person)).isZero();
        button(page, "Create token").click();
        assertThat(page.locator("#value")).isVisible();
        assertThat(token(person, "ci {x}").path("description").asString()).isEqualTo(description);
    }

    /** Every letter of it is nine in an address, and fifteen in an address within an address. */
    @Test
    void the_longest_text_of_all_survives_the_end_of_a_session(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(LIST).open(NEW).page();
        var name = "鍵".repeat(100);
        var description = "帳".repeat(500);
        type(page, name, description);
        endSession(tab);
        button(page, "Create token").click();
        signIn(page, person);

        assertTyped(page, name, description);
    }

    @Test
    void what_was_typed_survives_without_javascript_too(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(NEW).page();
        type(page, "ci", "Every\nnight");
        var addresses = addresses(page);
        endSession(tab);
        button(page, "Create token").click();
        field(page, "Email").fill(person.email());
        field(page, "Password").fill("not the password");
        button(page, "Sign in").click();
        assertThat(page.getByText("The email address or the password is not right."))
                .isVisible();
        assertThat(field(page, "Email")).hasValue(person.email());
        signIn(page, person);

        assertTyped(page, "ci", "Every\nnight");
        assertNoSecretIn(addresses);
    }

    @Test
    void a_form_from_before_another_sign_in_is_renewed_with_what_was_typed(Tab tab) {
        var person = Site.person();
        var page = tab.signIn(person).open(LIST).open(NEW).page();
        type(page, "ci", "Every\nnight");
        var other = tab.another().open(LIST).page();
        button(other, "Sign out").click();
        signIn(other, person);
        assertThat(other).hasURL(Site.address() + LIST);
        var addresses = addresses(page);
        button(page, "Create token").click();

        assertThat(page.getByText("You have signed in again since this page was shown."))
                .isVisible();
        assertTyped(page, "ci", "Every\nnight");
        assertNoSecretIn(addresses);
        assertThat(tokens(person)).isZero();
        button(page, "Create token").click();
        assertThat(page.locator("#value")).isVisible();
        assertThat(tokens(person)).isEqualTo(1);
    }
}
