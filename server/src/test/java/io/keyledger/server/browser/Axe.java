package io.keyledger.server.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** axe-core's rules about what keeps people out of a page: WCAG 2.2 up to AA, and best practice. */
final class Axe {

    private static final String RUN = """
        async () => {
            // What fades in is hard to read, until it is there.
            await Promise.all(document.getAnimations()
                .filter(animation => animation.effect?.getComputedTiming().endTime < 5000)
                .map(animation => animation.finished.catch(() => {})));
            const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
            const {violations} = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
            const indent = text => text.replaceAll('\\n', '\\n        ');
            return violations.map(rule => `${rule.id} (${rule.impact}): ${rule.help}`
                + rule.nodes.map(node => `\\n    ${node.target.join(' ')}\\n        ${indent(node.failureSummary)}`)
                    .join(''));
        }\
        """;

    private Axe() {}

    private static final class Script {
        static final String TEXT = read();

        private static String read() {
            try (var script = Axe.class.getResourceAsStream("/axe.min.js")) {
                return new String(script.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The page as it is now. */
    static void check(Tab tab) {
        assertThat(violations(tab)).as("axe-core on %s", tab.page().url()).isEmpty();
    }

    static List<String> violations(Tab tab) {
        if (!tab.hasJavaScript()) {
            throw new IllegalArgumentException("axe-core is JavaScript, and would wait forever in a tab without");
        }
        // As the developer tools do it: the page's Content Security Policy has no say in it.
        tab.page().evaluate(Script.TEXT);
        return ((List<?>) tab.page().evaluate(RUN))
                .stream().map(String::valueOf).toList();
    }
}
