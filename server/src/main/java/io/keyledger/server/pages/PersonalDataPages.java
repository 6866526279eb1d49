package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.account.PersonalDataDownload;
import io.keyledger.command.account.PersonalDataErasure;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Taking one's personal data along, and erasing one's own or, for administrators, that of any account. */
@Page
class PersonalDataPages {

    private static final String VIEW = "erase";

    private final PersonalDataErasure erasure;
    private final PersonalDataDownload data;
    private final QueryGateway queries;
    private final FormErrors formErrors;

    PersonalDataPages(
            PersonalDataErasure erasure, PersonalDataDownload data, QueryGateway queries, FormErrors formErrors) {
        this.erasure = erasure;
        this.data = data;
        this.queries = queries;
        this.formErrors = formErrors;
    }

    @GetMapping("/settings/account/data")
    void download(Caller caller, HttpServletResponse response) throws IOException {
        data.send(caller, response);
    }

    @GetMapping("/settings/account/erase")
    String ownForm(Caller caller, @RequestParam(required = false) @Nullable String email, Model model) {
        FormErrors.none(model);
        return page(account(caller.requirePerson()), true, email, model);
    }

    @PostMapping("/settings/account/erase")
    String eraseOwn(
            Caller caller,
            @RequestParam(required = false) @Nullable String email,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        try {
            erasure.eraseOwn(caller, email);
        } catch (Refusal.Unprocessable | Refusal.Conflict e) {
            formErrors.show(e, locale, model, response);
            return page(account(caller.requirePerson()), true, email, model);
        }
        return closed(request);
    }

    @GetMapping("/accounts/{accountId}/erase")
    String form(
            Caller caller,
            @PathVariable String accountId,
            @RequestParam(required = false) @Nullable String email,
            Model model) {
        caller.requireAdministrator();
        FormErrors.none(model);
        var account = account(accountId);
        return account.erased() ? "redirect:/accounts/{accountId}" : page(account, false, email, model);
    }

    /** @param email of the account, or a service account's name: typed, so that nobody does this by mistake */
    @PostMapping("/accounts/{accountId}/erase")
    String erase(
            Caller caller,
            @PathVariable String accountId,
            @RequestParam(required = false) @Nullable String email,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        caller.requireAdministrator();
        var account = account(accountId);
        try {
            requireTyped(account, email);
            Browsing.changed(request, erasure.erase(caller, accountId), "accounts.notice.erased");
        } catch (Refusal.Unprocessable | Refusal.Conflict e) {
            formErrors.show(e, locale, model, response);
            return page(account, false, email, model);
        }
        return accountId.equals(caller.accountId()) ? closed(request) : "redirect:/accounts/{accountId}";
    }

    private static void requireTyped(AccountDetails account, @Nullable String typed) {
        if (typed == null || typed.isBlank()) {
            throw new Refusal.Unprocessable("email", "required", "Fill in this field.");
        }
        var service = account.type() == AccountType.SERVICE;
        var name = service || account.email() == null ? account.displayName() : account.email();
        if (!account.erased() && !typed.strip().equalsIgnoreCase(name)) {
            throw service
                    ? new Refusal.Unprocessable("email", "other_name", "This is not the name of this account.")
                    : new Refusal.Unprocessable(
                            "email", "other_email", "This is not the email address of this account.");
        }
    }

    private static String closed(HttpServletRequest request) {
        var session = request.getSession(false);
        if (session != null) {
            session.invalidate();
        }
        return "redirect:/sign-in?done=erased";
    }

    private static String page(AccountDetails account, boolean own, @Nullable String typed, Model model) {
        model.addAttribute("account", account);
        model.addAttribute("own", own);
        model.addAttribute("service", account.type() == AccountType.SERVICE);
        model.addAttribute("typed", Objects.requireNonNullElse(typed, ""));
        model.addAttribute("heading", own ? "erase.title.own" : "erase.title.other");
        model.addAttribute("section", own ? "settings" : "accounts");
        model.addAttribute("back", own ? "/settings/account" : "/accounts/" + account.id());
        return VIEW;
    }

    private AccountDetails account(String accountId) {
        return queries.query(new GetAccount(accountId, null), AccountDetails.class)
                .join();
    }
}
