package io.keyledger.server.authentication;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.RecordSignIn;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Origin;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.command.Commands;
import io.keyledger.command.account.Passwords;
import io.keyledger.command.account.WebSessions;
import io.keyledger.query.authentication.AccountLookup;
import io.keyledger.query.authentication.BasicCredentials;
import io.keyledger.query.authentication.TokenAuthentication;
import io.keyledger.query.authentication.TokenAuthentication.Use;
import io.keyledger.query.authentication.TokenUses;
import io.keyledger.server.web.Problems;
import io.keyledger.server.web.WebConfiguration;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Finds out who is asking, anew at every request: by a token, by email and password (HTTP Basic), or by the web
 * session's cookie. A request that carries credentials which are not right is refused, never taken for anonymous.
 */
public final class CallerFilter extends OncePerRequestFilter {

    private static final String CALLER = Caller.class.getName();

    private final TokenAuthentication tokens;
    private final AccountLookup accounts;
    private final Passwords passwords;
    private final Commands commands;
    private final PermissionCatalogue permissions;
    private final Problems problems;
    private final TokenUses uses;

    CallerFilter(
            TokenAuthentication tokens,
            AccountLookup accounts,
            Passwords passwords,
            Commands commands,
            PermissionCatalogue permissions,
            Problems problems,
            TokenUses uses) {
        this.tokens = tokens;
        this.accounts = accounts;
        this.passwords = passwords;
        this.commands = commands;
        this.permissions = permissions;
        this.problems = problems;
        this.uses = uses;
    }

    /** Who is asking. */
    public static Caller caller(@Nullable HttpServletRequest request) {
        return (Caller) Objects.requireNonNull(Objects.requireNonNull(request).getAttribute(CALLER));
    }

    /** Requests that start a session, or prove themselves by a secret in the body, are nobody's yet. */
    private static final Set<String> SIGN_IN = Set.of(
            "/api/session",
            "/api/password-reset",
            "/oauth2/revoke",
            "/api/leaked-tokens",
            "/api/leaked-tokens/github",
            "/sign-in",
            "/set-password",
            "/forgot-password");

    static boolean isSignIn(HttpServletRequest request) {
        return request.getMethod().equals("POST") && SIGN_IN.contains(request.getRequestURI());
    }

    /** Pages for those who are not signed in, or no longer. */
    private static boolean isOpenPage(HttpServletRequest request) {
        return SIGN_IN.contains(request.getRequestURI());
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            var caller = authenticate(request);
            request.setAttribute(CALLER, caller);
            if (caller.accountId() != null) {
                SecurityContextHolder.getContext().setAuthentication(new Authenticated(caller));
            }
        } catch (Refusal e) {
            problems.answer(request, response, e);
            return;
        }
        chain.doFilter(request, response);
    }

    private Caller authenticate(HttpServletRequest request) {
        var origin = WebConfiguration.origin(request);
        List<String> headers = Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION));
        if (headers.isEmpty()) {
            return isSignIn(request) ? Caller.anonymous(origin) : bySession(request, origin);
        }
        if (headers.size() > 1) {
            throw new Refusal.Malformed("invalid_authorization", "Send one Authorization header.");
        }
        var header = headers.getFirst();
        if (header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return byToken(header.substring(7).strip(), origin);
        }
        if (header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return byPassword(header.substring(6).strip(), origin, WebSessions.browserId(request));
        }
        throw new Refusal.Unauthenticated(
                "unsupported_scheme", "Authorization is either Bearer with a token, or Basic with email and password.");
    }

    private Caller byToken(String text, Origin origin) {
        var token = tokens.authenticate(text, new Use(origin, () -> null, List.of()))
                .orElseThrow(TokenAuthentication::invalidToken);
        return new Caller(
                Caller.Kind.TOKEN,
                token.accountId(),
                token.tokenId(),
                null,
                token.administrator(),
                token.permissions(),
                origin,
                permission -> uses.asked(token.tokenId(), permission));
    }

    private Caller byPassword(String encoded, Origin origin, @Nullable String browserId) {
        var credentials = BasicCredentials.parse(encoded).orElseThrow(CallerFilter::malformedBasic);
        if (credentials.areOfToken()) {
            return byClientCredentials(credentials.user(), credentials.password(), origin);
        }
        var verified =
                passwords.signIn(credentials.user(), credentials.password(), origin, browserId, SignInMethod.BASIC);
        var caller = new Caller(
                Caller.Kind.BASIC,
                verified.accountId(),
                null,
                null,
                verified.administrator(),
                permissions.heldBy(verified.administrator()),
                origin);
        // One event per account, address and hour: a script that asks every second does not fill the trail.
        if (passwords.mayHappen("basic:" + verified.accountId() + " " + origin.ipAddress(), 1, Duration.ofHours(1))) {
            passwords.rememberClient(verified.accountId(), origin, null);
            commands.send(caller, new RecordSignIn(verified.accountId(), SignInMethod.BASIC, null));
        }
        return caller;
    }

    private Caller byClientCredentials(String tokenId, String value, Origin origin) {
        var caller = byToken(value, origin);
        if (!tokenId.equals(caller.tokenId())) {
            throw TokenAuthentication.invalidToken();
        }
        return caller;
    }

    private static Refusal malformedBasic() {
        return new Refusal.Unauthenticated(
                "malformed_basic", "Basic takes base64 of email, colon and password (RFC 7617).");
    }

    private Caller bySession(HttpServletRequest request, Origin origin) {
        var session = request.getSession(false);
        if (session == null) {
            return Caller.anonymous(origin);
        }
        var accountId = (String) session.getAttribute(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME);
        var epoch = (String) session.getAttribute(WebSessions.EPOCH);
        var account = accountId == null ? null : accounts.findEnabled(accountId).orElse(null);
        if (account == null || !Long.toString(account.sessionEpoch()).equals(epoch)) {
            session.invalidate();
            if (isOpenPage(request)) {
                return Caller.anonymous(origin);
            }
            throw new Refusal.Unauthenticated("session_ended", "Your session has ended. Sign in again.");
        }
        return new Caller(
                Caller.Kind.SESSION,
                accountId,
                null,
                WebSessions.publicId(session.getId()),
                account.administrator(),
                permissions.heldBy(account.administrator()),
                origin);
    }

    /** Tells Spring Security that somebody is there; what they may do is decided by {@link Caller}. */
    private static final class Authenticated extends AbstractAuthenticationToken {

        private final transient Caller caller;

        Authenticated(Caller caller) {
            super(AuthorityUtils.NO_AUTHORITIES);
            this.caller = caller;
            setAuthenticated(true);
        }

        @Override
        public Object getCredentials() {
            return "";
        }

        @Override
        public Object getPrincipal() {
            return String.valueOf(caller.accountId());
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
