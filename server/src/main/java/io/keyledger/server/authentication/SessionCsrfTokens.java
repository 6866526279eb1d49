package io.keyledger.server.authentication;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.CsrfTokenRepository;
import org.springframework.security.web.csrf.DefaultCsrfToken;

/** Tokens against cross-site requests, derived from the session's id: nothing to keep, and useless for another one. */
final class SessionCsrfTokens implements CsrfTokenRepository {

    private final SignedSessionCookies cookies;

    SessionCsrfTokens(SignedSessionCookies cookies) {
        this.cookies = cookies;
    }

    @Override
    public CsrfToken generateToken(HttpServletRequest request) {
        var session = request.getSession(false);
        return token(session == null ? "" : cookies.csrfToken(request, session.getId()));
    }

    @Override
    public void saveToken(@Nullable CsrfToken token, HttpServletRequest request, HttpServletResponse response) {
        // Derived, not kept.
    }

    @Override
    public @Nullable CsrfToken loadToken(HttpServletRequest request) {
        var session = request.getSession(false);
        return session == null ? null : token(cookies.csrfToken(request, session.getId()));
    }

    private static CsrfToken token(String value) {
        return new DefaultCsrfToken("X-XSRF-TOKEN", "_csrf", value.isEmpty() ? "none" : value);
    }
}
