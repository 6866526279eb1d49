package io.keyledger.server.pages;

import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.DisableToken;
import io.keyledger.api.token.EnableToken;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.RequireHeldPermissions;
import io.keyledger.api.token.TokenAction;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.api.token.TokenUse;
import io.keyledger.command.Commands;
import io.keyledger.command.token.TokenNarrowing;
import io.keyledger.command.token.TokenRotation;
import io.keyledger.command.token.TokenRotation.Rotated;
import io.keyledger.command.token.TokenRotation.Rotation;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What is done to a token while programs use it: it gets a new value, it is disabled for a while, it loses permissions. */
@Page
class TokenLifePages {

    /** As the form offers them; the API takes any. */
    private static final List<String> OVERLAPS = List.of("0h", "1h", "24h", "7d");

    private static final String FIRST_OVERLAP = "24h";
    private static final String FIRST_DAYS = "30";

    private final QueryGateway queries;
    private final Commands commands;
    private final TokenRotation rotation;
    private final TokenNarrowing narrowing;
    private final FormErrors formErrors;
    private final Dialogs dialogs;
    private final ShownOnce shownOnce;
    private final ShownAccount shown;

    TokenLifePages(
            QueryGateway queries,
            Commands commands,
            TokenRotation rotation,
            TokenNarrowing narrowing,
            FormErrors formErrors,
            Dialogs dialogs,
            ShownOnce shownOnce,
            ShownAccount shown) {
        this.queries = queries;
        this.commands = commands;
        this.rotation = rotation;
        this.narrowing = narrowing;
        this.formErrors = formErrors;
        this.dialogs = dialogs;
        this.shownOnce = shownOnce;
        this.shown = shown;
    }

    private String account(Caller caller, String tokenId) {
        return shown.of(caller, tokenId, TokenAction.CHANGE).accountId();
    }

    private TokenDetails token(Caller caller, String tokenId, @Nullable Long position) {
        return queries.query(new GetToken(account(caller, tokenId), tokenId, position), TokenDetails.class)
                .join();
    }

    private static String page(String tokenId) {
        return "redirect:/settings/tokens/" + tokenId;
    }

    /** Asks how long the old value stays accepted, and when the token ends from now on. */
    @GetMapping("/settings/tokens/{tokenId}/rotate")
    String rotateForm(
            Caller caller,
            @PathVariable String tokenId,
            @RequestParam(required = false) @Nullable String overlap,
            @RequestParam(required = false) @Nullable String expiry,
            @RequestParam(required = false) @Nullable String expiresOn,
            HtmxRequest htmx,
            Model model,
            HttpServletRequest request) {
        var token = token(caller, tokenId, Browsing.position(request));
        FormErrors.none(model);
        // A new value for a token whose time is over would not work.
        var first = token.status() == TokenStatus.EXPIRED ? FIRST_DAYS : Expiry.KEEP;
        return rotateForm(token, overlap, Expiry.of(expiry, expiresOn, first), htmx, model);
    }

    private static String rotateForm(
            TokenDetails token, @Nullable String overlap, Expiry expiry, HtmxRequest htmx, Model model) {
        model.addAttribute("token", token);
        model.addAttribute("overlaps", OVERLAPS);
        model.addAttribute("overlap", overlap != null && OVERLAPS.contains(overlap) ? overlap : FIRST_OVERLAP);
        model.addAttribute("expiry", expiry);
        return htmx.isHtmxRequest() ? "tokens/rotate-form :: form(dialog=true)" : "tokens/rotate";
    }

