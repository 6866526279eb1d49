package io.keyledger.query.authentication;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Origin;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.token.TokenValue;
import io.keyledger.query.authentication.IntrospectionEndpoint.Introspection;
import io.keyledger.query.authentication.TokenAuthentication.AuthenticatedToken;
import io.keyledger.query.authentication.TokenAuthentication.Look;
import io.keyledger.query.authentication.TokenAuthentication.Use;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers introspection to resource servers, which ask at every request of theirs: before the security chain, without a
 * session or a controller, and with one query for both tokens. It takes only what such programs send, a plain form with
 * a token as Bearer or its id and value by HTTP Basic; whatever is odd about a request, and people, it leaves to the rest
 * of the chain and {@link IntrospectionEndpoint}, which say what is wrong.
 */
public final class IntrospectionFilter extends HttpFilter {

    private static final String PATH = "/oauth2/introspect";
    private static final Set<String> FORMS = Set.of(
            MediaType.APPLICATION_FORM_URLENCODED_VALUE,
            MediaType.APPLICATION_FORM_URLENCODED_VALUE + ";charset=UTF-8");
    private static final Set<String> JSON = Set.of(MediaType.APPLICATION_JSON_VALUE, MediaType.ALL_VALUE);
    private static final List<String> PARAMETERS = List.of("token", "token_type_hint", "ip_address");

    private final TokenAuthentication authentication;
    private final Function<HttpServletRequest, Origin> origins;
    private final Issuer issuer;
    private final JsonMapper json;

    /** @param origins tells where a request came from */
    public IntrospectionFilter(
            TokenAuthentication authentication,
            Function<HttpServletRequest, Origin> origins,
            Issuer issuer,
            JsonMapper json) {
        this.authentication = authentication;
        this.origins = origins;
        this.issuer = issuer;
        this.json = json;
    }

    /** @param id absent with a Bearer token */
    private record Client(@Nullable String id, TokenValue value) {}

    /** @throws Refusal which the filter before this one answers */
    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var client = isPlain(request) ? client(request) : null;
        if (client == null || !hasPlainForm(request, client)) {
            chain.doFilter(request, response);
            return;
        }
        var body = json.writeValueAsBytes(introspect(client, request));
        response.setContentType(MediaType.APPLICATION_JSON_VALUE);
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private static boolean isPlain(HttpServletRequest request) {
        var accept = request.getHeader(HttpHeaders.ACCEPT);
        return request.getRequestURI().equals(PATH)
                && request.getMethod().equals("POST")
                && request.getQueryString() == null
                && request.getContentLengthLong() >= 0
                && FORMS.contains(String.valueOf(request.getContentType()))
                && (accept == null || JSON.contains(accept))
                // A browser sends what it knows for HTTP Basic by itself.
                && request.getHeader("Sec-Fetch-Site") == null;
    }

    private static @Nullable Client client(HttpServletRequest request) {
        var headers = request.getHeaders(HttpHeaders.AUTHORIZATION);
        var header = headers.hasMoreElements() ? headers.nextElement() : "";
        if (headers.hasMoreElements()) {
            return null;
        }
        if (header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return client(null, header.substring(7));
        }
        if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return null;
        }
        return BasicCredentials.parse(header.substring(6).strip())
                .filter(BasicCredentials::areOfToken)
                .map(credentials -> client(credentials.user(), credentials.password()))
                .orElse(null);
    }

    private static @Nullable Client client(@Nullable String id, String value) {
        return TokenValue.parse(value.strip())
                .map(parsed -> new Client(id, parsed))
                .orElse(null);
    }

    /** Whether the form says each thing once, and says it in text. */
    private boolean hasPlainForm(HttpServletRequest request, Client client) {
        try {
            for (var name : PARAMETERS) {
                var values = request.getParameterValues(name);
                if (values != null && (values.length > 1 || values[0].indexOf('\0') >= 0)) {
                    return false;
                }
            }
            return request.getParameter("token") != null;
        } catch (IllegalStateException e) {
            // The container says only once that a form is malformed. Whoever asks is looked at first, as ever.
            token(client, authentication.begin(client.value()), origins.apply(request), List.of());
            throw e;
        }
    }

    /** Both values are asked about at once; of the second one nothing is told, or kept, before the first one may ask. */
    private Introspection introspect(Client client, HttpServletRequest request) {
        var origin = origins.apply(request);
        var asked = request.getParameter("token").strip();
        var caller = authentication.begin(client.value());
        var look = TokenValue.parse(asked).map(authentication::begin);
        var token = token(client, caller, origin, List.of(Permission.INTROSPECT));
        if (!token.permissions().contains(Permission.INTROSPECT)) {
            throw Refusal.Forbidden.permissionMissing(Permission.INTROSPECT);
        }
        var use = IntrospectionEndpoint.use(request.getParameter("ip_address"), origin);
        return look.map(begun -> begun.token(use))
                .orElseGet(() -> authentication.authenticate(asked, use))
                .map(found -> Introspection.of(found, issuer.of(request)))
                .orElse(Introspection.INACTIVE);
    }

    private static AuthenticatedToken token(Client client, Look look, Origin origin, List<String> permissions) {
        return look.token(new Use(origin, () -> null, permissions))
                .filter(token -> client.id() == null || client.id().equals(token.tokenId()))
                .orElseThrow(TokenAuthentication::invalidToken);
    }
}
