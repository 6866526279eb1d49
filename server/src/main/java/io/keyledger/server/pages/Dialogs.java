package io.keyledger.server.pages;

import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import io.keyledger.command.Receipt;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.Map;
import org.springframework.context.MessageSource;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.json.JsonMapper;

/** Ends what was done in a form that is a dialog where a script asked for it, and a page of its own without one. */
@Component
class Dialogs {

    private static final JsonMapper HEADER_JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final MessageSource messages;

    Dialogs(MessageSource messages) {
        this.messages = messages;
    }

    /**
     * A script closes the dialog and reads again what the page shows; without one, another page is next.
     *
     * @param notice key of the message that says what was done
     * @param next that page
     */
    Object done(
            HtmxRequest htmx, HttpServletRequest request, Receipt receipt, String notice, String next, Locale locale) {
        Browsing.changed(request, receipt, notice);
        if (!htmx.isHtmxRequest()) {
            return "redirect:" + next;
        }
        var text = messages.getMessage(notice, null, locale);
        return ResponseEntity.noContent()
                .header("HX-Trigger", HEADER_JSON.writeValueAsString(Map.of("changed", Map.of("notice", text))))
                .build();
    }
}
