package io.keyledger.server.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Hands out tabs, and looks at them when the test is over. One browser serves all tests of the JVM. */
final class Browsing implements ParameterResolver, AfterEachCallback {

    /** Chromium does what is asked in milliseconds; a busy machine may take its time. */
    static final double PATIENCE_MILLIS = 30_000;

    private static final Namespace NAMESPACE = Namespace.create(Browsing.class);

    private final Supplier<URI> server;

    Browsing() {
        this(Site::address);
    }

    /** @param server where paths lead to; any other host is a stranger */
    Browsing(Supplier<URI> server) {
        this.server = server;
    }

    /** Closed by JUnit after the last test. */
    private record Running(Playwright playwright, Browser browser) implements AutoCloseable {

        static Running start() {
            // First, as it may have to be installed, and Playwright unpacks 120 MB for nothing otherwise.
            var launch = Chromium.launch();
            var playwright = Playwright.create(
                    new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
            PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
            return new Running(playwright, playwright.chromium().launch(launch));
        }

        @Override
        public void close() {
            playwright.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        var type = parameter.getParameter().getType();
        return type == Tab.class || type == Tabs.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        var tabs =
                store(context).computeIfAbsent(Tabs.class, _ -> new Tabs(browser(context), server.get()), Tabs.class);
        return parameter.getParameter().getType() == Tabs.class
                ? tabs
                : tabs.with(
                        parameter.findAnnotation(With.class).map(With::value).orElse(new Trait[0]));
    }

    private static Browser browser(ExtensionContext context) {
        return store(context.getRoot())
                .computeIfAbsent(Running.class, _ -> Running.start(), Running.class)
                .browser();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        var tabs = store(context).remove(Tabs.class, Tabs.class);
        if (tabs != null) {
            tabs.end(Path.of("target", "browser"), name(context), context.getExecutionException());
        }
    }

    private static Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }

    /** Class and method, and which run of it; for file names. */
    private static String name(ExtensionContext context) {
        var id = context.getUniqueId();
        var run = id.contains("#")
                ? id.substring(id.lastIndexOf('#'), id.length() - 1).replace('#', '-')
                : "";
        return context.getRequiredTestClass().getSimpleName() + "."
                + context.getRequiredTestMethod().getName() + run;
    }
}
