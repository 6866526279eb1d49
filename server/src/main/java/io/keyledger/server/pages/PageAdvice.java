package io.keyledger.server.pages;

import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.server.authentication.CallerFilter;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.util.Locale;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.ui.Model;
import org.springframework.web.bind.WebDataBinder;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.InitBinder;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.servlet.support.ExtendedServletRequestDataBinder;

/** What every page shows around its content: whose it is, the time in the reader's zone, what has just been done. */
@ControllerAdvice(annotations = Page.class)
class PageAdvice {

    private final QueryGateway queries;
    private final MessageSource messages;
    private final Clock clock;

    PageAdvice(QueryGateway queries, MessageSource messages, Clock clock) {
        this.queries = queries;
        this.messages = messages;
        this.clock = clock;
    }

    @ModelAttribute
    void surroundings(Model model, HttpServletRequest request, Locale locale) {
        var caller = CallerFilter.caller(request);
        model.addAttribute(
                "times", new Times(ReaderZone.of(request), regional(request, locale), clock.instant(), messages));
        if (isPost(request)) {
            // It answers with another page, or the same one again, which says what is wrong.
            model.addAttribute("notice", null);
        } else {
            model.addAttribute("notice", Browsing.takeNotice(request));
        }
        model.addAttribute("me", me(caller));
    }

    /** The language of the page, with the region that the browser gives: it says how a date is written. */
    private static Locale regional(HttpServletRequest request, Locale locale) {
        return request.getLocale().getLanguage().equals(locale.getLanguage()) ? request.getLocale() : locale;
    }

    private @Nullable AccountDetails me(Caller caller) {
        return caller.accountId() == null
                ? null
                : queries.query(new GetAccount(caller.accountId(), null), AccountDetails.class)
                        .join();
    }

    private static boolean isPost(HttpServletRequest request) {
        return request.getMethod().equals("POST");
    }

    /** Only parameters fill in forms. */
    @InitBinder
    void binder(WebDataBinder binder) {
        binder.setAutoGrowCollectionLimit(100);
        if (binder instanceof ExtendedServletRequestDataBinder ofRequest) {
            // Spring takes a header for a field that was not sent: a proxy's "Name" would be in the form.
            ofRequest.setHeaderPredicate(_ -> false);
        }
    }
}
