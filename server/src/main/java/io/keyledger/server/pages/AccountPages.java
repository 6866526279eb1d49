package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.GrantAdministrator;
import io.keyledger.api.account.RevokeAdministrator;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.history.GetPastAccount;
import io.keyledger.command.Commands;
import io.keyledger.command.Receipt;
import io.keyledger.command.account.AccountChanges;
import io.keyledger.command.account.AccountChanges.NewAccount;
import io.keyledger.command.account.AccountChanges.Registered;
import io.keyledger.command.account.PasswordChanges;
import io.keyledger.command.account.PasswordChanges.Issued;
import io.keyledger.command.account.PasswordChanges.ResetLink;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Everybody's accounts, for administrators. */
@Page
class AccountPages {

    private static final int ACCOUNTS = 50;
    private static final int SEARCH_MAX = 200;
    private static final Set<String> STATUSES = Set.of("enabled", "disabled");
    private static final String ACCOUNT = "redirect:/accounts/{accountId}";

    private final QueryGateway queries;
    private final Commands commands;
    private final AccountChanges changes;
    private final PasswordChanges passwords;
    private final FormErrors formErrors;
    private final MessageSource messages;
    private final ShownMoment moments;

    AccountPages(
            QueryGateway queries,
            Commands commands,
            AccountChanges changes,
            PasswordChanges passwords,
            FormErrors formErrors,
            MessageSource messages,
            ShownMoment moments) {
        this.queries = queries;
        this.commands = commands;
        this.changes = changes;
        this.passwords = passwords;
        this.formErrors = formErrors;
        this.messages = messages;
        this.moments = moments;
    }

    /**
     * What the list shows; unknown values are taken for none, so that no address leads nowhere.
     *
     * @param status enabled, disabled or empty
     */
    record Filter(String search, String status) {

        static Filter of(@Nullable String search, @Nullable String status) {
            var text = search == null ? "" : search.strip();
            return new Filter(
                    text.substring(
                            0, text.offsetByCodePoints(0, Math.min(SEARCH_MAX, text.codePointCount(0, text.length())))),
                    status != null && STATUSES.contains(status) ? status : "");
        }

        @Nullable
        Boolean enabled() {
            return status.isEmpty() ? null : status.equals("enabled");
        }

        public boolean isDefault() {
            return search.isEmpty() && status.isEmpty();
        }

        @Override
        public String toString() {
            return "Filter[***]";
        }
    }

    @GetMapping("/accounts")
    String list(
            Caller caller,
            @RequestParam(required = false) @Nullable String search,
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String cursor,
            Model model,
            HttpServletRequest request) {
        caller.requireAdministrator();
        var filter = Filter.of(search, status);
        var start = cursor == null || cursor.isBlank() ? null : cursor;
        AccountPage page;
        try {
            page = find(filter, start, request);
        } catch (CompletionException e) {
            if (start == null || !(e.getCause() instanceof Refusal.Malformed)) {
                throw e;
            }
            // It is a day old, or of another filter: the first page will do.
            start = null;
            page = find(filter, null, request);
        }
        model.addAttribute("filter", filter);
        model.addAttribute("accounts", page.items());
        model.addAttribute("nextCursor", page.nextCursor());
        model.addAttribute("first", start == null);
        return "accounts/list";
    }

    private AccountPage find(Filter filter, @Nullable String cursor, HttpServletRequest request) {
        var query = new FindAccounts(
                filter.search().isEmpty() ? null : filter.search(),
                filter.enabled(),
                null,
                null,
                ACCOUNTS,
                cursor,
                Browsing.position(request));
        return queries.query(query, AccountPage.class).join();
    }

    /** What the form asks for, as it was typed. */
    record Wanted(@Nullable String email, @Nullable String displayName) {

        @Override
        public String toString() {
            return "Wanted[***]";
        }
    }

    @GetMapping("/accounts/new")
    String createForm(Caller caller, @ModelAttribute("wanted") Wanted wanted, Model model) {
        caller.requireAdministrator();
        FormErrors.none(model);
        return "accounts/new";
    }

