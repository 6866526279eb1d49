package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keyledger.server.browser.Trait.DARK;
import static io.keyledger.server.browser.Trait.GERMAN;
import static io.keyledger.server.browser.Trait.IN_TOKYO;
import static io.keyledger.server.browser.Trait.PHONE;
import static io.keyledger.server.browser.Trait.REDUCED_MOTION;
import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static io.keyledger.server.browser.Trait.ZOOMED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That a tab is what its test asked for. */
@Tag("browser")
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class TabTest {

    private static final SamplePages PAGES = new SamplePages();

    @RegisterExtension
    static final Browsing BROWSING = new Browsing(PAGES::address);

    @BeforeAll
    static void write() {
        PAGES.put("/page.css", "main { min-height: 3000px }")
                .put("/page.js", """
                    document.querySelector('button').onclick = () => navigator.clipboard.writeText('copied');
                    """)
                .page("/page", """
                    <link rel='stylesheet' href='/page.css'><noscript>No JavaScript</noscript>
                    <button>Copy</button><script src='/page.js'></script>\
                    """);
    }

    @AfterAll
    static void stop() {
        PAGES.close();
    }

    private static List<?> looks(Tab tab) {
        return (List<?>) tab.open("/page").page().evaluate("""
            () => [matchMedia('(prefers-color-scheme: dark)').matches, innerWidth, navigator.language,
                Intl.DateTimeFormat().resolvedOptions().timeZone,
                matchMedia('(prefers-reduced-motion: reduce)').matches, matchMedia('(pointer: coarse)').matches]\
            """);
    }

    @Test
    void it_is_wide_light_english_and_in_berlin(Tab tab) {
        assertThat(looks(tab)).asString().isEqualTo("[false, 1280, en-GB, Europe/Berlin, false, false]");
    }

    @Test
    void it_has_the_traits_asked_for(@With({DARK, PHONE, GERMAN, IN_TOKYO, REDUCED_MOTION}) Tab tab) {
        assertThat(looks(tab)).asString().isEqualTo("[true, 390, de-DE, Asia/Tokyo, true, true]");
    }

    @Test
    void it_is_zoomed(@With(ZOOMED) Tab tab) {
        assertThat(looks(tab)).asString().startsWith("[false, 640,");
    }

    @Test
    void traits_may_be_chosen_as_the_test_runs(Tabs tabs) {
        for (var trait : List.of(DARK, REDUCED_MOTION)) {
            assertThat(looks(tabs.with(trait)).get(trait == DARK ? 0 : 4)).isEqualTo(true);
        }
    }

    @Test
    void it_is_without_javascript(@With(WITHOUT_JAVASCRIPT) Tab without, Tab with) {
        assertThat(without.open("/page").page().locator("noscript")).isVisible();
        assertThat(with.open("/page").page().locator("noscript")).isHidden();
    }

    @Test
    void what_was_copied_can_be_read(Tab tab) {
        tab.open("/page").page().getByText("Copy").click();
        assertThat(tab.clipboard()).isEqualTo("copied");
    }

    @Test
    void a_picture_is_of_the_whole_page(Tab tab) throws Exception {
        var picture = ImageIO.read(Pictures.take(tab.open("/page"), "sample").toFile());
        assertThat(picture.getWidth()).isEqualTo(1280);
        assertThat(picture.getHeight()).isGreaterThan(3000);
        assertThat(Path.of("target", "pictures", "sample.png")).exists();
    }
}
