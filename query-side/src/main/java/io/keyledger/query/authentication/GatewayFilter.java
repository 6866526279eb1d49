package io.keyledger.query.authentication;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Origin;
import io.keyledger.query.authentication.TokenAuthentication.AuthenticatedToken;
import io.keyledger.query.authentication.TokenAuthentication.Use;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * Answers gateways at {@code /api/authenticate}: 204 with who it is, 401, or 403 where a permission is missing that
 * {@code ?permission=} names; 503 when it cannot know. Gateways take every other status for a failure of their own, so
 * this stands before all that has opinions about methods, addresses and bodies: a gateway may keep the original method,
 * and append the original path. With a path appended it says 200 for 204: Envoy does so, and lets nothing but 200 through
 * (ext_authz, HttpService).
 */
public final class GatewayFilter extends HttpFilter {

    private static final String PATH = "/api/authenticate";

    /** Longer ones are cut. */
    private static final int REQUEST_MAX = 200;

    /** What looks like a value of ours, or of another prefix: somebody has put it where it does not belong. */
    private static final Pattern TOKEN_VALUE = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,15}_[0-9A-Za-z]{36}");

    private final TokenAuthentication authentication;
    private final Function<HttpServletRequest, Origin> origins;

    /** @param origins tells where a request came from */
    public GatewayFilter(TokenAuthentication authentication, Function<HttpServletRequest, Origin> origins) {
        this.authentication = authentication;
        this.origins = origins;
    }

    /** @throws Refusal which the filter before this one answers */
    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var path = request.getRequestURI();
        var appended = !path.equals(PATH);
        if (appended && !path.startsWith(PATH + "/")) {
            chain.doFilter(request, response);
            return;
        }
        var wanted = permissions(request.getQueryString(), appended);
        var token = token(request, wanted);
        var missing = wanted.stream()
                .filter(permission -> !token.permissions().contains(permission))
                .toList();
        if (!missing.isEmpty()) {
            throw new Refusal.Forbidden("permission_missing", "The token lacks a permission that this needs.");
        }
        response.setHeader("Keyledger-Account", token.accountId());
        response.setHeader("Keyledger-Token", token.tokenId());
        response.setHeader("Keyledger-Permissions", token.scope());
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setStatus(appended ? HttpServletResponse.SC_OK : HttpServletResponse.SC_NO_CONTENT);
    }

    private AuthenticatedToken token(HttpServletRequest request, List<String> wanted) {
        var headers = Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION));
        if (headers.isEmpty()) {
            throw new Refusal.Unauthenticated("authentication_required", "Send a token.");
        }
        if (headers.size() > 1 || !headers.getFirst().regionMatches(true, 0, "Bearer ", 0, 7)) {
            throw new Refusal.Unauthenticated(
                    "invalid_authorization", "Send one Authorization header: Bearer and a token.");
        }
        return authentication
                .authenticate(
                        headers.getFirst().substring(7).strip(),
                        new Use(origins.apply(request), () -> original(request), wanted.isEmpty() ? null : wanted))
                .orElseThrow(TokenAuthentication::invalidToken);
    }

    /** Not by the container, which reads a body of the original request, too, and fails on malformed text. */
    private static List<String> permissions(@Nullable String query, boolean appended) {
        if (query == null) {
            return List.of();
        }
        var permissions = new ArrayList<String>();
        for (var parameter : query.split("&", -1)) {
            if (parameter.isEmpty()) {
                continue;
            }
            var equals = parameter.indexOf('=');
            if (decoded(equals < 0 ? parameter : parameter.substring(0, equals)).equals("permission")) {
                permissions.add(equals < 0 ? "" : decoded(parameter.substring(equals + 1)));
            } else if (!appended) {
                // A misspelt question must not let everybody pass.
                throw new Refusal.Forbidden(
                        "unknown_parameter",
                        "The gateway asks with a parameter that is not known; there is only permission.");
            }
        }
        return permissions;
    }

    /** A malformed text stays as it is: nobody holds a permission of that name. */
    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /**
     * Method and path of what the gateway asks about: in the headers that nginx's configurations use, or those of
     * Traefik and Caddy, or in the request itself (Envoy). Without the query, which may hold anything.
     */
    private static @Nullable String original(HttpServletRequest request) {
        var method = first(request, "X-Original-Method", "X-Forwarded-Method");
        var uri = first(request, "X-Original-URI", "X-Forwarded-Uri");
        if (uri == null) {
            var appended = request.getRequestURI().substring(PATH.length());
            uri = appended.isEmpty() ? null : appended;
        }
        if (uri == null) {
            return null;
        }
        var path = TOKEN_VALUE
                .matcher(uri.replaceFirst("^[A-Za-z][A-Za-z0-9+.-]*://[^/]*", "")
                        .split("[?#]", 2)[0]
                        .replaceAll("[^\\x21-\\x7e]", "?"))
                .replaceAll("***");
        var text = (method == null ? request.getMethod() : method.replaceAll("[^A-Za-z-]", "?")) + " " + path;
        return text.length() <= REQUEST_MAX ? text : text.substring(0, REQUEST_MAX);
    }

    private static @Nullable String first(HttpServletRequest request, String... names) {
        for (var name : names) {
            var value = request.getHeader(name);
            if (value != null && !value.isBlank()) {
                return value.strip();
            }
        }
        return null;
    }
}