    /**
     * Creates the account and shows the link that sets its password, in this answer and nowhere else. Sent again, it is
     * refused, because the address has an account then.
     */
    @PostMapping("/accounts/new")
    String create(
            Caller caller,
            @ModelAttribute("wanted") Wanted wanted,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        caller.requireAdministrator();
        Registered registered;
        try {
            registered =
                    changes.register(caller, new NewAccount(null, wanted.email(), wanted.displayName(), null, null));
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return "accounts/new";
        }
        Browsing.changed(request, registered.receipt());
        model.addAttribute("created", true);
        return link(account(registered.accountId(), request), Objects.requireNonNull(registered.link()), model);
    }

    /** Filled in from the address, as every form. */
    @GetMapping("/accounts/new-service-account")
    String createServiceForm(Caller caller, @ModelAttribute("wanted") Wanted wanted, Model model) {
        caller.requireAdministrator();
        FormErrors.none(model);
        return "accounts/new-service-account";
    }

    /** Creates a service account. Its page, which comes next, is where its owners are named. */
    @PostMapping("/accounts/new-service-account")
    String createService(
            Caller caller,
            @ModelAttribute("wanted") Wanted wanted,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        caller.requireAdministrator();
        Registered registered;
        try {
            registered = changes.register(
                    caller, new NewAccount(AccountType.SERVICE, null, wanted.displayName(), null, null));
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return "accounts/new-service-account";
        }
        Browsing.changed(request, registered.receipt(), "accounts.notice.service-created");
        return "redirect:/accounts/" + registered.accountId();
    }

    private static String link(AccountDetails account, ResetLink link, Model model) {
        model.addAttribute("account", account);
        model.addAttribute("link", link.link());
        model.addAttribute("expiresAt", link.expiresAt());
        return "accounts/link";
    }

    @GetMapping("/accounts/{accountId}")
    String show(
            Caller caller,
            @PathVariable String accountId,
            @RequestParam(required = false) @Nullable String asOf,
            Model model,
            HttpServletRequest request) {
        caller.requireAdministrator();
        FormErrors.none(model);
        var moment = moments.of(asOf, model, request);
        return moment == null ? page(caller, accountId, model, request) : past(accountId, moment, model, request);
    }

    private String past(String accountId, ShownMoment.Moment moment, Model model, HttpServletRequest request) {
        var account = past(accountId, moment, request);
        model.addAttribute("account", account);
        model.addAttribute(
                "owners",
                account.owners().stream().map(id -> past(id, moment, request)).toList());
        model.addAttribute(
                "changedSince", account.version() != account(accountId, request).version());
        return "accounts/past";
    }

    private AccountDetails past(String accountId, ShownMoment.Moment moment, HttpServletRequest request) {
        var account = new GetAccount(accountId, Browsing.position(request));
        return queries.query(new GetPastAccount(account, moment.asOf()), AccountDetails.class)
                .join();
    }

    private String page(Caller caller, String accountId, Model model, HttpServletRequest request) {
        var account = account(accountId, request);
        model.addAttribute("account", account);
        model.addAttribute(
                "owners",
                account.owners().stream().map(id -> account(id, request)).toList());
        model.addAttribute("own", accountId.equals(caller.accountId()));
        return "accounts/show";
    }

    private AccountDetails account(String accountId, HttpServletRequest request) {
        return queries.query(new GetAccount(accountId, Browsing.position(request)), AccountDetails.class)
                .join();
    }

    /** Lets somebody manage the tokens of a service account, by the email address that they sign in with. */
    @PostMapping("/accounts/{accountId}/owners")
    String addOwner(
            Caller caller,
            @PathVariable String accountId,
            @RequestParam String email,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        model.addAttribute("ownerEmail", email);
        return change(
                caller,
                accountId,
                () -> changes.addOwner(caller, accountId, owner(email)),
                "accounts.notice.owner-added",
                model,
                locale,
                request,
                response);
    }

    private String owner(String email) {
        var query = new FindAccounts(email.strip(), true, AccountType.PERSON, null, 100, null, null);
        return queries.query(query, AccountPage.class).join().items().stream()
                .filter(account -> email.strip().equalsIgnoreCase(account.email()))
                .findFirst()
                .orElseThrow(() -> new Refusal.Unprocessable(
                        "email", "no_such_person", "Nobody who may sign in has this email address."))
                .id();
    }

