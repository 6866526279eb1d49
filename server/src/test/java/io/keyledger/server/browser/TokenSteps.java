package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.GetByLabelOptions;
import com.microsoft.playwright.Page.GetByRoleOptions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.RequestOptions;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.People.Person;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Locale;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/** What people do on the pages of their tokens, test after test. */
final class TokenSteps {

    static final String LIST = "/settings/tokens";
    static final String NEW = "/settings/tokens/new";
    static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private TokenSteps() {}

    static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new GetByRoleOptions().setName(name).setExact(true));
    }

    static Locator link(Page page, String name) {
        return page.getByRole(
                AriaRole.LINK, new GetByRoleOptions().setName(name).setExact(true));
    }

    static Locator field(Page page, String label) {
        return page.getByLabel(label, new GetByLabelOptions().setExact(true));
    }

    /** Through the page for it, wherever one was sent to it. */
    static void signIn(Page page, Person person) {
        field(page, "Email").fill(person.email());
        field(page, "Password").fill(People.PASSWORD);
        button(page, "Sign in").click();
    }

    /** The token's row in the list. */
    static Locator row(Page page, String name) {
        return page.locator("#list tbody tr")
                .filter(new Locator.FilterOptions()
                        .setHas(page.getByRole(
                                AriaRole.LINK,
                                new GetByRoleOptions().setName(name).setExact(true))));
    }

    /** The three dots in the token's row. */
    static Locator dots(Page page, String name) {
        return row(page, name).locator("summary");
    }

    /** Edit or Delete, in the menu of the token's row; they open a dialog. */
    static Locator fromMenu(Page page, String name, String item) {
        dots(page, name).click();
        page.getByRole(AriaRole.MENUITEM, new GetByRoleOptions().setName(item).setExact(true))
                .click();
        var dialog = page.locator("#dialog");
        assertThat(dialog).isVisible();
        return dialog;
    }

    /** @return the value that is shown this once */
    static String create(Page page, String name) {
        page.navigate(NEW);
        field(page, "Token name").fill(name);
        button(page, "Create token").click();
        return page.locator("#value").textContent();
    }

    static JsonNode token(Person person, String name) {
        var found = new java.util.ArrayList<JsonNode>();
        person.session().get("/api/tokens?limit=100").json().path("items").forEach(token -> {
            if (token.path("name").asString().equals(name)) {
                found.add(token);
            }
        });
        assertThat(found).as("tokens called %s", name).hasSize(1);
        return found.getFirst();
    }

    static int tokens(Person person) {
        return person.session()
                .get("/api/tokens?limit=100")
                .json()
                .path("items")
                .size();
    }

    static int status(String value) {
        return Site.anybody().token(value).get("/api/tokens/self").status();
    }

    /**
     * As if it had been used in the last 90 days, for {@code tokens:read} yesterday: 1 to 40 times a day, the day before
     * yesterday 3 times refused.
     */
    static void use(String tokenId) {
        JdbcClient.create(Site.database()).sql("""
            with used as (
                insert into state.token_use (token_id, accepted_at, refused_when_revoked)
                values (:token, array[now() - interval '1 day'], 0)),
            asked as (
                insert into state.token_permission_use (token_id, permission, last_asked_at)
                values (:token, 'tokens:read', now() - interval '1 day'))
            insert into state.token_use_day (token_id, day, accepted, refused)
            select :token, (now() at time zone 'utc')::date - day, 1 + day * 7 % 40, case day when 2 then 3 else 0 end
            from generate_series(1, 89) as day\
            """).param("token", tokenId).update();
    }

    /** As the page writes it for a British reader. */
    static String date(LocalDate day) {
        return DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM)
                .withLocale(Locale.UK)
                .format(day);
    }

    static Instant endOf(LocalDate day, ZoneId zone) {
        return day.plusDays(1).atStartOfDay(zone).toInstant().minusSeconds(1);
    }

    /** Whoever changes the password elsewhere ends the other sessions, and keeps that one. */
    static void endSessionsElsewhere(Person person) {
        var answer =
                person.session().put("/api/account/password", """
                    {"currentPassword": "%1$s", "newPassword": "%2$s", "confirmNewPassword": "%2$s"}\
                    """.formatted(People.PASSWORD, "eight wooden ladders"));
        assertThat(answer.status()).as("%s", answer).isEqualTo(204);
        var back = Site.anybody().password(person.email(), "eight wooden ladders");
        var again = back.put("/api/account/password", """
            {"currentPassword": "%2$s", "newPassword": "%1$s", "confirmNewPassword": "%1$s", "endOtherSessions": false}\
            """.formatted(People.PASSWORD, "eight wooden ladders"));
        assertThat(again.status()).as("%s", again).isEqualTo(204);
    }

    /** Of this browser; its cookies go, too. */
    static void endSession(Tab tab) {
        var csrf = tab.page().context().cookies().stream()
                .filter(cookie -> cookie.name.equals("XSRF-TOKEN"))
                .findFirst()
                .orElseThrow();
        var answer = tab.page()
                .context()
                .request()
                .delete("/api/session", RequestOptions.create().setHeader("X-XSRF-TOKEN", csrf.value));
        assertThat(answer.status()).as(answer.text()).isEqualTo(204);
    }

    /** The page can be read without scrolling sideways. */
    static void assertFits(Tab tab) {
        var fits = tab.page()
                .evaluate("() => [document.documentElement.scrollWidth, innerWidth,"
                        + " [...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right >"
                        + " innerWidth + 1).map(e => e.outerHTML.slice(0, 90)).slice(0, 5)]");
        var widths = (java.util.List<?>) fits;
        assertThat(((Number) widths.get(0)).intValue())
                .as("%s is wider than its window: %s", tab.page().url(), widths)
                .isLessThanOrEqualTo(((Number) widths.get(1)).intValue());
    }

    static Client.Answer createToken(Person person, String json) {
        var answer = person.session().post("/api/tokens", json);
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        return answer;
    }
}