    /**
     * Gives the token a new value and shows it, in this answer and nowhere else. Sent again, it shows the token only.
     *
     * @param version of the token that the form was shown for
     */
    @PostMapping("/settings/tokens/{tokenId}/rotate")
    String rotate(
            Caller caller,
            @PathVariable String tokenId,
            @RequestParam(required = false) @Nullable String overlap,
            @RequestParam(required = false) @Nullable String expiry,
            @RequestParam(required = false) @Nullable String expiresOn,
            @RequestParam long version,
            HtmxRequest htmx,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var owner = shown.of(caller, tokenId, TokenAction.CHANGE);
        // Before there is a new value, which nothing that fails later must lose.
        shown.describe(caller, owner, model);
        var account = owner.accountId();
        var wanted = Expiry.of(expiry, expiresOn, Expiry.KEEP);
        var times = (Times) Objects.requireNonNull(model.getAttribute("times"));
        Rotated rotated;
        try {
            rotated = rotation.rotate(caller, account, tokenId, new Rotation(overlap, wanted.instant(times)), version);
        } catch (Refusal.Stale e) {
            // A form that is sent again would end the value that the first answer has just shown.
            Browsing.notify(request, "tokens.rotated.again");
            return page(tokenId);
        } catch (Refusal.Unprocessable e) {
            formErrors.show(e, locale, model, response);
            return rotateForm(token(caller, tokenId, commands.head()), overlap, wanted, htmx, model);
        }
        Browsing.changed(request, rotated.receipt());
        return shownOnce.show(rotated.token(), rotated.value(), model);
    }

    @GetMapping("/settings/tokens/{tokenId}/disable")
    String disableForm(
            Caller caller, @PathVariable String tokenId, HtmxRequest htmx, Model model, HttpServletRequest request) {
        model.addAttribute("token", token(caller, tokenId, Browsing.position(request)));
        return htmx.isHtmxRequest() ? "tokens/disable-form :: form(dialog=true)" : "tokens/disable";
    }

    /** From the moment of the answer no node accepts the token, until it is enabled. */
    @PostMapping("/settings/tokens/{tokenId}/disable")
    Object disable(
            Caller caller, @PathVariable String tokenId, HtmxRequest htmx, Locale locale, HttpServletRequest request) {
        var receipt = commands.send(caller, new DisableToken(tokenId, account(caller, tokenId)));
        return dialogs.done(htmx, request, receipt, "tokens.disabled", "/settings/tokens/" + tokenId, locale);
    }

    @GetMapping("/settings/tokens/{tokenId}/enable")
    String enableForm(
            Caller caller, @PathVariable String tokenId, HtmxRequest htmx, Model model, HttpServletRequest request) {
        model.addAttribute("token", token(caller, tokenId, Browsing.position(request)));
        return htmx.isHtmxRequest() ? "tokens/enable-form :: form(dialog=true)" : "tokens/enable";
    }

    @PostMapping("/settings/tokens/{tokenId}/enable")
    Object enable(
            Caller caller, @PathVariable String tokenId, HtmxRequest htmx, Locale locale, HttpServletRequest request) {
        var account = account(caller, tokenId);
        var receipt = commands.send(
                caller,
                null,
                List.of(
                        new RequireHeldPermissions(tokenId, account, caller.permissions(), false),
                        new EnableToken(tokenId, account)));
        return dialogs.done(htmx, request, receipt, "tokens.enabled", "/settings/tokens/" + tokenId, locale);
    }

    /** Lists which permissions stay, and which do not. */
    @GetMapping("/settings/tokens/{tokenId}/narrow")
    String narrowForm(
            Caller caller, @PathVariable String tokenId, HtmxRequest htmx, Model model, HttpServletRequest request) {
        FormErrors.none(model);
        return narrowForm(caller, token(caller, tokenId, Browsing.position(request)), htmx, model);
    }

    private String narrowForm(Caller caller, TokenDetails token, HtmxRequest htmx, Model model) {
        model.addAttribute("token", token);
        model.addAttribute(
                "use",
                queries.query(new GetTokenUse(account(caller, token.id()), token.id(), null), TokenUse.class)
                        .join());
        return htmx.isHtmxRequest() ? "tokens/narrow-form :: form(dialog=true)" : "tokens/narrow";
    }

    /** Takes away what the token was not asked for, if nobody changed it since the form was shown. */
    @PostMapping("/settings/tokens/{tokenId}/narrow")
    Object narrow(
            Caller caller,
            @PathVariable String tokenId,
            @RequestParam long version,
            HtmxRequest htmx,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var account = account(caller, tokenId);
        try {
            var receipt = commands.send(caller, version, List.of(narrowing.of(account, tokenId)));
            return dialogs.done(htmx, request, receipt, "tokens.narrowed", "/settings/tokens/" + tokenId, locale);
        } catch (Refusal.Stale | Refusal.Conflict e) {
            formErrors.show(e, locale, model, response);
            return narrowForm(caller, token(caller, tokenId, commands.head()), htmx, model);
        }
    }
}
