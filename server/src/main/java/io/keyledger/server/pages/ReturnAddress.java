package io.keyledger.server.pages;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/**
 * Where somebody goes on after signing in: the page they were on. Every form is shown by a GET of the address that it is
 * sent to, filled in from parameters; so a form that came without a session is not lost.
 */
final class ReturnAddress {

    /** Room for the longest name and description, each letter as nine (UTF-8, percent-encoded). */
    private static final int MAX_LENGTH = 7_000;

    /** Never put into an address. */
    private static final Set<String> SECRET = Set.of(
            "_csrf",
            "password",
            "currentPassword",
            "newPassword",
            "confirmNewPassword",
            "secret",
            "url",
            "idempotencyKey");

    private ReturnAddress() {}

    static String of(HttpServletRequest request) {
        var current = request.getHeader("HX-Current-URL");
        if (current != null && request.getMethod().equals("GET")) {
            // A part of a page was asked for.
            return checked(pathOf(current));
        }
        return checked(request.getRequestURI() + query(request));
    }

    private static String query(HttpServletRequest request) {
        var query = UriComponentsBuilder.newInstance();
        request.getParameterMap().forEach((name, values) -> {
            if (!SECRET.contains(name)) {
                for (var value : values) {
                    query.queryParam(encoded(name), encoded(value));
                }
            }
        });
        var text = query.build(true).getQuery();
        return text == null ? "" : "?" + text;
    }

    private static String encoded(String text) {
        return UriUtils.encode(text, StandardCharsets.UTF_8);
    }

    private static @Nullable String pathOf(String address) {
        try {
            var uri = URI.create(address);
            return uri.getRawQuery() == null ? uri.getRawPath() : uri.getRawPath() + "?" + uri.getRawQuery();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** A page of this server, or the first one: never another host. No braces: a redirect would look for their value. */
    static String checked(@Nullable String address) {
        return address != null
                        && address.length() <= MAX_LENGTH
                        && address.matches("/(?![/\\\\])[!-~&&[^\\\\{}]]*")
                        && !address.startsWith("/api/")
                        && !address.startsWith("/sign-in")
                ? address
                : "/";
    }
}
