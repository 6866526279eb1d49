package io.keyledger.server.pages;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.history.ChangePage.Changed;
import io.keyledger.server.pages.Parts.Part;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.stereotype.Component;

/** Makes entries of the audit trail readable, for {@code events :: timeline(list)}. */
@Component
class AuditEntries {

    private final MessageSource messages;
    private final Browsers browsers;

    AuditEntries(MessageSource messages, Browsers browsers) {
        this.messages = messages;
        this.browsers = browsers;
    }

    /**
     * An entry as it is shown.
     *
     * @param type for example {@code token.created}
     * @param sentence who did what
     * @param details what was set, or changed from what to what
     * @param address the IP address; absent: unknown, or not for the reader
     * @param browser what the browser or program calls itself, readably
     * @param userAgent the same, in full
     * @param tokenId that it happened to, if it was a token
     * @param then address of what it happened to as it was right after; absent: not for the reader, or no page shows it
     */
    public record Entry(
            String id,
            String type,
            List<Part> sentence,
            Instant at,
            List<Detail> details,
            @Nullable String address,
            @Nullable String browser,
            @Nullable String userAgent,
            @Nullable String tokenId,
            @Nullable String then,
            String correlationId) {

        @Override
        public String toString() {
            return "Entry[" + id + "]";
        }
    }

    /** @param text for example "from 'a' to 'b'" */
    public record Detail(String label, List<Part> text) {

        @Override
        public String toString() {
            return "Detail[" + label + "]";
        }
    }

    /** @param caller who reads */
    List<Entry> of(List<AuditEvent> events, Caller caller, Locale locale, Times times) {
        var readerId = caller.requireAccount();
        return events.stream()
                .map(event -> entry(event, readerId, caller.administrator(), locale, times))
                .toList();
    }

    /** For no page, which would lead to another. */
    Entry entry(AuditEvent event, String readerId, Locale locale, Times times) {
        return entry(event, readerId, false, locale, times);
    }

    /**
     * What is different at the end of a time; of what was made in it, what it was at the end.
     *
     * @param names of accounts, by their ids
     */
    List<Detail> changes(Changed changed, Map<String, String> names, Locale locale, Times times) {
        var details = new ArrayList<Detail>();
        changed.changes().forEach((field, change) -> {
            var after = value(field, change.after(), names, locale, times);
            if (!changed.created()) {
                var before = value(field, change.before(), names, locale, times);
                details.add(
                        new Detail(label(field, locale), Parts.of(message("activity.change", locale, before, after))));
            } else if (change.after() != null
                    && !List.of().equals(change.after())
                    && !Boolean.valueOf(field.equals("enabled")).equals(change.after())) {
                // Neither what is empty nor what is so with everything new.
                details.add(new Detail(label(field, locale), Parts.of(after)));
            }
        });
        return details;
    }

    /** Ids of the accounts that its changes name. */
    static Stream<String> accounts(Changed changed) {
        return changed.changes().entrySet().stream()
                .flatMap(change -> Stream.of(
                                change.getValue().before(), change.getValue().after())
                        .flatMap(value -> accounts(change.getKey(), value)));
    }

    private static Stream<String> accounts(String field, @Nullable Object value) {
        return switch (value) {
            case String id when field.equals("accountId") -> Stream.of(id);
            case Collection<?> ids when field.equals("owners") -> ids.stream().map(String::valueOf);
            case null, default -> Stream.empty();
        };
    }

    private Entry entry(AuditEvent event, String readerId, boolean administrator, Locale locale, Times times) {
        var userAgent = known(event.origin().userAgent());
        return new Entry(
                event.id(),
                event.type(),
                Parts.of(messages.getMessage(Sentences.of(event, readerId), locale)),
                event.occurredAt(),
                details(event, locale, times),
                known(event.origin().ipAddress()),
                userAgent == null ? null : browsers.readable(userAgent, locale),
                userAgent,
                event.target().type().equals("token") ? event.target().id() : null,
                then(event, administrator),
                event.correlationId());
    }

