package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.account.AccountChanges;
import io.keyledger.command.account.AccountChanges.Parts;
import io.keyledger.command.account.AccountChanges.Profile;
import io.keyledger.command.account.PasswordChanges;
import io.keyledger.command.account.PasswordChanges.NewPassword;
import io.keyledger.command.account.SignInSessions;
import io.keyledger.command.account.WebSessions.SessionDetails;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Settings, Account settings: the password, name and email, and where one is signed in. */
@Page
class AccountSettingsPages {

    private static final String VIEW = "settings-account";
    private static final String ADDRESS = "redirect:/settings/account";

    private final PasswordChanges passwords;
    private final AccountChanges accounts;
    private final SignInSessions sessions;
    private final QueryGateway queries;
    private final FormErrors formErrors;
    private final Browsers browsers;
    private final MessageSource messages;

    AccountSettingsPages(
            PasswordChanges passwords,
            AccountChanges accounts,
            SignInSessions sessions,
            QueryGateway queries,
            FormErrors formErrors,
            Browsers browsers,
            MessageSource messages) {
        this.passwords = passwords;
        this.accounts = accounts;
        this.sessions = sessions;
        this.queries = queries;
        this.formErrors = formErrors;
        this.browsers = browsers;
        this.messages = messages;
    }

    /**
     * What the form for name and email sends, and is filled with.
     *
     * @param version of the account as the form showed it
     */
    record ProfileForm(
            @Nullable Long version,
            @Nullable String displayName,
            @Nullable String email) {

        private ProfileForm orElse(AccountDetails account) {
            return new ProfileForm(
                    version == null ? Long.valueOf(account.version()) : version,
                    displayName == null ? account.displayName() : displayName,
                    email == null ? account.email() : email);
        }

        @Override
        public String toString() {
            return "ProfileForm[***]";
        }
    }

    /** A line of the list of sessions. */
    record SessionRow(
            String id,
            String browser,
            @Nullable String userAgent,
            @Nullable String ipAddress,
            Instant createdAt,
            Instant lastSeenAt,
            boolean current) {

        @Override
        public String toString() {
            return "SessionRow[" + id + "]";
        }
    }

    /** The page, at its own address and at those that its forms are sent to. */
    @GetMapping({
        "/settings/account",
        "/settings/account/password",
        "/settings/account/profile",
        "/settings/account/sessions/{sessionId}/end"
    })
    String show(Caller caller, ProfileForm typed, Model model, Locale locale, HttpServletRequest request) {
        caller.requirePerson();
        FormErrors.none(model);
        return page(caller, typed, endOtherSessions(request), model, locale);
    }

    @PostMapping("/settings/account/password")
    String changePassword(
            Caller caller,
            @RequestParam(required = false) @Nullable String currentPassword,
            @RequestParam(required = false) @Nullable String newPassword,
            @RequestParam(required = false) @Nullable String confirmNewPassword,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var endOthers = endOtherSessions(request);
        try {
            var wanted = new NewPassword(currentPassword, newPassword, confirmNewPassword, endOthers);
            var receipt = passwords.change(caller, wanted, request);
            Browsing.changed(
                    request, receipt, endOthers ? "notice.password-changed" : "notice.password-changed-sessions-kept");
            return ADDRESS;
        } catch (Refusal e) {
            letFlyIfNoMistake(e);
            formErrors.show(e, locale, model, response);
            model.addAttribute("form", "password");
            return page(caller, new ProfileForm(null, null, null), endOthers, model, locale);
        }
    }

    @PostMapping("/settings/account/profile")
    String changeProfile(
            Caller caller,
            ProfileForm typed,
            @RequestParam(required = false) @Nullable String currentPassword,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        try {
            var wanted = new Profile(typed.email(), typed.displayName(), currentPassword);
            var receipt = accounts.changeProfile(caller, typed.version(), wanted, new Parts(true, true), request);
            Browsing.changed(request, receipt, "notice.profile-saved");
            return ADDRESS;
        } catch (Refusal.Stale e) {
            response.setStatus(412);
            FormErrors.none(model);
            model.addAttribute("changedMeanwhile", true);
            // What is typed stays; saving it again is a decision made knowing what it replaces.
            var again = new ProfileForm(null, typed.displayName(), typed.email());
            return page(caller, again, true, model, locale);
        } catch (Refusal e) {
            letFlyIfNoMistake(e);
            formErrors.show(e, locale, model, response);
            model.addAttribute("form", "profile");
            return page(caller, typed, true, model, locale);
        }
    }

    @PostMapping("/settings/account/sessions/{sessionId}/end")
    String endSession(Caller caller, @PathVariable String sessionId, HttpServletRequest request) {
        if (sessionId.equals(caller.sessionId())) {
            sessions.signOut(caller, request);
            return "redirect:/sign-in";
        }
        try {
            Browsing.changed(request, sessions.end(caller, sessionId), "notice.session-ended");
        } catch (Refusal.NotFound e) {
            // It has ended by itself, or by the first of two clicks: that is what was wanted.
            Browsing.notify(request, "notice.session-ended");
        }
        return ADDRESS;
    }

    /** A form that was not sent, and one that is not the browser's, end them; only a box that was unticked does not. */
    private static boolean endOtherSessions(HttpServletRequest request) {
        return request.getParameter("endOtherSessions") != null
                || request.getParameter("endOtherSessionsAsked") == null;
    }

    private static void letFlyIfNoMistake(Refusal refusal) {
        if (refusal instanceof Refusal.NotFound
                || refusal instanceof Refusal.Forbidden
                || refusal instanceof Refusal.Unauthenticated) {
            throw refusal;
        }
    }

    private String page(Caller caller, ProfileForm typed, boolean endOtherSessions, Model model, Locale locale) {
        // Not the one around the page, which was read before the change.
        var me = queries.query(new GetAccount(caller.requirePerson(), null), AccountDetails.class)
                .join();
        model.addAttribute("me", me);
        model.addAttribute("profile", typed.orElse(me));
        model.addAttribute("endOtherSessions", endOtherSessions);
        model.addAttribute("noErrors", FormErrors.Shown.NONE);
        model.addAttribute(
                "sessions",
                sessions.list(caller).stream()
                        .map(session -> row(session, locale))
                        .toList());
        NewPasswords.addRules(model);
        return VIEW;
    }

    private SessionRow row(SessionDetails session, Locale locale) {
        return new SessionRow(
                session.id(),
                session.userAgent() == null
                        ? messages.getMessage("account.session.browser-unknown", null, locale)
                        : browsers.readable(session.userAgent(), locale),
                session.userAgent(),
                Objects.requireNonNullElse(session.ipAddress(), ""),
                session.createdAt(),
                session.lastSeenAt(),
                session.current());
    }
}
