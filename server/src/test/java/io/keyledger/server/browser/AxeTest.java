package io.keyledger.server.browser;

import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That axe-core finds something, and under the strictest policy. */
@Tag("browser")
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class AxeTest {

    private static final SamplePages PAGES = new SamplePages();

    @RegisterExtension
    static final Browsing BROWSING = new Browsing(PAGES::address);

    @BeforeAll
    static void write() {
        PAGES.page("/good", "<label>Name <input></label>")
                .page("/bad", "<input id='nameless'>")
                .put("/dark.css", """
                    p { color: #333; background: #fff }
                    @media (prefers-color-scheme: dark) { p { background: #222 } }\
                    """)
                .page("/dark", "<link rel='stylesheet' href='/dark.css'><p>Hard to read</p>")
                .put("/fade.css", """
                    @keyframes fade { from { color: #fff } }
                    @keyframes turn { to { rotate: 1turn } }
                    p { color: #000; animation: fade 1s linear }
                    i { animation: turn 1s infinite }\
                    """)
                .page("/fade", "<link rel='stylesheet' href='/fade.css'><p>Readable soon</p><i>Turns forever</i>");
    }

    @AfterAll
    static void stop() {
        PAGES.close();
    }

    @Test
    void nothing_is_found_where_nothing_is(Tab tab) {
        Axe.check(tab.open("/good"));
    }

    @Test
    void a_finding_says_what_where_and_how_to_mend_it(Tab tab) {
        tab.open("/bad");
        assertThatThrownBy(() -> Axe.check(tab))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll(
                        PAGES.address() + "/bad",
                        "label (critical): Form elements must have labels",
                        "#nameless",
                        "Fix any of the following",
                        "Element does not have an implicit (wrapped) <label>");
    }

    @Test
    void contrast_is_that_of_the_scheme_in_use(Tab light, @With(DARK) Tab dark) {
        Axe.check(light.open("/dark"));
        assertThat(Axe.violations(dark.open("/dark")))
                .singleElement()
                .asString()
                .startsWith("color-contrast");
    }

    @Test
    void it_waits_for_what_is_fading_in_and_not_for_what_never_ends(Tab tab) {
        Axe.check(tab.open("/fade"));
    }

    @Test
    void it_does_not_hang_without_javascript(@With(WITHOUT_JAVASCRIPT) Tab tab) {
        tab.open("/good");
        assertThatIllegalArgumentException().isThrownBy(() -> Axe.check(tab));
    }
}
