package io.keyledger.server.authentication;

import io.keyledger.server.database.MasterKey;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.session.web.http.DefaultCookieSerializer;

/**
 * The session's cookie: its id with an HMAC under a key that is not in the database, so that a dump of the sessions'
 * table holds no live cookies. Beside it goes the cookie with the token against cross-site requests, derived from the
 * session's id likewise; scripts of our own pages read it, other sites cannot.
 */
final class SignedSessionCookies extends DefaultCookieSerializer {

    static final String CSRF_COOKIE = "XSRF-TOKEN";
    private static final String NAME = "keyledger_session";
    private static final Pattern FILES = Pattern.compile("/(assets|webjars)/");

    private final boolean tls;
    private final SecretKey cookieKey;
    private final SecretKey csrfKey;

    /** @param tls whether people come by https, though a proxy may speak http to us; otherwise each request tells */
    SignedSessionCookies(MasterKey masterKey, boolean tls) {
        this.tls = tls;
        if (tls) {
            setUseSecureCookie(true);
        }
        cookieKey = masterKey.deriveHmacKey("session cookie");
        csrfKey = masterKey.deriveHmacKey("csrf token");
        setCookieName(NAME);
        setSameSite("Lax");
    }

    /** None for the pages' files, which are for everybody: so they come without a database, too. */
    @Override
    public List<String> readCookieValues(HttpServletRequest request) {
        if (FILES.matcher(request.getRequestURI()).lookingAt()) {
            return List.of();
        }
        return super.readCookieValues(request).stream()
                .filter(this::isOurs)
                .map(value -> value.substring(0, value.indexOf('.')))
                .toList();
    }

    private boolean isOurs(String value) {
        var dot = value.indexOf('.');
        return dot > 0
                && MessageDigest.isEqual(
                        value.substring(dot + 1).getBytes(StandardCharsets.UTF_8),
                        mac(cookieKey, value.substring(0, dot)).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void writeCookieValue(CookieValue cookie) {
        var id = cookie.getCookieValue();
        var ended = id.isEmpty();
        super.writeCookieValue(
                new CookieValue(cookie.getRequest(), cookie.getResponse(), ended ? "" : id + "." + mac(cookieKey, id)));
        var csrf = ResponseCookie.from(CSRF_COOKIE, ended ? "" : csrfToken(id))
                .secure(tls || cookie.getRequest().isSecure())
                .sameSite("Lax")
                .path("/");
        cookie.getResponse()
                .addHeader(
                        HttpHeaders.SET_COOKIE,
                        (ended ? csrf.maxAge(0) : csrf).build().toString());
    }

    /** What unsafe requests of this session must send along. */
    String csrfToken(String sessionId) {
        return mac(csrfKey, sessionId);
    }

    private static String mac(SecretKey key, String text) {
        try {
            var mac = Mac.getInstance(key.getAlgorithm());
            mac.init(key);
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
