package io.keyledger.server.pages;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.audit.AuditEventPage;
import io.keyledger.api.audit.EventProof;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.api.audit.GetEventProof;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.audit.AuditExports;
import io.keyledger.query.audit.TrailPlace;
import io.keyledger.query.audit.TrailSelection;
import io.keyledger.query.record.InclusionProof;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.Collator;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.util.UriUtils;

/** What happened: to one's own account and tokens; for administrators, to all. */
@Page
class ActivityPages {

    private static final int ENTRIES = 25;

    /** So many tokens are offered by name; whoever has more types the name. */
    private static final int TOKENS = 100;

    private static final List<String> TYPES = Event.types().stream()
            .map(type -> type.getAnnotation(EventType.class).name())
            .toList();

    private final QueryGateway queries;
    private final AuditEntries entries;
    private final MessageSource messages;
    private final AuditExports exports;

    ActivityPages(QueryGateway queries, AuditEntries entries, MessageSource messages, AuditExports exports) {
        this.queries = queries;
        this.entries = entries;
        this.messages = messages;
        this.exports = exports;
    }

    /**
     * What the list is filtered by, as it was typed.
     *
     * @param type for example {@code token.created}
     * @param token id or name
     * @param account id or email address, for those who see all
     * @param from the first day, where the reader is
     * @param to the last day
     */
    record Typed(
            @Nullable String type,
            @Nullable String token,
            @Nullable String account,
            @Nullable String from,
            @Nullable String to) {

        @Override
        public String toString() {
            return "Typed[***]";
        }
    }

    /** A kind of event, to choose from. */
    record Kind(String type, String name) {}

    /** A token, to choose from. */
    record Choice(String id, String name) {

        @Override
        public String toString() {
            return "Choice[" + id + "]";
        }
    }

    /**
     * The filters as they were understood. What was not understood is left out, and told: an address that somebody
     * kept or shortened still shows a page.
     */
    private static final class Understood {
        private final Map<String, String> shown = new LinkedHashMap<>();
        private final List<String> leftOut = new ArrayList<>();

        private @Nullable String type;
        private @Nullable String tokenId;
        private @Nullable AccountDetails account;
        private @Nullable Instant after;
        private @Nullable Instant before;
    }

