package io.keyledger.server.pages;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.springframework.web.util.WebUtils;

/** The time zone of the reader's browser, which a script of the pages tells by a cookie; without it, UTC. */
final class ReaderZone {

    private static final String COOKIE = "keyledger_time_zone";

    private ReaderZone() {}

    static ZoneId of(HttpServletRequest request) {
        Cookie cookie = WebUtils.getCookie(request, COOKIE);
        if (cookie == null) {
            return ZoneOffset.UTC;
        }
        try {
            return ZoneId.of(cookie.getValue());
        } catch (DateTimeException e) {
            return ZoneOffset.UTC;
        }
    }
}
