package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.account.SignInSessions;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.util.UriUtils;

/** Signing in and out. */
@Page
class SignInPages {

    /** What may have been done right before, without a session that could say so. */
    private static final Set<String> DONE = Set.of("password-set", "erased");

    private final SignInSessions sessions;
    private final FormErrors formErrors;

    SignInPages(SignInSessions sessions, FormErrors formErrors) {
        this.sessions = sessions;
        this.formErrors = formErrors;
    }

    /** The address of the sign-in page that leads on to another one. */
    static String address(String next) {
        return next.equals("/") ? "/sign-in" : "/sign-in?next=" + UriUtils.encode(next, StandardCharsets.UTF_8);
    }

    @GetMapping("/")
    String home() {
        return "redirect:/settings/tokens";
    }

    @GetMapping("/sign-in")
    String form(
            Caller caller,
            @RequestParam(required = false) @Nullable String next,
            @RequestParam(required = false) @Nullable String done,
            Model model) {
        var known = done != null && DONE.contains(done) ? done : null;
        // Who has just set a password signs in with it, also where somebody else is signed in.
        if (caller.accountId() != null && known == null) {
            return "redirect:" + ReturnAddress.checked(next);
        }
        FormErrors.none(model);
        model.addAttribute("done", known);
        return page(model, next, "");
    }

    @PostMapping("/sign-in")
    String signIn(
            Caller caller,
            @RequestParam(required = false) @Nullable String email,
            @RequestParam(required = false) @Nullable String password,
            @RequestParam(required = false) @Nullable String next,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        try {
            var receipt = sessions.signIn(caller, email, password, request, response);
            Browsing.changed(request, receipt);
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return page(model, next, email == null ? "" : email);
        }
        return "redirect:" + ReturnAddress.checked(next);
    }

    private static String page(Model model, @Nullable String next, String email) {
        model.addAttribute("next", ReturnAddress.checked(next));
        model.addAttribute("email", email);
        return "sign-in";
    }

    /** For whoever comes here by the address alone, from an expired session for example. */
    @GetMapping("/sign-out")
    String signOutAddress() {
        return "redirect:/";
    }

    @PostMapping("/sign-out")
    String signOut(Caller caller, HttpServletRequest request) {
        sessions.signOut(caller, request);
        return "redirect:/sign-in";
    }
}
