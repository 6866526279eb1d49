package io.keyledger.command.account;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.authentication.Origin;
import io.keyledger.command.Digests;
import io.keyledger.command.account.Passwords.Verified;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.web.util.WebUtils;

/**
 * Web sessions: rows in PostgreSQL, so that any node serves them. A session holds its account's id and session epoch;
 * whether they still fit is asked at every request. Where it was started from is kept sealed.
 */
public final class WebSessions {

    /** The account's session epoch at sign-in. Values are texts: nothing in a session is a serialized object. */
    public static final String EPOCH = "epoch";

    private static final String ADDRESS = "address";
    private static final String BROWSER = "browser";

    /** What sealed texts of a session belong to; an event's id stands here in events. */
    private static final String CONTEXT = "session";

    /** Tells a browser that signed in rightly before from a stranger's; it proves nothing else. */
    private static final String BROWSER_COOKIE = "keyledger_browser";

    private final FindByIndexNameSessionRepository<? extends Session> repository;
    private final PersonalDataKeys keys;

    public WebSessions(FindByIndexNameSessionRepository<? extends Session> repository, PersonalDataKeys keys) {
        this.repository = repository;
        this.keys = keys;
    }

    /** A session as its person sees it. */
    public record SessionDetails(
            String id,
            @Nullable String ipAddress,
            @Nullable String userAgent,
            java.time.Instant createdAt,
            java.time.Instant lastSeenAt,
            boolean current) {

        @Override
        public String toString() {
            return "SessionDetails[" + id + "]";
        }
    }

    /**
     * Names a session without giving it away.
     *
     * @return {@code ses_} and 128 bits of the id's digest
     */
    public static String publicId(String sessionId) {
        return "ses_"
                + Digests.sha256(sessionId).substring(0, 22).replace('+', '-').replace('/', '_');
    }

    /** Starts a session, ending the one that the request came with, and gives back its public id. */
    String start(HttpServletRequest request, Verified verified, Origin origin) {
        var before = request.getSession(false);
        if (before != null) {
            before.invalidate();
        }
        var session = request.getSession(true);
        var keyring = keys.of(List.of(verified.accountId()));
        session.setAttribute(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, verified.accountId());
        session.setAttribute(EPOCH, Long.toString(verified.sessionEpoch()));
        if (origin.ipAddress() != null) {
            session.setAttribute(
                    ADDRESS,
                    keyring.seal(verified.accountId(), CONTEXT, origin.ipAddress())
                            .ciphertext());
        }
        if (origin.userAgent() != null) {
            session.setAttribute(
                    BROWSER,
                    keyring.seal(verified.accountId(), CONTEXT, origin.userAgent())
                            .ciphertext());
        }
        return publicId(session.getId());
    }

    static void end(HttpServletRequest request) {
        var session = request.getSession(false);
        if (session != null) {
            session.invalidate();
        }
    }

    /** After a password change: the session that asked goes on under the new epoch, the others are cleared away. */
    public void endOthers(HttpServletRequest request, String accountId, long epoch) {
        var current = request.getSession(false);
        if (current != null) {
            current.setAttribute(EPOCH, Long.toString(epoch));
        }
        // They are refused already, since their epoch is over; this only forgets them.
        repository.findByPrincipalName(accountId).keySet().stream()
                .filter(id -> current == null || !id.equals(current.getId()))
                .forEach(repository::deleteById);
    }

    /** The account's sessions of this epoch, the one seen last first. */
    List<SessionDetails> of(String accountId, long epoch, @Nullable String currentId) {
        var keyring = keys.of(List.of(accountId));
        return valid(accountId, epoch).stream()
                .map(session -> new SessionDetails(
                        publicId(session.getId()),
                        open(keyring, accountId, session.getAttribute(ADDRESS)),
                        open(keyring, accountId, session.getAttribute(BROWSER)),
                        session.getCreationTime(),
                        session.getLastAccessedTime(),
                        publicId(session.getId()).equals(currentId)))
                .sorted(Comparator.comparing(SessionDetails::lastSeenAt).reversed())
                .toList();
    }

    /** Ends the account's session with this public id, if there is one. */
    boolean end(String accountId, long epoch, String publicId) {
        Optional<String> sessionId = valid(accountId, epoch).stream()
                .<String>map(Session::getId)
                .filter(id -> publicId(id).equals(publicId))
                .findFirst();
        sessionId.ifPresent(repository::deleteById);
        return sessionId.isPresent();
    }

    private List<? extends Session> valid(String accountId, long epoch) {
        return repository.findByPrincipalName(accountId).values().stream()
                .filter(session -> Objects.equals(session.getAttribute(EPOCH), Long.toString(epoch)))
                .toList();
    }

    private static @Nullable String open(
            PersonalDataKeys.Keyring keyring, String accountId, @Nullable String ciphertext) {
        return ciphertext == null ? null : keyring.open(accountId, CONTEXT, new PersonalText.Sealed(ciphertext));
    }

    /** The id of a browser that signed in rightly before, as the browser claims it. */
    public static @Nullable String browserId(HttpServletRequest request) {
        Cookie cookie = WebUtils.getCookie(request, BROWSER_COOKIE);
        return cookie == null || cookie.getValue().length() > 100 ? null : cookie.getValue();
    }

    /** The browser's id, a new one if it has none. */
    static String rememberBrowser(HttpServletRequest request, HttpServletResponse response) {
        var known = browserId(request);
        var browserId = known == null ? FamiliarClients.newBrowserId() : known;
        var cookie = ResponseCookie.from(BROWSER_COOKIE, browserId)
                .httpOnly(true)
                .secure(request.isSecure())
                .sameSite("Lax")
                .path("/")
                .maxAge(Duration.ofDays(365))
                .build();
        response.addHeader(HttpHeaders.SET_COOKIE, cookie.toString());
        return browserId;
    }
}
