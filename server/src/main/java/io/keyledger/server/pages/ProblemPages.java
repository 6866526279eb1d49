package io.keyledger.server.pages;

import io.keyledger.api.ForRole;
import io.keyledger.server.web.Problem;
import io.keyledger.server.web.ProblemPage;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.HashMap;
import java.util.Locale;
import java.util.Objects;
import org.springframework.context.MessageSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.LocaleResolver;
import org.thymeleaf.spring6.view.ThymeleafViewResolver;

/** Problems as pages: what happened, and what to do. Whoever is not signed in is sent to sign in, and back. */
@Component
@ForRole(ForRole.Role.COMMAND)
class ProblemPages implements ProblemPage {

    private final ThymeleafViewResolver views;
    private final LocaleResolver locales;
    private final MessageSource messages;

    ProblemPages(ThymeleafViewResolver views, LocaleResolver locales, MessageSource messages) {
        this.views = views;
        // Otherwise what an address ends with decides: the page for /nothing.txt would be shown as text.
        views.setForceContentType(true);
        this.locales = locales;
        this.messages = messages;
    }

    @Override
    @SuppressWarnings("IllegalCatch") // Spring's views declare Exception.
    public void show(HttpServletRequest request, HttpServletResponse response, Problem problem) {
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        if (problem.status() == HttpStatus.UNAUTHORIZED.value()) {
            redirect(request, response, SignInPages.address(ReturnAddress.of(request)));
            return;
        }
        if (problem.code().equals("csrf_token_missing") && !isCrossSite(request)) {
            // Signed out and in again in another tab: the form is shown anew, with what was typed.
            Browsing.notify(request, "notice.form-renewed");
            redirect(request, response, ReturnAddress.of(request));
            return;
        }
        response.setStatus(problem.status());
        response.setContentType(MediaType.TEXT_HTML_VALUE + ";charset=UTF-8");
        var locale = locales.resolveLocale(request);
        var model = new HashMap<String, Object>();
        model.put("status", problem.status());
        model.put("title", message(locale, problem, "title", problem.title()));
        model.put("detail", message(locale, problem, "detail", problem.detail()));
        model.put("correlationId", Objects.requireNonNullElse(problem.correlationId(), ""));
        try {
            Objects.requireNonNull(views.resolveViewName("problem", locale)).render(model, request, response);
        } catch (Exception e) {
            throw new IllegalStateException("the page of a problem could not be shown", e);
        }
    }

    private String message(Locale locale, Problem problem, String part, String otherwise) {
        var ofStatus = messages.getMessage("problem." + problem.status() + "." + part, null, otherwise, locale);
        // What only the server's own words can say, such as which event cannot be read.
        Object[] said = {problem.detail()};
        return Objects.requireNonNull(
                messages.getMessage("problem." + problem.code() + "." + part, said, ofStatus, locale));
    }

    /** In the way that scripts understand, if they asked. */
    private static void redirect(HttpServletRequest request, HttpServletResponse response, String address) {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, null);
        if (request.getHeader("HX-Request") != null) {
            response.setStatus(HttpStatus.NO_CONTENT.value());
            response.setHeader("HX-Redirect", address);
        } else {
            response.setStatus(HttpStatus.SEE_OTHER.value());
            response.setHeader(HttpHeaders.LOCATION, address);
        }
    }

    private static boolean isCrossSite(HttpServletRequest request) {
        return "cross-site".equals(request.getHeader("Sec-Fetch-Site"));
    }
}
