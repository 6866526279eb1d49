package io.keyledger.server.pages;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;

/**
 * A user agent as people call it: "Firefox on Linux". Enough to tell one's own devices apart; the whole text stands
 * beside it. Our own few lines, since the libraries run hundreds of regular expressions over what strangers send, to
 * know each model of telephone.
 */
final class UserAgents {

    private record Sign(String sign, String name) {}

    /** The first that is found: almost every browser claims to be those below it as well. */
    private static final List<Sign> BROWSERS = List.of(
            new Sign("Edg/", "Edge"),
            new Sign("EdgA/", "Edge"),
            new Sign("EdgiOS/", "Edge"),
            new Sign("OPR/", "Opera"),
            new Sign("OPT/", "Opera"),
            new Sign("SamsungBrowser/", "Samsung Internet"),
            new Sign("Vivaldi/", "Vivaldi"),
            new Sign("FxiOS/", "Firefox"),
            new Sign("Firefox/", "Firefox"),
            new Sign("CriOS/", "Chrome"),
            new Sign("Chrome/", "Chrome"),
            new Sign("Safari/", "Safari"));

    private static final List<Sign> SYSTEMS = List.of(
            new Sign("Android", "Android"),
            new Sign("iPhone", "iPhone"),
            new Sign("iPad", "iPad"),
            new Sign("Windows", "Windows"),
            new Sign("CrOS", "ChromeOS"),
            new Sign("Macintosh", "macOS"),
            new Sign("Linux", "Linux"),
            new Sign("X11", "Unix"));

    /** What programs call themselves (RFC 9110, section 10.1.5): a name before a slash. */
    private static final Pattern PRODUCT = Pattern.compile("([A-Za-z][A-Za-z0-9._ -]{0,39})/.*", Pattern.DOTALL);

    private UserAgents() {}

    static String name(@Nullable String userAgent, MessageSource messages, Locale locale) {
        var browser = browser(userAgent);
        if (browser == null) {
            return messages.getMessage("account.session.browser-unknown", null, locale);
        }
        var system = find(SYSTEMS, userAgent);
        return system == null
                ? browser
                : messages.getMessage("account.session.browser-on", new Object[] {browser, system}, locale);
    }

    private static @Nullable String browser(@Nullable String userAgent) {
        var browser = find(BROWSERS, userAgent);
        if (browser != null || userAgent == null) {
            return browser;
        }
        var product = PRODUCT.matcher(userAgent);
        if (!product.matches() || product.group(1).equals("Mozilla")) {
            return null;
        }
        return product.group(1);
    }

    private static @Nullable String find(List<Sign> signs, @Nullable String userAgent) {
        return userAgent == null
                ? null
                : signs.stream()
                        .filter(sign -> userAgent.contains(sign.sign()))
                        .map(Sign::name)
                        .findFirst()
                        .orElse(null);
    }
}
