package io.keyledger.server.pages;

import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import io.keyledger.api.Refusal;
import io.keyledger.api.audit.AuditEventPage;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.api.authentication.AddressRange;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.history.AsOf;
import io.keyledger.api.history.FindPastTokens;
import io.keyledger.api.history.GetPastToken;
import io.keyledger.api.history.GetTokensSince;
import io.keyledger.api.history.TokensSince;
import io.keyledger.api.token.ChangeTokenAllowedAddresses;
import io.keyledger.api.token.ChangeTokenDescription;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.ChangeTokenPermissions;
import io.keyledger.api.token.EndingTokens;
import io.keyledger.api.token.FindEndingTokens;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.GetTokenRevocation;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.RenameToken;
import io.keyledger.api.token.RequireHeldPermissions;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.TokenAction;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenRevocation;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.api.token.TokenUse;
import io.keyledger.command.Commands;
import io.keyledger.command.token.TokenCreation;
import io.keyledger.command.token.TokenCreation.Created;
import io.keyledger.command.token.TokenCreation.NewToken;
import io.keyledger.command.token.TokenOwners.TokenOwner;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Tokens, one's own and those of service accounts: the list, a token, and what is done to it. */
@Page
class TokenPages {

    private static final int PAGE = 25;
    private static final int HISTORY = 25;
    private static final int ENDING = 5;
    private static final int CREATED_SINCE = 25;
    private static final String FIRST_SORT = "-createdAt";

    private static final Map<String, Set<TokenStatus>> STATUSES = Map.of(
            "", EnumSet.complementOf(EnumSet.of(TokenStatus.REVOKED)),
            "active", EnumSet.of(TokenStatus.ACTIVE),
            "disabled", EnumSet.of(TokenStatus.DISABLED),
            "expired", EnumSet.of(TokenStatus.EXPIRED),
            "revoked", EnumSet.of(TokenStatus.REVOKED),
            "all", EnumSet.allOf(TokenStatus.class));
    private static final Set<String> SORTS =
            Set.of("name", "-name", "createdAt", "-createdAt", "expiresAt", "-expiresAt", "lastUsedAt", "-lastUsedAt");

    private final QueryGateway queries;
    private final Commands commands;
    private final TokenCreation creation;
    private final PermissionCatalogue permissions;
    private final AuditEntries auditEntries;
    private final FormErrors formErrors;
    private final MessageSource messages;
    private final Dialogs dialogs;
    private final ShownOnce shownOnce;
    private final ShownAccount shown;
    private final ShownMoment moments;

    TokenPages(
            QueryGateway queries,
            Commands commands,
            TokenCreation creation,
            PermissionCatalogue permissions,
            AuditEntries auditEntries,
            FormErrors formErrors,
            MessageSource messages,
            Dialogs dialogs,
            ShownOnce shownOnce,
            ShownAccount shown,
            ShownMoment moments) {
        this.queries = queries;
        this.commands = commands;
        this.creation = creation;
        this.permissions = permissions;
        this.auditEntries = auditEntries;
        this.formErrors = formErrors;
        this.messages = messages;
        this.dialogs = dialogs;
        this.shownOnce = shownOnce;
        this.shown = shown;
        this.moments = moments;
    }

    /** What the list shows; unknown values are taken for none, so that no address leads nowhere. */
    record Filter(String search, String status, String sort) {

        static Filter of(@Nullable String search, @Nullable String status, @Nullable String sort) {
            var text = search == null ? "" : search.strip();
            return new Filter(
                    text.length() > 200 ? text.substring(0, 200) : text,
                    status != null && STATUSES.containsKey(status) ? status : "",
                    sort != null && SORTS.contains(sort) ? sort : FIRST_SORT);
        }

        public boolean isDefault() {
            return search.isEmpty() && status.isEmpty();
        }

        /** The sort order that a click on a column's heading leads to. */
        public String toggled(String key) {
            return sort.equals(key) ? "-" + key : key;
        }

        /** As {@code aria-sort} wants it; absent: not sorted by this column. */
        public @Nullable String direction(String key) {
            return sort.equals(key) ? "ascending" : sort.equals("-" + key) ? "descending" : null;
        }
    }

    @GetMapping("/settings")
    String settings() {
        return "redirect:/settings/tokens";
    }

