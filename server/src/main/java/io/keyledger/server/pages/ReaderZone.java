package io.keyledger.server.pages;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.time.DateTimeException;
import java.time.ZoneId;
import org.springframework.web.util.WebUtils;

/** The time zone of the reader's browser, which a script of the pages tells by a cookie; without it, UTC. */
final class ReaderZone {

    private static final String COOKIE = "keyledger_time_zone";

    private static final ZoneId UTC = ZoneId.of("UTC");

    private ReaderZone() {}

    static ZoneId of(HttpServletRequest request) {
        Cookie cookie = WebUtils.getCookie(request, COOKIE);
        if (cookie == null) {
            return UTC;
        }
        try {
            return ZoneId.of(cookie.getValue());
        } catch (DateTimeException e) {
            return UTC;
        }
    }
}
