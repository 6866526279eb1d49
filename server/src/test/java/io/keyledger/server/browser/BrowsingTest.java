package io.keyledger.server.browser;

import static io.keyledger.server.browser.Trait.WITHOUT_JAVASCRIPT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import com.microsoft.playwright.PlaywrightException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.EventType;

/** That the troubles of a page fail its test, each of them; by tests that must fail, run inside of this one. */
@Tag("browser")
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class BrowsingTest {

    private static final Path LEFT = Path.of("target", "browser");

    private static Map<String, TestExecutionResult> results;

    @BeforeAll
    static void run() throws Exception {
        for (var test : new String[] {"fails_by_itself", "logs_an_error", "is_given_up", "is_clean"}) {
            Files.deleteIfExists(LEFT.resolve("Samples." + test + ".png"));
            Files.deleteIfExists(LEFT.resolve("Samples." + test + ".html"));
        }
        try (var pages = new SamplePages()) {
            Samples.pages = pages;
            results = EngineTestKit.engine("junit-jupiter")
                    .selectors(selectClass(Samples.class))
                    .execute()
                    .testEvents()
                    .filter(event -> event.getType() == EventType.FINISHED)
                    .collect(Collectors.toMap(
                            event -> event.getTestDescriptor()
                                    .getLegacyReportingName()
                                    .replaceFirst("\\(.*", ""),
                            event -> event.getRequiredPayload(TestExecutionResult.class)));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "logs_an_error           | - console: out of order (http://127.0.0.1",
                "has_an_inline_script    | - console: Content Security Policy: script-src-elem violated by inline",
                "has_an_inline_style     | - console: Content Security Policy: style-src-attr violated by inline",
                "breaks_a_trial_policy   | - console: Content Security Policy: script-src-elem violated by http",
                "breaks_it_without_js    | - console: Applying inline style violates",
                "throws_an_error         | - uncaught: Error: not caught",
                "rejects                 | - uncaught: Error: not awaited",
                "asks_another_host       | - GET http://stranger.example/pixel.png is for another host",
                "asks_another_address    | - GET http://192.0.2.1/ is for another host",
                "asks_another_port       | - GET http://127.0.0.1:9/ is for another host",
                "would_ask_another_host  | - console: Content Security Policy: img-src violated by"
                        + " http://stranger.example",
                "talks_to_another_host   | - WebSocket ws://stranger.example/ is for another host",
                "misses_a_picture        | /nowhere.png answered 404",
                "is_missing              | /nowhere answered 404",
                "fails_on_a_form         | /answers/500 answered 500",
                "is_forbidden            | /answers/403 answered 403",
                "refuses_to_show         | /answers/422 answered 422",
                "is_broken_off           | /breaks-off failed: net::ERR_EMPTY_RESPONSE",
                "ends_before_an_error    | /answers/500 answered 500",
                "is_never_answered       | /never was never answered",
                "opens_a_bad_tab         | - console: out of order",
                "has_a_bad_second_tab    | - console: out of order",
                "expects_in_vain         | - expected, but not found: answered 404",
                "expects_another_trouble | - console: out of order",
            })
    void troubles_fail_the_test(String test, String trouble) {
        assertThat(failure(test))
                .hasValueSatisfying(failure -> assertThat(failure).hasMessageContaining(trouble));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "is_clean",
                "is_clean_without_js",
                "warns",
                "refuses_a_form",
                "refuses_a_fetch",
                "moves_on",
                "expects_its_trouble",
                "looks_around",
            })
    void what_is_no_trouble_passes(String test) {
        assertThat(failure(test)).isEmpty();
    }

    @Test
    void a_failed_test_leaves_what_it_saw_and_says_where() {
        var failure = failure("fails_by_itself").orElseThrow();
        assertThat(failure).hasMessage("wrong text");
        assertThat(failure.getSuppressed())
                .singleElement()
                .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
                .hasMessageContainingAll(
                        "console: out of order",
                        LEFT.resolve("Samples.fails_by_itself.png")
                                .toAbsolutePath()
                                .toString(),
                        LEFT.resolve("Samples.fails_by_itself.html")
                                .toAbsolutePath()
                                .toString());
        assertThat(LEFT.resolve("Samples.fails_by_itself.png")).isNotEmptyFile();
        assertThat(LEFT.resolve("Samples.fails_by_itself.html")).content().contains("<h1>Sample</h1>");
    }

    @Test
    void troubles_leave_what_was_seen_too() {
        assertThat(failure("logs_an_error").orElseThrow())
                .hasMessageContaining(LEFT.resolve("Samples.logs_an_error.png").toString());
        assertThat(LEFT.resolve("Samples.logs_an_error.png")).isNotEmptyFile();
    }

    @Test
    void a_test_that_passed_or_gave_up_leaves_nothing() {
        assertThat(results.get("is_given_up").getStatus()).isEqualTo(TestExecutionResult.Status.ABORTED);
        assertThat(LEFT.resolve("Samples.is_given_up.png")).doesNotExist();
        assertThat(LEFT.resolve("Samples.is_clean.png")).doesNotExist();
    }

    private static Optional<Throwable> failure(String test) {
        assertThat(results).containsKey(test);
        return results.get(test).getThrowable();
    }

    /** Of these, most must fail; nobody runs them but the test around them. */
    static class Samples {

        private static SamplePages pages;

        @RegisterExtension
        static final Browsing BROWSING = new Browsing(() -> pages.address());

        @BeforeAll
        static void write() {
            pages.put("/fine.js", "document.body.append('fine');")
                    .page("/fine", "<script src='/fine.js'></script>")
                    .put("/error.js", "console.error('out of order');")
                    .page("/error", "<script src='/error.js'></script>");
        }

        private static void visit(Tab tab, String body) {
            pages.page("/visited", body);
            tab.open("/visited");
        }

        private static void visitScript(Tab tab, String script) {
            pages.put("/visited.js", script);
            visit(tab, "<script src='/visited.js'></script>");
        }

        @Test
        void is_clean(Tab tab) {
            tab.open("/fine");
        }

        @Test
        void is_clean_without_js(@With(WITHOUT_JAVASCRIPT) Tab tab) {
            tab.open("/fine");
        }

        @Test
        void warns(Tab tab) {
            visitScript(tab, "console.warn('a word'); console.info('CSP');");
        }

        @Test
        void logs_an_error(Tab tab) {
            tab.open("/error");
        }

        @Test
        void has_an_inline_script(Tab tab) {
            visit(tab, "<script>1</script>");
        }

        @Test
        void has_an_inline_style(Tab tab) {
            visit(tab, "<p style='color: red'>red</p>");
        }

        @Test
        void breaks_a_trial_policy(Tab tab) {
            pages.page("/trial", "<script src='/fine.js'></script>")
                    .header("/trial", "Content-Security-Policy-Report-Only", "script-src 'none'");
            tab.open("/trial");
        }

        @Test
        void breaks_it_without_js(@With(WITHOUT_JAVASCRIPT) Tab tab) {
            visit(tab, "<p style='color: red'>red</p>");
        }

        @Test
        void throws_an_error(Tab tab) {
            visitScript(tab, "throw new Error('not caught');");
        }

        @Test
        void rejects(Tab tab) {
            visitScript(tab, "Promise.reject(new Error('not awaited'));");
        }

        @Test
        void asks_another_host(Tab tab) {
            pages.page("/open", "<img alt='' src='http://stranger.example/pixel.png'>")
                    .header("/open", "Content-Security-Policy", "default-src *");
            tab.open("/open");
        }

        @Test
        void asks_another_address(Tab tab) {
            tab.page().navigate(pages.address() + "/fine");
            try {
                tab.page().navigate("http://192.0.2.1/");
            } catch (PlaywrightException e) {
                // Nothing leaves this machine.
                assertThat(e).hasMessageContaining("net::ERR_NAME_NOT_RESOLVED");
            }
        }

        @Test
        void asks_another_port(Tab tab) {
            try {
                tab.page().navigate("http://127.0.0.1:9/");
            } catch (PlaywrightException e) {
                // Nobody is there; that it was asked is what counts.
                assertThat(e).hasMessageContaining("net::ERR_");
            }
        }

        @Test
        void would_ask_another_host(Tab tab) {
            visit(tab, "<img alt='' src='http://stranger.example/pixel.png'>");
        }

        @Test
        void talks_to_another_host(Tab tab) {
            pages.put("/talk.js", "new WebSocket('ws://stranger.example/');")
                    .page("/talk", "<script src='/talk.js'></script>")
                    .header("/talk", "Content-Security-Policy", "default-src *");
            tab.open("/talk");
        }

        @Test
        void misses_a_picture(Tab tab) {
            visit(tab, "<img alt='' src='/nowhere.png'>");
        }

        @Test
        void is_missing(Tab tab) {
            tab.open("/nowhere");
        }

        @Test
        void fails_on_a_form(Tab tab) {
            send(tab, 500);
        }

        @Test
        void refuses_a_form(Tab tab) {
            for (var status : List.of(409, 412, 422)) {
                send(tab, status);
            }
        }

        private static void send(Tab tab, int status) {
            visit(tab, "<form method='post' action='/answers/%d'><button>Send</button></form>".formatted(status));
            tab.page().getByText("Send").click();
            tab.page().waitForURL("**/answers/" + status);
        }

        @Test
        void refuses_a_fetch(Tab tab) {
            visitScript(tab, "fetch('/answers/409', {method: 'PUT'});");
        }

        @Test
        void is_forbidden(Tab tab) {
            visitScript(tab, "fetch('/answers/403', {method: 'POST'});");
        }

        @Test
        void refuses_to_show(Tab tab) {
            tab.open("/answers/422");
        }

        @Test
        void is_broken_off(Tab tab) {
            visitScript(tab, "fetch('/breaks-off').catch(() => {});");
        }

        @Test
        void ends_before_an_error(Tab tab) {
            visitScript(tab, "setTimeout(() => fetch('/answers/500'), 1);");
        }

        @Test
        void is_never_answered(Tab tab) {
            visitScript(tab, "fetch('/never');");
        }

        @Test
        void moves_on(Tab tab) {
            visitScript(tab, "fetch('/never').catch(() => {});");
            tab.open("/fine");
        }

        @Test
        void opens_a_bad_tab(Tab tab) {
            visit(tab, "<a href='/error' target='_blank'>Another</a>");
            tab.page().waitForPopup(() -> tab.page().getByText("Another").click());
        }

        @Test
        void has_a_bad_second_tab(Tab tab, Tab other) {
            tab.open("/fine");
            other.another().open("/error");
        }

        @Test
        void expects_its_trouble(Tab tab) {
            tab.expecting("answered 404").open("/nowhere");
        }

        @Test
        void expects_in_vain(Tab tab) {
            tab.expecting("answered 404").open("/fine");
        }

        @Test
        void expects_another_trouble(Tab tab) {
            tab.expecting("answered 404").open("/nowhere");
            tab.open("/error");
        }

        @Test
        void looks_around(Tab tab) {
            tab.open("/fine");
            Axe.check(tab);
            Pictures.take(tab, "sample");
        }

        @Test
        void fails_by_itself(Tab tab) {
            tab.open("/error");
            fail("wrong text");
        }

        @Test
        void is_given_up(Tab tab) {
            tab.open("/fine");
            Assumptions.abort();
        }
    }
}