    @GetMapping({"/settings/tokens", "/accounts/{accountId}/tokens"})
    String list(
            Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @RequestParam(required = false) @Nullable String search,
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String sort,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable String asOf,
            Model model,
            HttpServletRequest request) {
        var filter = Filter.of(search, status, sort);
        var owner = shown.at(caller, accountId, TokenAction.READ);
        var account = owner.accountId();
        var position = Browsing.position(request);
        var moment = moments.of(asOf, model, request);
        var past = moment == null ? null : moment.asOf();
        TokenPage page;
        try {
            page = find(account, filter, cursor == null || cursor.isEmpty() ? null : cursor, position, past);
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof Refusal.Malformed)) {
                throw e;
            }
            // A cursor works for a day; an old bookmark shows the first page.
            page = find(account, filter, null, position, past);
        }
        shown.describe(caller, owner, model);
        since(account, page.items(), moment, position, model);
        model.addAttribute("filter", filter);
        model.addAttribute("tokens", page.items());
        model.addAttribute("nextCursor", page.nextCursor());
        model.addAttribute("first", cursor == null || cursor.isEmpty());
        model.addAttribute(
                "ending",
                queries.query(new FindEndingTokens(account, ENDING, position), EndingTokens.class)
                        .join());
        return "tokens/list";
    }

    /** Tells a page about the past what became of its tokens, and which were made since. */
    private void since(
            String account,
            List<TokenDetails> tokens,
            ShownMoment.@Nullable Moment moment,
            @Nullable Long position,
            Model model) {
        model.addAttribute("asOfToo", moment == null ? "" : "&asOf=" + moment.text());
        model.addAttribute("asOfThere", moment == null ? "" : "?asOf=" + moment.text() + "&account=" + account);
        if (moment == null) {
            return;
        }
        var ids = tokens.stream().map(TokenDetails::id).toList();
        model.addAttribute(
                "since",
                queries.query(new GetTokensSince(ids, moment.asOf()), TokensSince.class)
                        .join()
                        .byId());
        var newest = new FindTokens(
                account, EnumSet.allOf(TokenStatus.class), null, FIRST_SORT, CREATED_SINCE, null, position);
        model.addAttribute(
                "createdSince",
                queries.query(newest, TokenPage.class).join().items().stream()
                        .filter(token -> token.createdAt().isAfter(moment.time()))
                        .toList());
    }

    private TokenPage find(
            String account, Filter filter, @Nullable String cursor, @Nullable Long position, @Nullable AsOf past) {
        var query = new FindTokens(
                account,
                Objects.requireNonNull(STATUSES.get(filter.status())),
                filter.search().isEmpty() ? null : filter.search(),
                filter.sort(),
                PAGE,
                cursor,
                position);
        return queries.query(past == null ? query : new FindPastTokens(query, past), TokenPage.class)
                .join();
    }

    @GetMapping("/settings/tokens/{tokenId}")
    String show(
            Caller caller,
            @PathVariable String tokenId,
            @RequestParam(required = false) @Nullable String days,
            @RequestParam(required = false) @Nullable String asOf,
            @RequestParam(required = false) @Nullable String account,
            Model model,
            Locale locale,
            HttpServletRequest request) {
        var moment = moments.of(asOf, model, request);
        return moment == null
                ? show(caller, tokenId, days, model, locale, request)
                : showPast(
                        caller,
                        tokenId,
                        account == null || account.isEmpty() ? null : account,
                        moment,
                        model,
                        locale,
                        request);
    }

    private String show(
            Caller caller,
            String tokenId,
            @Nullable String days,
            Model model,
            Locale locale,
            HttpServletRequest request) {
        var owner = shown.of(caller, tokenId, TokenAction.READ);
        var account = owner.accountId();
        var position = Browsing.position(request);
        var token = token(account, tokenId, position);
        shown.describe(caller, owner, model);
        var use = queries.query(new GetTokenUse(account, tokenId, position), TokenUse.class)
                .join();
        model.addAttribute("use", use);
        model.addAttribute("chart", UseChart.of(use, "90".equals(days) ? 90 : 30));
        if (token.status() == TokenStatus.REVOKED) {
            model.addAttribute(
                    "proof",
                    queries.query(new GetTokenRevocation(account, tokenId, position), TokenRevocation.class)
                            .join());
        }
        var history = queries.query(history(account, token.id(), position), AuditEventPage.class)
                .join();
        model.addAttribute("token", token);
        model.addAttribute("history", auditEntries.of(history.items(), caller, locale, times(model)));
        model.addAttribute("more", history.nextCursor() != null);
        return "tokens/show";
    }

    /**
     * The token as it was.
     *
     * @param accountId that had it then; absent: the caller's own, or the one that has it now
     */
    private String showPast(
            Caller caller,
            String tokenId,
            @Nullable String accountId,
            ShownMoment.Moment moment,
            Model model,
            Locale locale,
            HttpServletRequest request) {
        var position = Browsing.position(request);
        var owner = shown.at(caller, accountId, TokenAction.READ);
        TokenDetails token;
        try {
            token = past(owner, tokenId, moment, position);
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof Refusal.NotFound) || accountId != null) {
                throw e;
            }
            owner = shown.of(caller, tokenId, TokenAction.READ);
            token = past(owner, tokenId, moment, position);
        }
        shown.describe(caller, owner, model);
        since(owner.accountId(), List.of(token), moment, position, model);
        model.addAttribute("token", token);
        // Its bounds do not belong to it.
        var until = moment.time().plus(1, ChronoUnit.MICROS);
        var history = queries.query(
                        new FindAuditEvents(
                                owner.accountId(),
                                false,
                                null,
                                tokenId,
                                null,
                                null,
                                null,
                                until,
                                HISTORY,
                                null,
                                position),
                        AuditEventPage.class)
                .join();
        model.addAttribute("history", auditEntries.of(history.items(), caller, locale, times(model)));
        return "tokens/past";
    }

    private TokenDetails past(TokenOwner owner, String tokenId, ShownMoment.Moment moment, @Nullable Long position) {
        return queries.query(
                        new GetPastToken(new GetToken(owner.accountId(), tokenId, position), moment.asOf()),
                        TokenDetails.class)
                .join();
    }

    /** All that concerns the token since the account has it, by whomever. */
    private static FindAuditEvents history(String accountId, String tokenId, @Nullable Long position) {
        return new FindAuditEvents(accountId, false, null, tokenId, null, null, null, null, HISTORY, null, position);
    }

    private TokenDetails token(String accountId, String tokenId, @Nullable Long position) {
        return queries.query(new GetToken(accountId, tokenId, position), TokenDetails.class)
                .join();
    }

    /** A permission in a form. */
    record Choice(String name, String description, boolean ticked) {}

    /** What a form asks for, as it was typed. */
    record Wanted(
            @Nullable String name,
            @Nullable String description,
            @Nullable List<String> permissions,
            @Nullable String expiry,
            @Nullable String expiresOn,
            @Nullable String allowedAddresses) {

        /** Browsers send every line break as two characters, which nobody typed, and which would count as a change. */
        Wanted {
            description = description == null ? null : description.replace("\r\n", "\n");
            allowedAddresses = allowedAddresses == null ? null : allowedAddresses.replace("\r\n", "\n");
        }

        static Wanted of(TokenDetails token) {
            return new Wanted(
                    token.name(),
                    token.description(),
                    token.permissions(),
                    Expiry.KEEP,
                    null,
                    String.join("\n", token.allowedAddresses()));
        }

        /** One on each line, or separated by commas or spaces; absent: the form did not ask. */
        @Nullable
        List<String> addressRanges() {
            return allowedAddresses == null
                    ? null
                    : Arrays.stream(allowedAddresses.split("[,\\s]+"))
                            .filter(range -> !range.isEmpty())
                            .toList();
        }

        /** The first that is no range of addresses. */
        public @Nullable String wrongRange() {
            var ranges = addressRanges();
            return ranges == null
                    ? null
                    : ranges.stream()
                            .filter(range -> AddressRange.parse(range).isEmpty())
                            .findFirst()
                            .orElse(null);
        }

        /** What was probably meant by it. */
        public @Nullable String meantRange() {
            var wrong = wrongRange();
            return wrong == null
                    ? null
                    : AddressRange.suggest(wrong).map(AddressRange::toString).orElse(null);
        }

        /** Repeated or in one parameter, separated by commas or spaces. */
        Set<String> permissionNames() {
            return permissions == null
                    ? Set.of()
                    : permissions.stream()
                            .flatMap(text -> Arrays.stream(text.split("[,\\s]+")))
                            .filter(name -> !name.isEmpty())
                            .collect(Collectors.toSet());
        }

        @Override
        public String toString() {
            return "Wanted[***]";
        }
    }

    /** The form, filled in from the address: {@code ?name=…&description=…&permissions=…&expires_in=…}. */
    @GetMapping({"/settings/tokens/new", "/accounts/{accountId}/tokens/new"})
    String createForm(
            Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @ModelAttribute("wanted") Wanted wanted,
            @RequestParam(name = "expires_in", required = false) @Nullable String expiresIn,
            Model model,
            Locale locale) {
        var owner = shown.at(caller, accountId, TokenAction.CHANGE);
        shown.describe(caller, owner, model);
        FormErrors.none(model);
        return createForm(
                caller,
                owner,
                wanted,
                Expiry.first(wanted.expiry(), wanted.expiresOn(), expiresIn),
                newKey(),
                model,
                locale);
    }

    private String createForm(
            Caller caller,
            TokenOwner owner,
            Wanted wanted,
            Expiry expiry,
            String idempotencyKey,
            Model model,
            Locale locale) {
        model.addAttribute("wanted", wanted);
        model.addAttribute("expiry", expiry);
        model.addAttribute("choices", choices(caller, owner, wanted.permissionNames(), Set.of(), locale));
        model.addAttribute("idempotencyKey", idempotencyKey);
        model.addAttribute("ownAddress", caller.origin().ipAddress());
        return "tokens/new";
    }

    /** Creates the token and shows its value, in this answer and nowhere else. Sent again, it shows the token only. */
    @PostMapping({"/settings/tokens/new", "/accounts/{accountId}/tokens/new"})
    String create(
            Caller caller,
            @PathVariable(required = false) @Nullable String accountId,
            @ModelAttribute("wanted") Wanted wanted,
            @RequestParam String idempotencyKey,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var owner = shown.at(caller, accountId, TokenAction.CHANGE);
        // Before there is a value, which nothing that fails later must lose.
        shown.describe(caller, owner, model);
        var expiry = Expiry.first(wanted.expiry(), wanted.expiresOn(), null);
        Created created;
        try {
            created = create(caller, owner, wanted, expiry, idempotencyKey, times(model));
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return createForm(caller, owner, wanted, expiry, idempotencyKey, model, locale);
        }
        Browsing.changed(request, created.receipt());
        if (created.value() == null) {
            Browsing.notify(request, "tokens.created.again");
            return "redirect:/settings/tokens/" + created.token().id();
        }
        return shownOnce.show(created.token(), created.value(), model);
    }

    private Created create(
            Caller caller, TokenOwner owner, Wanted wanted, Expiry expiry, String idempotencyKey, Times times) {
        var ranges = wanted.addressRanges();
        var token = new NewToken(
                wanted.name(),
                blankToNull(wanted.description()),
                wanted.permissionNames(),
                expiry.instant(times),
                // None: as a form without that field, so that the same is asked for.
                ranges == null || ranges.isEmpty() ? null : ranges);
        try {
            return creation.create(caller, owner, token, idempotencyKey);
        } catch (Refusal.Unprocessable e) {
            if (!e.code().equals("idempotency_key_reused")) {
                throw e;
            }
            // The browser went back to a form that was sent before, and it asks for something else now.
            return creation.create(caller, owner, token, newKey());
        }
    }

    /** The form with the token's details; as a dialog, where a script asks for it. */
    @GetMapping("/settings/tokens/{tokenId}/edit")
    String editForm(
            Caller caller,
            @PathVariable String tokenId,
            @ModelAttribute("wanted") Wanted typed,
            @RequestParam(required = false) @Nullable Long version,
            HtmxRequest htmx,
            Model model,
            Locale locale,
            HttpServletRequest request) {
        var owner = shown.of(caller, tokenId, TokenAction.CHANGE);
        var token = token(owner.accountId(), tokenId, Browsing.position(request));
        FormErrors.none(model);
        // From an expired session somebody comes back with what was typed, for the version that was seen then.
        var wanted = version == null ? Wanted.of(token) : typed;
        return editForm(caller, owner, token, wanted, version == null ? token.version() : version, htmx, model, locale);
    }

    private String editForm(
            Caller caller,
            TokenOwner owner,
            TokenDetails token,
            Wanted wanted,
            long version,
            HtmxRequest htmx,
            Model model,
            Locale locale) {
        model.addAttribute("token", token);
        model.addAttribute("version", version);
        model.addAttribute("wanted", wanted);
        model.addAttribute("expiry", Expiry.of(wanted.expiry(), wanted.expiresOn(), Expiry.KEEP));
        model.addAttribute("ownAddress", caller.origin().ipAddress());
        model.addAttribute(
                "choices",
                choices(caller, owner, wanted.permissionNames(), new HashSet<>(token.permissions()), locale));
        return htmx.isHtmxRequest() ? "tokens/edit-form :: form(dialog=true)" : "tokens/edit";
    }

    /** Changes what is different, if nobody else changed the token since the form was shown. */
    @PostMapping("/settings/tokens/{tokenId}/edit")
    Object edit(
            Caller caller,
            @PathVariable String tokenId,
            @ModelAttribute("wanted") Wanted wanted,
            @RequestParam long version,
            HtmxRequest htmx,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var owner = shown.of(caller, tokenId, TokenAction.CHANGE);
        var account = owner.accountId();
        var expiry = Expiry.of(wanted.expiry(), wanted.expiresOn(), Expiry.KEEP);
        model.addAttribute("changedMeanwhile", false);
        try {
            var toSend = new ArrayList<Object>();
            toSend.add(new RenameToken(tokenId, account, wanted.name()));
            toSend.add(new ChangeTokenDescription(tokenId, account, blankToNull(wanted.description())));
            var names = wanted.permissionNames();
            toSend.add(new ChangeTokenPermissions(tokenId, account, names, owner.grantable(caller, names)));
            var ranges = wanted.addressRanges();
            var lifts = ranges != null
                    && !ranges.equals(token(account, tokenId, commands.head()).allowedAddresses());
            if (lifts || !expiry.isKept()) {
                toSend.add(new RequireHeldPermissions(tokenId, account, caller.permissions(), lifts));
            }
            if (!expiry.isKept()) {
                toSend.add(new ChangeTokenExpiry(tokenId, account, expiry.instant(times(model))));
            }
            if (ranges != null) {
                toSend.add(new ChangeTokenAllowedAddresses(tokenId, account, ranges));
            }
            var receipt = commands.send(caller, version, toSend);
            return dialogs.done(htmx, request, receipt, "tokens.saved", ShownAccount.path(caller, owner), locale);
        } catch (Refusal.NotFound e) {
            throw e;
        } catch (Refusal e) {
            var token = token(account, tokenId, commands.head());
            var stale = e instanceof Refusal.Stale;
            var revoked = token.status() == TokenStatus.REVOKED;
            // Of all that somebody may have done meanwhile, this leaves nothing to save again.
            formErrors.show(
                    stale && revoked ? new Refusal.Conflict("token_revoked", "This token was revoked.") : e,
                    locale,
                    model,
                    response);
            model.addAttribute("changedMeanwhile", stale && !revoked);
            // Saved again, it replaces what is shown now.
            return editForm(caller, owner, token, wanted, token.version(), htmx, model, locale);
        }
    }

    @GetMapping("/settings/tokens/{tokenId}/delete")
    String deleteForm(
            Caller caller, @PathVariable String tokenId, HtmxRequest htmx, Model model, HttpServletRequest request) {
        var owner = shown.of(caller, tokenId, TokenAction.WITHDRAW);
        model.addAttribute("token", token(owner.accountId(), tokenId, Browsing.position(request)));
        return htmx.isHtmxRequest() ? "tokens/delete-form :: form(dialog=true)" : "tokens/delete";
    }

    /** Revokes the token: from the moment of the answer no node accepts it. */
    @PostMapping("/settings/tokens/{tokenId}/delete")
    Object delete(
            Caller caller, @PathVariable String tokenId, HtmxRequest htmx, Locale locale, HttpServletRequest request) {
        var owner = shown.of(caller, tokenId, TokenAction.WITHDRAW);
        var receipt = commands.send(caller, new RevokeToken(tokenId, owner.accountId()));
        return dialogs.done(htmx, request, receipt, "tokens.deleted", ShownAccount.path(caller, owner), locale);
    }

    private List<Choice> choices(
            Caller caller, TokenOwner owner, Set<String> ticked, Set<String> granted, Locale locale) {
        var grantable = owner.grantable(caller, Set.of());
        return permissions.all().stream()
                .filter(permission -> grantable.contains(permission.name())
                        // One that was granted before can be taken away.
                        || granted.contains(permission.name()))
                .map(permission -> new Choice(
                        permission.name(),
                        Objects.requireNonNull(messages.getMessage(
                                "permission." + permission.name(), null, permission.description(), locale)),
                        ticked.contains(permission.name())))
                .toList();
    }

    private static Times times(Model model) {
        return (Times) Objects.requireNonNull(model.getAttribute("times"));
    }

    private static String newKey() {
        return UUID.randomUUID().toString();
    }

    private static @Nullable String blankToNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
