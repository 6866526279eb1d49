package io.keyledger.server.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.People;
import org.junit.jupiter.api.Test;

/** People at the real server, in tabs. */
@BrowserTest
class SiteTest {

    @Test
    void people_sign_in_without_the_page_for_it(Tab tab, Tab other) {
        var person = Site.person();
        tab.signIn(person).open("/api/account");
        assertThat(tab.page().content()).contains(person.email());
        assertThat(tab.another().open("/api/account").page().content()).contains(person.email());

        other.signIn(Site.person()).open("/api/account");
        assertThat(other.page().content()).contains("@example.org").doesNotContain(person.email());
    }

    @Test
    void the_administrator_signs_in(Tab tab) {
        assertThat(tab.signInAsAdministrator().open("/api/accounts").page().content())
                .contains("admin@localhost");
    }

    @Test
    void the_session_is_this_browsers(Tab tab) {
        var person = Site.person();
        tab.signIn(person).open("/api/sessions");
        assertThat(tab.page().content()).contains("Chrome/").contains("Java-http-client");
        assertThat(People.signIn(Site.anybody(), person.email(), People.PASSWORD)
                        .get("/api/sessions")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void nobody_is_signed_in_to_begin_with(Tab tab) {
        tab.expecting("GET .*/api/account answered 401").open("/api/account");
    }
}
