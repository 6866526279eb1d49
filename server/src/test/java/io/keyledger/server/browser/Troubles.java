package io.keyledger.server.browser;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.WaitForConditionOptions;
import com.microsoft.playwright.PlaywrightException;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Response;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a page must not do, whatever the test is about: log an error, break its Content Security Policy, leave an
 * exception uncaught, ask another host, ask in vain, or crash.
 *
 * <p>An answer of 400 and above is trouble, but for 409, 412 and 422 to a change: this is how the server answers a form
 * that it cannot accept as filled in, many tests are about just that, and each of them sees the page that comes back.
 * Everything else is for {@link Tab#expecting}: a 404 or 403 that a test wants, it says so.
 */
final class Troubles {

    /** Chromium's line about a request that failed; the request itself tells more. */
    private static final String FAILED_TO_LOAD = "Failed to load resource:";

    /** The page has moved on, or the person has; nothing is wrong with the request. */
    private static final String ABORTED = "net::ERR_ABORTED";

    /** For requests that are under way when the test is over; the server answers in a hundredth of it. */
    private static final double SETTLING_MILLIS = 5_000;

    private static final Set<String> CHANGES = Set.of("POST", "PUT", "PATCH", "DELETE");
    private static final Set<Integer> REFUSALS = Set.of(409, 412, 422);
    private static final Pattern POLICY = Pattern.compile("(?i)content.security.policy|\\bCSP\\b");

    /** Chromium reports what it enforces; this reports what a policy only asks to be told, too. */
    private static final String TELL_VIOLATIONS = """
        addEventListener('securitypolicyviolation', event => console.error(
            `Content Security Policy: ${event.effectiveDirective} violated by ${event.blockedURI || 'something'}`
            + ` (${event.sourceFile || event.documentURI}:${event.lineNumber})`));\
        """;

    private final BrowserContext context;
    private final URI server;
    private final Set<String> found = new LinkedHashSet<>();
    private final Set<Request> unanswered = new LinkedHashSet<>();
    private final List<Pattern> expected = new ArrayList<>();

    private Troubles(BrowserContext context, URI server) {
        this.context = context;
        this.server = server;
    }

    /** From now on. */
    static Troubles of(BrowserContext context, URI server) {
        var troubles = new Troubles(context, server);
        context.addInitScript(TELL_VIOLATIONS);
        context.onConsoleMessage(troubles::onConsoleMessage);
        context.onWebError(error -> troubles.found.add(
                "uncaught: " + error.error() + " (" + error.page().url() + ")"));
        context.onRequest(troubles::onRequest);
        context.onRequestFailed(troubles::onRequestFailed);
        context.onRequestFinished(troubles.unanswered::remove);
        context.onResponse(troubles::onResponse);
        context.onPage(page -> {
            page.onCrash(crashed -> troubles.found.add("crashed: " + crashed.url()));
            page.onWebSocket(socket -> troubles.checkHost("WebSocket", socket.url()));
        });
        return troubles;
    }

    void expect(String trouble) {
        expected.add(Pattern.compile(trouble));
    }

    /**
     * What was found until now, and not expected.
     *
     * @param complete the test went through to its end: what was expected should have been found
     */
    List<String> all(boolean complete) {
        settle();
        var unexpected = found.stream()
                .filter(trouble -> expected.stream()
                        .noneMatch(pattern -> pattern.matcher(trouble).find()));
        var missed = expected.stream()
                .filter(pattern -> complete
                        && found.stream()
                                .noneMatch(trouble -> pattern.matcher(trouble).find()))
                .map(pattern -> "expected, but not found: " + pattern);
        return Stream.concat(unexpected, missed).toList();
    }

    /** Lets requests end that are under way, and takes in what has happened: it is told only while Playwright is busy. */
    private void settle() {
        for (var page : context.pages()) {
            try {
                page.waitForTimeout(30);
                page.waitForCondition(
                        () -> unanswered.stream().noneMatch(request -> isOf(page, request)),
                        new WaitForConditionOptions().setTimeout(SETTLING_MILLIS));
                // A violation is told in a task of its own, and the console from another process.
                page.waitForTimeout(30);
            } catch (PlaywrightException e) {
                unanswered.stream()
                        .filter(request -> isOf(page, request))
                        .forEach(request -> found.add(text(request) + " was never answered"));
            }
        }
    }

    private static boolean isOf(Page page, Request request) {
        try {
            return request.frame().page().equals(page);
        } catch (PlaywrightException e) {
            // Its frame never came to be.
            return false;
        }
    }

    private static boolean isOfSameFrame(Request one, Request other) {
        try {
            return one.frame().equals(other.frame());
        } catch (PlaywrightException e) {
            return false;
        }
    }

    private void onConsoleMessage(ConsoleMessage message) {
        var isTrouble = message.type().equals("error")
                || (message.type().equals("warning")
                        && POLICY.matcher(message.text()).find());
        if (isTrouble && !message.text().startsWith(FAILED_TO_LOAD)) {
            found.add("console: " + message.text() + " (" + message.location() + ")");
        }
    }

    private void onRequest(Request request) {
        if (request.isNavigationRequest()) {
            // What the old page still waits for ends with it, and nobody is told.
            unanswered.removeIf(other -> isOfSameFrame(other, request));
        }
        if (!request.url().contains("/favicon")) {
            // The browser itself asks for the icon, and may drop it, without a word, when the page is left.
            unanswered.add(request);
        }
        checkHost(request.method(), request.url());
    }

    private void onRequestFailed(Request request) {
        unanswered.remove(request);
        if (!ABORTED.equals(request.failure())) {
            found.add(text(request) + " failed: " + request.failure());
        }
    }

    private void onResponse(Response response) {
        var status = response.status();
        var method = response.request().method();
        if (status >= 400 && !(REFUSALS.contains(status) && CHANGES.contains(method))) {
            found.add(text(response.request()) + " answered " + status);
        }
    }

    private void checkHost(String method, String url) {
        var authority = URI.create(url.replaceFirst("[?#].*", "")).getRawAuthority();
        // No authority: data: and blob: stay in the browser.
        if (authority != null && !authority.equals(server.getRawAuthority())) {
            found.add(method + " " + url + " is for another host");
        }
    }

    private static String text(Request request) {
        return request.method() + " " + request.url();
    }
}
