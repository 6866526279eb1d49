package io.keyledger.server.pages;

import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.TokenAction;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.command.token.TokenOwners.TokenOwner;
import io.keyledger.command.token.TokenTransfer;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** A token moves to a service account. */
@Page
class TokenTransferPages {

    private final QueryGateway queries;
    private final TokenTransfer transfer;
    private final ShownAccount shown;
    private final FormErrors formErrors;
    private final Dialogs dialogs;

    TokenTransferPages(
            QueryGateway queries, TokenTransfer transfer, ShownAccount shown, FormErrors formErrors, Dialogs dialogs) {
        this.queries = queries;
        this.transfer = transfer;
        this.shown = shown;
        this.formErrors = formErrors;
        this.dialogs = dialogs;
    }

    /** Asks to which one. */
    @GetMapping("/settings/tokens/{tokenId}/transfer")
    String form(
            Caller caller,
            @PathVariable String tokenId,
            @RequestParam(required = false) @Nullable String accountId,
            HtmxRequest htmx,
            Model model,
            HttpServletRequest request) {
        var owner = shown.of(caller, tokenId, TokenAction.WITHDRAW);
        FormErrors.none(model);
        return form(caller, owner, tokenId, accountId, Browsing.position(request), htmx, model);
    }

    private String form(
            Caller caller,
            TokenOwner owner,
            String tokenId,
            @Nullable String accountId,
            @Nullable Long position,
            HtmxRequest htmx,
            Model model) {
        model.addAttribute(
                "token",
                queries.query(new GetToken(owner.accountId(), tokenId, position), TokenDetails.class)
                        .join());
        model.addAttribute("targets", shown.targets(caller, owner));
        model.addAttribute("target", accountId);
        return htmx.isHtmxRequest() ? "tokens/transfer-form :: form(dialog=true)" : "tokens/transfer";
    }

    @PostMapping("/settings/tokens/{tokenId}/transfer")
    Object transfer(
            Caller caller,
            @PathVariable String tokenId,
            @RequestParam(required = false) @Nullable String accountId,
            HtmxRequest htmx,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        var owner = shown.of(caller, tokenId, TokenAction.WITHDRAW);
        try {
            var receipt = transfer.transfer(caller, owner.accountId(), tokenId, accountId, null);
            return dialogs.done(htmx, request, receipt, "tokens.transferred", "/settings/tokens/" + tokenId, locale);
        } catch (Refusal.NotFound e) {
            throw e;
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return form(caller, owner, tokenId, accountId, Browsing.position(request), htmx, model);
        }
    }
}
