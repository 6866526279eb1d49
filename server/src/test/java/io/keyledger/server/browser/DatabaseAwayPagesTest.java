package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.TokenSteps.LIST;
import static io.keyledger.server.browser.TokenSteps.button;
import static io.keyledger.server.browser.TokenSteps.field;
import static io.keyledger.server.browser.TokenSteps.fromMenu;
import static io.keyledger.server.browser.TokenSteps.link;
import static io.keyledger.server.browser.TokenSteps.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.People;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** While the server has no database, or fails, its pages say so, keep what was typed, and go on afterwards. */
@BrowserTest
class DatabaseAwayPagesTest {

    /** Another database of the same PostgreSQL, from where the site's can be taken away. */
    private static HikariDataSource beside;

    private static String name;

    @BeforeAll
    static void connect() {
        beside = TestDatabase.createEmpty();
        name = URI.create(TestDatabase.jdbcUrl(Site.database()).substring("jdbc:".length()))
                .getPath()
                .substring(1);
    }

    /** Other tests go on with this server: all that it does in the background has to be back. */
    @AfterEach
    void waitUntilAllIsBack() {
        allowConnections(true);
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptionsMatching(_ -> true)
                .untilAsserted(() -> {
                    var person = Site.person();
                    People.createToken(person.session(), "back");
                    assertThat(TokenSteps.tokens(person)).isEqualTo(1);
                });
    }

    @AfterAll
    static void close() {
        beside.close();
    }

    private static void allowConnections(boolean allowed) {
        var jdbc = JdbcClient.create(beside);
        jdbc.sql("alter database " + name + " allow_connections " + allowed).update();
        if (!allowed) {
            jdbc.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = ?")
                    .param(name)
                    .query()
                    .singleRow();
        }
    }

    @Test
    void a_page_says_that_the_database_is_away_and_comes_back_with_it(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        var page = tab.signIn(person).open(LIST).page();
        var dialog = fromMenu(page, "ci", "Edit");
        field(page, "Token name").fill("cd");
        tab.expecting("answered 503").expecting("console: (htmx|Response Status Error Code 503)");
        allowConnections(false);
        button(page, "Save").click();
        assertThat(dialog.locator("[role=alert]")).containsText("Try again in a moment");
        assertThat(field(page, "Token name")).hasValue("cd");
        page.keyboard().press("Escape");

        field(page, "Search").fill("c");
        assertThat(page.locator(".alert-danger")).containsText("Try again in a moment");
        assertThat(row(page, "ci")).isVisible();

        tab.open(LIST);
        assertThat(page.locator("h1")).hasText("The service is not available right now");
        Axe.check(tab);
        allowConnections(true);
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            if (link(page, "Try again").isVisible()) {
                link(page, "Try again").click();
            }
            assertThat(row(page, "ci").isVisible()).isTrue();
        });
    }

    @Test
    void a_failure_of_the_server_is_a_page_with_a_reference(Tab tab) {
        var person = Site.person();
        People.createToken(person.session(), "ci");
        tab.signIn(person).expecting("answered 500");
        var jdbc = JdbcClient.create(Site.database());
        jdbc.sql("alter table projection.token_list rename to token_list_away").update();
        try {
            var page = tab.open(LIST).page();
            assertThat(page.locator("h1")).hasText("Something went wrong");
            assertThat(page.locator("code")).hasText(java.util.regex.Pattern.compile("[0-9a-f]{32}"));
            assertThat(page.content()).doesNotContain("token_list", "SQL", "Exception");
            Axe.check(tab);
        } finally {
            jdbc.sql("alter table projection.token_list_away rename to token_list")
                    .update();
        }
        link(tab.page(), "Try again").click();
        assertThat(row(tab.page(), "ci")).isVisible();
    }
}