    @PostMapping("/accounts/{accountId}/owners/{ownerId}/remove")
    String removeOwner(
            Caller caller,
            @PathVariable String accountId,
            @PathVariable String ownerId,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        return change(
                caller,
                accountId,
                () -> changes.removeOwner(caller, accountId, ownerId),
                "accounts.notice.owner-removed",
                model,
                locale,
                request,
                response);
    }

    /** Says what a new link does, for whoever comes by the address alone. */
    @GetMapping("/accounts/{accountId}/reset-link")
    String linkForm(Caller caller, @PathVariable String accountId, Model model, HttpServletRequest request) {
        caller.requireAdministrator();
        model.addAttribute("account", account(accountId, request));
        return "accounts/link-form";
    }

    /** Makes a link that sets the password, and shows it in this answer and nowhere else. Sent again, it is a new one. */
    @PostMapping("/accounts/{accountId}/reset-link")
    String makeLink(
            Caller caller,
            @PathVariable String accountId,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        caller.requireAdministrator();
        Issued issued;
        try {
            issued = passwords.issueLink(caller, accountId);
        } catch (Refusal.NotFound e) {
            throw e;
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return page(caller, accountId, model, request);
        }
        Browsing.changed(request, issued.receipt());
        model.addAttribute("created", false);
        return link(account(accountId, request), issued.link(), model);
    }

    /** Asks before it disables; as a dialog where scripts run. */
    @GetMapping("/accounts/{accountId}/disable")
    String disableForm(Caller caller, @PathVariable String accountId, Model model, HttpServletRequest request) {
        caller.requireAdministrator();
        var account = account(accountId, request);
        if (!account.enabled()) {
            return ACCOUNT;
        }
        page(caller, accountId, model, request);
        return request.getHeader("HX-Request") == null ? "accounts/disable" : "accounts/disable :: form";
    }

    @PostMapping("/accounts/{accountId}/disable")
    String disable(
            Caller caller,
            @PathVariable String accountId,
            @RequestParam long version,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        return change(
                caller,
                accountId,
                () -> commands.send(caller, version, List.of(new DisableAccount(accountId))),
                "accounts.notice.disabled",
                model,
                locale,
                request,
                response);
    }

    @PostMapping("/accounts/{accountId}/enable")
    String enable(
            Caller caller,
            @PathVariable String accountId,
            @RequestParam long version,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        return change(
                caller,
                accountId,
                () -> commands.send(caller, version, List.of(new EnableAccount(accountId))),
                "accounts.notice.enabled",
                model,
                locale,
                request,
                response);
    }

    @PostMapping("/accounts/{accountId}/administrator")
    String administrator(
            Caller caller,
            @PathVariable String accountId,
            @RequestParam long version,
            @RequestParam boolean administrator,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var command = administrator ? new GrantAdministrator(accountId) : new RevokeAdministrator(accountId);
        return change(
                caller,
                accountId,
                () -> commands.send(caller, version, List.of(command)),
                administrator ? "accounts.notice.granted" : "accounts.notice.revoked",
                model,
                locale,
                request,
                response);
    }

    /** Whoever comes by the address alone, from an expired session for example, sees what they can do. */
    @GetMapping({
        "/accounts/{accountId}/enable",
        "/accounts/{accountId}/administrator",
        "/accounts/{accountId}/owners",
        "/accounts/{accountId}/owners/{ownerId}/remove"
    })
    String formOfOneButton(Caller caller) {
        caller.requireAdministrator();
        return ACCOUNT;
    }

    /** Changes it; what is refused is told on the account's page, as the account is now. */
    private String change(
            Caller caller,
            String accountId,
            Supplier<Receipt> change,
            String notice,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        caller.requireAdministrator();
        Receipt receipt;
        try {
            receipt = change.get();
        } catch (Refusal.NotFound e) {
            throw e;
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            if (e instanceof Refusal.Stale) {
                model.addAttribute(
                        "errors",
                        new FormErrors.Shown(
                                Map.of(), messages.getMessage("accounts.changed-meanwhile", null, locale)));
            }
            return page(caller, accountId, model, request);
        }
        Browsing.changed(request, receipt, notice);
        // Their own page is no longer for them, if they gave up what it needs.
        return accountId.equals(caller.accountId()) ? "redirect:/" : ACCOUNT;
    }
}
