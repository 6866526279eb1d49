package io.keyledger.server.authentication;

import io.keyledger.server.database.MasterKey;
import io.keyledger.server.database.MasterKeys;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.Mac;
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
    private static final String COOKIE = "session cookie";
    private static final String CSRF = "csrf token";
    private static final Pattern FILES = Pattern.compile("/(assets|webjars)/");

    private final boolean tls;
    private final MasterKeys keys;

    /** @param tls whether people come by https, though a proxy may speak http to us; otherwise each request tells */
    SignedSessionCookies(MasterKeys keys, boolean tls) {
        this.tls = tls;
        if (tls) {
            setUseSecureCookie(true);
        }
        this.keys = keys;
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
        return signer(value).isPresent();
    }

    /** By which master key's key it is signed. */
    private Optional<MasterKey> signer(String value) {
        var dot = value.indexOf('.');
        if (dot <= 0) {
            return Optional.empty();
        }
        var given = value.substring(dot + 1).getBytes(StandardCharsets.UTF_8);
        return keys.all().stream()
                .filter(key -> MessageDigest.isEqual(
                        given, mac(key, COOKIE, value.substring(0, dot)).getBytes(StandardCharsets.UTF_8)))
                .findFirst();
    }

    @Override
    public void writeCookieValue(CookieValue cookie) {
        var id = cookie.getCookieValue();
        var ended = id.isEmpty();
        var key = keys.all().getFirst();
        super.writeCookieValue(new CookieValue(
                cookie.getRequest(), cookie.getResponse(), ended ? "" : id + "." + mac(key, COOKIE, id)));
        var csrf = ResponseCookie.from(CSRF_COOKIE, ended ? "" : mac(key, CSRF, id))
                .secure(tls || cookie.getRequest().isSecure())
                .sameSite("Lax")
                .path("/");
        cookie.getResponse()
                .addHeader(
                        HttpHeaders.SET_COOKIE,
                        (ended ? csrf.maxAge(0) : csrf).build().toString());
    }

    /** What unsafe requests of this session must send along: by the key that has signed the cookie they come with. */
    String csrfToken(HttpServletRequest request, String sessionId) {
        var signer = super.readCookieValues(request).stream()
                .filter(value -> value.startsWith(sessionId + "."))
                .flatMap(value -> signer(value).stream())
                .findFirst()
                .orElseGet(() -> keys.all().getFirst());
        return mac(signer, CSRF, sessionId);
    }

    private static String mac(MasterKey master, String purpose, String text) {
        try {
            var key = master.deriveHmacKey(purpose);
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