    /** The proof that the record holds an entry, as a file to keep (C2SP tlog-proof). */
    @GetMapping("/activity/{eventId}/proof")
    ResponseEntity<String> proof(Caller caller, @PathVariable String eventId, HttpServletRequest request) {
        var reader = caller.requirePerson();
        var proof = queries.query(
                        new GetEventProof(reader, caller.readsWholeTrail(), eventId, Browsing.position(request)),
                        EventProof.class)
                .join();
        return ResponseEntity.ok()
                .contentType(new MediaType("text", "plain", StandardCharsets.UTF_8))
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        ContentDisposition.attachment()
                                .filename(eventId + ".tlog-proof")
                                .build()
                                .toString())
                .body(InclusionProof.of(proof).toString());
    }

    @GetMapping("/activity")
    String list(
            Caller caller,
            @ModelAttribute("typed") Typed typed,
            @RequestParam(required = false) @Nullable String cursor,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var filter = new Understood();
        var tokens = understand(filter, caller, typed, request);

        var start = text(cursor);
        AuditEventPage page;
        try {
            page = find(caller, filter, start, request);
        } catch (CompletionException e) {
            if (start == null || !(e.getCause() instanceof Refusal.Malformed)) {
                throw e;
            }
            // It is a day old, or of another filter: the first page will do.
            start = null;
            page = find(caller, filter, null, request);
        }

        var times = (Times) Objects.requireNonNull(model.getAttribute("times"));
        model.addAttribute("entries", entries.of(page.items(), caller, locale, times));
        model.addAttribute("kinds", kinds(locale));
        model.addAttribute("tokens", choices(tokens.items(), filter, typed, locale));
        model.addAttribute("tokensAreMore", tokens.nextCursor() != null);
        model.addAttribute("filter", filter.shown);
        model.addAttribute("leftOut", filter.leftOut);
        model.addAttribute("everything", caller.readsWholeTrail());
        model.addAttribute("csv", address("/activity/export", filter.shown, "format", "csv"));
        model.addAttribute("ndjson", address("/activity/export", filter.shown, "format", "ndjson"));
        model.addAttribute("firstPage", start == null ? null : address(filter.shown, null));
        model.addAttribute("nextPage", page.nextCursor() == null ? null : address(filter.shown, page.nextCursor()));
        if (request.getHeader("HX-Request") != null) {
            // Without the parameters that are empty.
            response.setHeader("HX-Push-Url", address(filter.shown, start));
        }
        return "activity";
    }

    /** What the list shows, all of it, as a file: the links to it hold the filters of the list. */
    @GetMapping("/activity/export")
    void export(
            Caller caller,
            @ModelAttribute("typed") Typed typed,
            @RequestParam(required = false) @Nullable String format,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        var filter = new Understood();
        understand(filter, caller, typed, request);
        if (!filter.leftOut.isEmpty()) {
            throw new Refusal.Malformed("invalid_filter", "A filter is not understood: choose it anew on the page.");
        }
        exports.answer(
                AuditExports.Format.of(format),
                TrailSelection.of(
                        caller,
                        filter.after == null ? null : new TrailPlace.At(filter.after.plus(1, ChronoUnit.MICROS)),
                        filter.before == null ? null : new TrailPlace.At(filter.before),
                        filter.type,
                        filter.account == null ? null : filter.account.id(),
                        filter.tokenId),
                List.of(),
                response);
    }

    /** @return the tokens to choose from */
    private TokenPage understand(Understood filter, Caller caller, Typed typed, HttpServletRequest request) {
        var reader = caller.requirePerson();
        type(filter, typed.type());
        if (caller.readsWholeTrail()) {
            account(filter, typed.account());
        }
        var tokens = tokens(filter.account == null ? reader : filter.account.id());
        token(filter, typed.token(), tokens, filter.account == null ? reader : filter.account.id());
        days(filter, typed, ReaderZone.of(request));
        return tokens;
    }

    private AuditEventPage find(Caller caller, Understood filter, @Nullable String cursor, HttpServletRequest request) {
        var query = new FindAuditEvents(
                caller.requirePerson(),
                caller.readsWholeTrail(),
                filter.type,
                filter.tokenId,
                filter.account == null ? null : filter.account.id(),
                null,
                filter.after,
                filter.before,
                ENTRIES,
                cursor,
                Browsing.position(request));
        return queries.query(query, AuditEventPage.class).join();
    }

    private static void type(Understood filter, @Nullable String typed) {
        var type = text(typed);
        if (type == null) {
            return;
        }
        if (TYPES.contains(type)) {
            filter.type = type;
            filter.shown.put("type", type);
        } else {
            filter.leftOut.add("type");
        }
    }

    /** By id, or by the whole email address. */
    private void account(Understood filter, @Nullable String typed) {
        var text = text(typed);
        if (text == null) {
            return;
        }
        filter.account = text.startsWith("acc_") ? byId(text) : byEmail(text);
        if (filter.account == null) {
            filter.leftOut.add("account");
        } else {
            filter.shown.put("account", Objects.requireNonNullElse(filter.account.email(), filter.account.id()));
        }
    }

    private @Nullable AccountDetails byId(String id) {
        try {
            return queries.query(new GetAccount(id, null), AccountDetails.class).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refusal.NotFound) {
                return null;
            }
            throw e;
        }
    }

    private @Nullable AccountDetails byEmail(String email) {
        return queries
                .query(new FindAccounts(email, null, null, null, 100, null, null), AccountPage.class)
                .join()
                .items()
                .stream()
                .filter(account -> email.equalsIgnoreCase(account.email()))
                .findFirst()
                .orElse(null);
    }

    private TokenPage tokens(String accountId) {
        return find(accountId, null);
    }

    private TokenPage find(String accountId, @Nullable String search) {
        var query = new FindTokens(accountId, EnumSet.allOf(TokenStatus.class), search, "name", TOKENS, null, null);
        return queries.query(query, TokenPage.class).join();
    }

    /** By id, or by the whole name; of several with the same name, one that is not deleted. */
    private void token(Understood filter, @Nullable String typed, TokenPage tokens, String accountId) {
        var text = text(typed);
        if (text == null) {
            return;
        }
        if (text.matches("tok_[0-9A-Za-z]{1,40}")) {
            filter.tokenId = text;
        } else {
            filter.tokenId = (tokens.nextCursor() == null ? tokens : find(accountId, text))
                    .items().stream()
                            .filter(token -> token.name().equals(text))
                            .min(Comparator.comparing(TokenDetails::status))
                            .map(TokenDetails::id)
                            .orElse(null);
        }
        if (filter.tokenId == null) {
            filter.leftOut.add("token");
        } else {
            filter.shown.put("token", filter.tokenId);
        }
    }

    /** Both days belong to it; the trail's bounds do not. */
    private static void days(Understood filter, Typed typed, ZoneId zone) {
        var from = day(filter, "from", typed.from());
        if (from != null) {
            filter.after = from.atStartOfDay(zone).toInstant().minus(1, ChronoUnit.MICROS);
        }
        var to = day(filter, "to", typed.to());
        if (to != null) {
            filter.before = to.plusDays(1).atStartOfDay(zone).toInstant();
        }
    }

    private static @Nullable LocalDate day(Understood filter, String name, @Nullable String typed) {
        var text = text(typed);
        if (text == null) {
            return null;
        }
        try {
            // Years far away are more than the database can hold.
            var day = text.length() == 10 ? LocalDate.parse(text) : null;
            if (day != null) {
                filter.shown.put(name, text);
                return day;
            }
        } catch (DateTimeParseException e) {
            // Left out, like a longer one.
        }
        filter.leftOut.add(name);
        return null;
    }

    private List<Kind> kinds(Locale locale) {
        var collator = Collator.getInstance(locale);
        return TYPES.stream()
                .map(type -> new Kind(type, messages.getMessage("activity.type." + type, null, locale)))
                .sorted((one, other) -> collator.compare(one.name(), other.name()))
                .toList();
    }

    private List<Choice> choices(List<TokenDetails> tokens, Understood filter, Typed typed, Locale locale) {
        var choices = new ArrayList<Choice>();
        if (filter.tokenId != null
                && tokens.stream().noneMatch(token -> token.id().equals(filter.tokenId))) {
            // Somebody else's, or one of very many.
            choices.add(new Choice(filter.tokenId, Objects.requireNonNull(text(typed.token()))));
        }
        for (var token : tokens) {
            choices.add(new Choice(
                    token.id(),
                    token.status() == TokenStatus.REVOKED
                            ? messages.getMessage(
                                    "activity.deleted-token", new Object[] {token.name(), token.hint()}, locale)
                            : token.name()));
        }
        return choices;
    }

    private static String address(Map<String, String> filter, @Nullable String cursor) {
        return address("/activity", filter, "cursor", cursor);
    }

    private static String address(String path, Map<String, String> filter, String name, @Nullable String value) {
        var parameters = new LinkedHashMap<>(filter);
        if (value != null) {
            parameters.put(name, value);
        }
        return parameters.isEmpty()
                ? path
                : parameters.entrySet().stream()
                        .map(parameter -> parameter.getKey() + "="
                                + UriUtils.encode(parameter.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining("&", path + "?", ""));
    }

    private static @Nullable String text(@Nullable String typed) {
        return typed == null || typed.isBlank() ? null : typed.strip();
    }
}
