package io.keyledger.server.pages;

import io.keyledger.api.audit.AuditEvent;
import io.keyledger.server.pages.Parts.Part;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.springframework.context.MessageSource;
import org.springframework.stereotype.Component;

/** Says in a line of text what the pages say of an entry of the trail, to somebody who is nobody in it. */
@Component
public final class AuditSentences {

    /** No account has this id, so nobody is "you". */
    private static final String NOBODY = "";

    private final AuditEntries entries;
    private final MessageSource messages;

    AuditSentences(AuditEntries entries, MessageSource messages) {
        this.entries = entries;
        this.messages = messages;
    }

    /**
     * For example {@code 2026-03-03T10:12:44Z #4711 Ada changed the permissions of the token “ci” · Permissions: from
     * tokens:read to tokens:read, tokens:write · from 192.0.2.7}; times in UTC. What somebody typed does not steer a
     * terminal.
     */
    public String line(AuditEvent event, Locale locale) {
        var times = new Times(ZoneOffset.UTC, locale, Instant.EPOCH, messages);
        var entry = entries.entry(event, NOBODY, locale, times);
        var line = new StringBuilder()
                .append(entry.at().truncatedTo(ChronoUnit.SECONDS))
                .append(" #")
                .append(event.position())
                .append(' ')
                .append(text(entry.sentence()));
        entry.details()
                .forEach(detail ->
                        line.append(" · ").append(detail.label()).append(": ").append(text(detail.text())));
        if (entry.address() != null) {
            line.append(" · ")
                    .append(messages.getMessage("activity.from", null, locale))
                    .append(' ')
                    .append(entry.address());
        }
        return line.toString().replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
    }

    private static String text(List<Part> parts) {
        return parts.stream().map(Part::text).collect(Collectors.joining());
    }
}
