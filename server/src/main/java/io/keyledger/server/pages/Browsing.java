package io.keyledger.server.pages;

import io.keyledger.command.Receipt;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a browser's session remembers from one page to the next: how far the log was after its last change, so that the
 * next list shows it, and the message of what has just been done.
 */
final class Browsing {

    private static final String POSITION = "position";
    private static final String NOTICE = "notice";

    private Browsing() {}

    /** Every list from now on shows this change. */
    static void changed(HttpServletRequest request, Receipt receipt) {
        var session = request.getSession(false);
        if (session != null) {
            session.setAttribute(POSITION, Long.toString(receipt.position()));
        }
    }

    /** Every list from now on shows this change, and the next page says so. */
    static void changed(HttpServletRequest request, Receipt receipt, String notice) {
        changed(request, receipt);
        notify(request, notice);
    }

    /** @param notice key of a message without arguments: names do not belong into a session's row */
    static void notify(HttpServletRequest request, String notice) {
        var session = request.getSession(false);
        if (session != null) {
            session.setAttribute(NOTICE, notice);
        }
    }

    /** The position that reads must have seen. */
    static @Nullable Long position(HttpServletRequest request) {
        var session = request.getSession(false);
        var position = session == null ? null : (String) session.getAttribute(POSITION);
        return position == null ? null : Long.valueOf(position);
    }

    static @Nullable String takeNotice(HttpServletRequest request) {
        var session = request.getSession(false);
        if (session == null) {
            return null;
        }
        var notice = (String) session.getAttribute(NOTICE);
        if (notice != null) {
            session.removeAttribute(NOTICE);
        }
        return notice;
    }
}