    private static @Nullable String then(AuditEvent event, boolean administrator) {
        return switch (event.target().type()) {
            case "token" ->
                "/settings/tokens/%s?asOf=%d".formatted(event.target().id(), event.position());
            case "account" ->
                administrator ? "/accounts/%s?asOf=%d".formatted(event.target().id(), event.position()) : null;
            default -> null;
        };
    }

    private static @Nullable String known(@Nullable String text) {
        return PersonalDataKeys.ERASED.equals(text) ? null : text;
    }

    private List<Detail> details(AuditEvent event, Locale locale, Times times) {
        var details = new ArrayList<Detail>();
        event.details().forEach((field, value) -> {
            if (!isSaidAlready(event, field, value)) {
                var text = value instanceof Map<?, ?> change
                        ? message(
                                "activity.change",
                                locale,
                                value(field, change.get("before"), locale, times),
                                value(field, change.get("after"), locale, times))
                        : value(field, value, locale, times);
                details.add(new Detail(label(field, locale), Parts.of(text)));
            }
        });
        return details;
    }

    /** By the sentence, or by its absence. */
    private static boolean isSaidAlready(AuditEvent event, String field, @Nullable Object value) {
        return switch (field) {
            case "sessionId", "enabled" -> true;
            case "name" -> event.type().startsWith("token.");
            case "administrator" -> !Boolean.TRUE.equals(value);
            case "method" -> !"basic".equals(String.valueOf(value));
            case "description", "request", "source", "url", "overlapEndsAt" -> value == null;
            case "reason" -> "requested".equals(String.valueOf(value));
            default -> false;
        };
    }

    private String label(String field, Locale locale) {
        var label = messages.getMessage("activity.field." + field, null, field, locale);
        return label == null ? field : label;
    }

    private String value(String field, @Nullable Object value, Map<String, String> names, Locale locale, Times times) {
        var accounts = accounts(field, value)
                .map(id -> account(id, names.get(id), locale))
                .collect(Collectors.joining(", "));
        return accounts.isEmpty() ? value(field, value, locale, times) : accounts;
    }

    /** The id too: names are not unique. By another node's clock, the account may not have been there yet. */
    private String account(String id, @Nullable String name, Locale locale) {
        return name == null
                ? id
                : "%s (%s)"
                        .formatted(
                                name.equals(PersonalDataKeys.ERASED)
                                        ? message("activity.erased", locale)
                                        : Parts.mark(name),
                                id);
    }

    private String value(String field, @Nullable Object value, Locale locale, Times times) {
        return switch (value) {
            case null -> message(field.equals("expiresAt") ? "activity.never" : "activity.none", locale);
            case Instant instant -> Parts.mark(times.dateTime(instant));
            case Boolean yes -> message(yes ? "activity.yes" : "activity.no", locale);
            case Collection<?> several ->
                several.isEmpty()
                        ? message(field.equals("types") ? "activity.all" : "activity.none", locale)
                        : several.stream().map(String::valueOf).map(Parts::mark).collect(Collectors.joining(", "));
            default -> {
                var text = String.valueOf(value);
                if (text.equals(PersonalDataKeys.ERASED)) {
                    yield message("activity.erased", locale);
                }
                yield switch (field) {
                    case "status" -> Parts.mark(message("tokens.status." + text, locale));
                    case "method" -> message("activity.method." + text, locale);
                    case "reason" -> message("activity.reason." + text, locale);
                    case "hint" ->
                        Parts.mark(text.substring(0, text.length() - 4) + "…" + text.substring(text.length() - 4));
                    default -> Parts.mark(text);
                };
            }
        };
    }

    private String message(String key, Locale locale, Object... arguments) {
        return messages.getMessage(key, arguments, locale);
    }
}
