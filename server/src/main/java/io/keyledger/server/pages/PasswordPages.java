package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.account.AccountMail;
import io.keyledger.command.account.PasswordChanges;
import io.keyledger.command.account.PasswordChanges.PasswordReset;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The way to a password without the current one: a link is asked for by mail, and sets one, the first one too. */
@Page
class PasswordPages {

    private final PasswordChanges changes;
    private final AccountMail mail;
    private final FormErrors formErrors;

    PasswordPages(PasswordChanges changes, AccountMail mail, FormErrors formErrors) {
        this.changes = changes;
        this.mail = mail;
        this.formErrors = formErrors;
    }

    @GetMapping("/set-password")
    String setPasswordForm(Model model) {
        FormErrors.none(model);
        return setPasswordPage(model, "");
    }

    @PostMapping("/set-password")
    String setPassword(
            Caller caller,
            @RequestParam(required = false) @Nullable String secret,
            @RequestParam(required = false) @Nullable String newPassword,
            @RequestParam(required = false) @Nullable String confirmNewPassword,
            Model model,
            Locale locale,
            HttpServletResponse response) {
        var bare = bareSecret(secret);
        try {
            changes.reset(caller, new PasswordReset(bare, newPassword, confirmNewPassword));
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return setPasswordPage(model, bare);
        }
        return "redirect:/sign-in?done=password-set";
    }

    /** Of a whole link, what stands behind the {@code #}. */
    private static String bareSecret(@Nullable String linkOrSecret) {
        return linkOrSecret == null
                ? ""
                : linkOrSecret.substring(linkOrSecret.indexOf('#') + 1).strip();
    }

    private static String setPasswordPage(Model model, String secret) {
        model.addAttribute("secret", secret);
        NewPasswords.addRules(model);
        return "set-password";
    }

    @GetMapping("/forgot-password")
    String forgotPasswordForm(@RequestParam(required = false) @Nullable String email, Model model) {
        FormErrors.none(model);
        return forgotPasswordPage(model, "form", email);
    }

    @PostMapping("/forgot-password")
    String forgotPassword(
            Caller caller,
            @RequestParam(required = false) @Nullable String email,
            Model model,
            Locale locale,
            HttpServletResponse response) {
        FormErrors.none(model);
        if (mail.isConfigured()) {
            try {
                changes.mailLink(caller, email);
            } catch (Refusal e) {
                formErrors.show(e, locale, model, response);
                return forgotPasswordPage(model, "form", email);
            }
        }
        return forgotPasswordPage(model, "asked", null);
    }

    private String forgotPasswordPage(Model model, String state, @Nullable String email) {
        model.addAttribute("state", mail.isConfigured() ? state : "no-mail");
        model.addAttribute("email", email == null ? "" : email);
        return "forgot-password";
    }
}
