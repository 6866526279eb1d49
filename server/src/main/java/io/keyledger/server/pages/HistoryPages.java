package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.history.CapableTokenPage;
import io.keyledger.api.history.ChangePage;
import io.keyledger.api.history.ChangePage.Changed;
import io.keyledger.api.history.ChangePage.EventBetween;
import io.keyledger.api.history.FindCapableTokens;
import io.keyledger.api.history.FindChanges;
import io.keyledger.api.history.GetPastAccountNames;
import io.keyledger.api.history.PastAccountNames;
import io.keyledger.server.pages.AuditEntries.Detail;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What changed between two times, and which tokens could do something: for those who read the whole trail. */
@Page
class HistoryPages {

    private static final int PAGE = 25;

    private final QueryGateway queries;
    private final PermissionCatalogue permissions;
    private final ShownMoment moments;
    private final AuditEntries entries;

    HistoryPages(QueryGateway queries, PermissionCatalogue permissions, ShownMoment moments, AuditEntries entries) {
        this.queries = queries;
        this.permissions = permissions;
        this.moments = moments;
        this.entries = entries;
    }

    /** An account or token that changed, readably. */
    record Row(Changed changed, List<Detail> details, List<EventBetween> events) {

        @Override
        public String toString() {
            return "Row[" + changed + "]";
        }
    }

    /** From a day ago until now, unless asked otherwise. */
    @GetMapping("/activity/changes")
    String changes(
            Caller caller,
            @RequestParam(required = false) @Nullable String from,
            @RequestParam(required = false) @Nullable String to,
            @RequestParam(required = false) @Nullable String cursor,
            Model model,
            Locale locale,
            HttpServletRequest request) {
        requireWholeTrail(caller);
        var begin = moments.from(from, request);
        var end = moments.upTo(to, request);
        model.addAttribute("from", begin);
        model.addAttribute("to", end);
        model.addAttribute(
                "latest", Objects.requireNonNull(moments.upTo(null, request)).field());
        model.addAttribute("rows", List.of());
        model.addAttribute("nextCursor", null);
        model.addAttribute("first", isBlank(cursor));
        model.addAttribute("wrong", null);
        if (begin == null || end == null) {
            model.addAttribute("wrong", "past.none-or-future");
            return "history/changes";
        }
        ChangePage page;
        try {
            page = page(
                    cursor,
                    start -> queries.query(
                                    new FindChanges(
                                            begin.asOf(), end.asOf(), null, PAGE, start, Browsing.position(request)),
                                    ChangePage.class)
                            .join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refusal.Malformed refusal
                    && refusal.code().equals("invalid_range")) {
                model.addAttribute("wrong", "past.reversed");
                return "history/changes";
            }
            throw e;
        }
        var times = (Times) Objects.requireNonNull(model.getAttribute("times"));
        var accountIds = page.items().stream().flatMap(AuditEntries::accounts).collect(Collectors.toSet());
        var names = queries.query(new GetPastAccountNames(accountIds, end.asOf()), PastAccountNames.class)
                .join()
                .byId();
        model.addAttribute(
                "rows",
                page.items().stream()
                        .map(changed ->
                                new Row(changed, entries.changes(changed, names, locale, times), changed.events()))
                        .toList());
        model.addAttribute("nextCursor", page.nextCursor());
        return "history/changes";
    }

    @GetMapping("/activity/capable-tokens")
    String capable(
            Caller caller,
            @RequestParam(required = false) @Nullable String permission,
            @RequestParam(required = false) @Nullable String asOf,
            @RequestParam(required = false) @Nullable String cursor,
            Model model,
            HttpServletRequest request) {
        requireWholeTrail(caller);
        var moment = moments.upTo(asOf, request);
        var typed = permission == null || permission.isBlank() ? null : permission.strip();
        // One that is not configured any more is no mistake.
        var wanted = typed != null && Permission.isName(typed) ? typed : null;
        model.addAttribute(
                "permissions", permissions.all().stream().map(Permission::name).toList());
        model.addAttribute("permission", typed);
        model.addAttribute("moment", moment);
        model.addAttribute(
                "latest", Objects.requireNonNull(moments.upTo(null, request)).field());
        model.addAttribute("first", isBlank(cursor));
        model.addAttribute(
                "wrong",
                moment == null ? "past.none-or-future" : typed != null && wanted == null ? "capable.no-name" : null);
        model.addAttribute("page", null);
        if (wanted != null && moment != null) {
            model.addAttribute(
                    "page",
                    page(
                            cursor,
                            start -> queries.query(
                                            new FindCapableTokens(
                                                    wanted, moment.asOf(), PAGE, start, Browsing.position(request)),
                                            CapableTokenPage.class)
                                    .join()));
        }
        return "history/capable-tokens";
    }

    /** A cursor works for a day; an old bookmark shows the first page. */
    private static <T> T page(@Nullable String cursor, Function<@Nullable String, T> query) {
        if (isBlank(cursor)) {
            return query.apply(null);
        }
        try {
            return query.apply(cursor);
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refusal.Malformed) {
                return query.apply(null);
            }
            throw e;
        }
    }

    private static boolean isBlank(@Nullable String text) {
        return text == null || text.isBlank();
    }

    private static void requireWholeTrail(Caller caller) {
        caller.requirePerson();
        if (!caller.readsWholeTrail()) {
            caller.requirePermission(Permission.AUDIT_READ);
        }
    }
}
