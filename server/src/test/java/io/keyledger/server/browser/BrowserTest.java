package io.keyledger.server.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests of pages in a real browser. Each asks for a {@link Tab}, or for several: each is in a browser session of its
 * own, as if it were on another device. {@link Tab#another} is one beside it in the same session.
 *
 * <pre>{@code
 * @BrowserTest
 * class TokensPageTest {
 *     @Test
 *     void a_taken_name_is_refused_beside_its_field(@With({DARK, PHONE}) Tab tab) {
 *         tab.signIn(Site.person()).open("/settings/tokens/new");
 *         tab.page().getByLabel("Name").fill("ci");
 *         ...
 *         Axe.check(tab);
 *         Pictures.take(tab, "token-name-taken-dark-phone");
 *     }
 * }
 * }</pre>
 *
 * <p>A test that does this fails when the page had any {@link Troubles}, and one that fails leaves a picture and the
 * HTML of each tab in {@code server/target/browser}. Playwright is for one thread: no {@code assertTimeoutPreemptively},
 * no parallel tests.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("browser")
// Playwright's evaluate waits for a promise as long as it takes.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@ExtendWith(Browsing.class)
@interface BrowserTest {}
