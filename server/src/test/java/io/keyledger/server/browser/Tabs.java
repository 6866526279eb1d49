package io.keyledger.server.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.ScreenshotOptions;
import com.microsoft.playwright.PlaywrightException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.opentest4j.TestAbortedException;

/** The tabs of one test, for a test that knows only as it runs which ones it needs: {@code tabs.with(DARK)}. */
final class Tabs {

    private final Browser browser;
    private final URI server;
    private final List<Tab> sessions = new ArrayList<>();

    Tabs(Browser browser, URI server) {
        this.browser = browser;
        this.server = server;
    }

    /** In a session of its own. */
    Tab with(Trait... traits) {
        var context = browser.newContext(Trait.options(List.of(traits)).setBaseURL(server.toString()));
        context.setDefaultTimeout(Browsing.PATIENCE_MILLIS);
        context.grantPermissions(List.of("clipboard-read", "clipboard-write"));
        var troubles = Troubles.of(context, server);
        var tab = new Tab(context.newPage(), troubles, !List.of(traits).contains(Trait.WITHOUT_JAVASCRIPT));
        sessions.add(tab);
        return tab;
    }

    /**
     * Closes them all.
     *
     * @param failure what the test found itself; it gets a hint at what was left
     * @throws AssertionError the test found nothing, but there were troubles
     */
    void end(Path directory, String name, Optional<Throwable> failure) {
        try {
            var found = sessions.stream()
                    .flatMap(session -> session.troubles().all(failure.isEmpty()).stream())
                    .toList();
            var failed = failure.filter(e -> !(e instanceof TestAbortedException));
            if (found.isEmpty() && failed.isEmpty()) {
                return;
            }
            var message = (found.isEmpty() ? "" : "Troubles of the page:\n- " + String.join("\n- ", found) + "\n")
                    + "How the page looked:\n" + String.join("\n", leave(directory, name));
            if (failed.isEmpty()) {
                throw new AssertionError(message);
            }
            failed.get().addSuppressed(new Hint(message));
        } finally {
            sessions.forEach(session -> session.page().context().close());
        }
    }

    private List<String> leave(Path directory, String name) {
        var left = new ArrayList<String>();
        for (var session : sessions) {
            for (var page : session.page().context().pages()) {
                var file = name + (left.isEmpty() ? "" : "-tab-" + (left.size() + 1));
                left.add(leave(page, directory.resolve(file + ".png"), directory.resolve(file + ".html")));
            }
        }
        return left;
    }

    private static String leave(Page page, Path picture, Path html) {
        try {
            page.screenshot(new ScreenshotOptions().setPath(picture).setFullPage(true));
            Files.writeString(html, page.content());
            return page.url() + "\n  " + picture.toAbsolutePath() + "\n  " + html.toAbsolutePath();
        } catch (PlaywrightException | IOException e) {
            return page.url() + " cannot be shown: " + e.getMessage();
        }
    }

    /** Stands below a failure in the report. Where it was made does not matter. */
    private static final class Hint extends Exception {
        Hint(String message) {
            super(message, null, false, false);
        }
    }
}
