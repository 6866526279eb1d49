package io.keyledger.server.pages;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.AuditEvent.AuditOrigin;
import io.keyledger.api.audit.AuditEvent.Target;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.context.support.ResourceBundleMessageSource;

/** The trail as lines of text. */
class AuditSentencesTest {

    private static final ResourceBundleMessageSource MESSAGES = messages();

    private final AuditSentences sentences =
            new AuditSentences(new AuditEntries(MESSAGES, new Browsers(MESSAGES)), MESSAGES);

    private static ResourceBundleMessageSource messages() {
        var messages = new ResourceBundleMessageSource();
        messages.setBasename("messages");
        messages.setDefaultEncoding("UTF-8");
        messages.setFallbackToSystemLocale(false);
        return messages;
    }

    private static AuditEvent event(String type, String actorName, Map<String, @Nullable Object> details) {
        return new AuditEvent(
                "e1",
                4711,
                type,
                Instant.parse("2026-03-03T10:12:44.123456Z"),
                new Actor(Actor.Type.ACCOUNT, "acc_Ada", null, actorName),
                new Target("token", "tok_ci", "ci"),
                new AuditOrigin("192.0.2.7", "curl/8"),
                "correlation",
                details);
    }

    @Test
    void a_line_says_when_who_what_and_from_where() {
        var widened = event(
                "token.permissions-changed",
                "Ada",
                Map.of("permissions", Map.of("before", List.of("tokens:read"), "after", List.of("tokens:write"))));
        assertThat(sentences.line(widened, Locale.ENGLISH))
                .isEqualTo("2026-03-03T10:12:44Z #4711 Ada changed the permissions of the token “ci”"
                        + " · Permissions: from tokens:read to tokens:write · from 192.0.2.7");
        assertThat(sentences.line(widened, Locale.GERMAN))
                .startsWith("2026-03-03T10:12:44Z #4711 Ada hat ")
                .contains("„ci“");
    }

    @Test
    void a_name_does_not_steer_the_terminal_or_begin_another_line() {
        var line =
                sentences.line(event("token.revoked", "Ada\u001b[2J\n2026 Bob\u202e\u2028", Map.of()), Locale.ENGLISH);
        assertThat(line).contains("Ada?[2J?2026 Bob?? deleted the token").doesNotContainPattern("[\\p{Cntrl}\\p{Cf}]");
    }
}
