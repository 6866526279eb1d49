package io.keyledger.server.pages;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.stereotype.Component;

/** What a browser calls itself, as people call it: "Firefox on Linux". */
@Component
class Browsers {

    /** By what stands in the name; the first that does counts, because most browsers claim to be others too. */
    private static final Map<String, String> BROWSERS = ordered(
            "Edg", "Edge",
            "OPR/", "Opera",
            "SamsungBrowser/", "Samsung Internet",
            "Vivaldi/", "Vivaldi",
            "FxiOS/", "Firefox",
            "Firefox/", "Firefox",
            "CriOS/", "Chrome",
            "Chromium/", "Chromium",
            "HeadlessChrome/", "Chrome",
            "Chrome/", "Chrome",
            "Safari/", "Safari");

    private static final Map<String, String> SYSTEMS = ordered(
            "Android", "Android",
            "iPhone", "iPhone",
            "iPad", "iPad",
            "Windows", "Windows",
            "Mac OS X", "macOS",
            "CrOS", "ChromeOS",
            "Linux", "Linux");

    private static final int SHOWN = 40;

    private final MessageSource messages;

    Browsers(MessageSource messages) {
        this.messages = messages;
    }

    /** @param userAgent the header that was sent; a program's is shown up to its version, for example "curl" */
    String readable(String userAgent, Locale locale) {
        var browser = first(BROWSERS, userAgent);
        if (browser == null) {
            var name = userAgent.strip().split("[/ (;]", 2)[0];
            return name.isEmpty()
                    ? Objects.requireNonNull(messages.getMessage("browser.unknown", null, locale))
                    : name.substring(
                            0, name.offsetByCodePoints(0, Math.min(SHOWN, name.codePointCount(0, name.length()))));
        }
        var system = first(SYSTEMS, userAgent);
        return system == null
                ? browser
                : Objects.requireNonNull(messages.getMessage("browser.on", new Object[] {browser, system}, locale));
    }

    private static @Nullable String first(Map<String, String> names, String userAgent) {
        return names.entrySet().stream()
                .filter(name -> userAgent.contains(name.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private static Map<String, String> ordered(String... pairs) {
        var map = new LinkedHashMap<String, String>();
        for (var i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }
}
