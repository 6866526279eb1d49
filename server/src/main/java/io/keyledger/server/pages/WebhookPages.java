package io.keyledger.server.pages;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Receipt;
import io.keyledger.command.webhook.WebhookChanges;
import io.keyledger.command.webhook.WebhookChanges.NewWebhook;
import io.keyledger.command.webhook.WebhookChanges.WebhookPatch;
import io.keyledger.command.webhook.WebhookTypes;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What a product is told, for administrators. */
@Page
class WebhookPages {

    private static final String WEBHOOK = "redirect:/webhooks/{webhookId}";

    private final WebhookChanges changes;
    private final FormErrors formErrors;

    WebhookPages(WebhookChanges changes, FormErrors formErrors) {
        this.changes = changes;
        this.formErrors = formErrors;
    }

    @GetMapping("/webhooks")
    String list(Caller caller, Model model) {
        model.addAttribute("webhooks", changes.all(caller));
        return "webhooks/list";
    }

    /** What the form asks for, as it was typed. */
    record Wanted(@Nullable String url, @Nullable List<@Nullable String> types) {

        Set<String> chosen() {
            return types == null
                    ? Set.of()
                    : types.stream().filter(Objects::nonNull).collect(Collectors.toSet());
        }

        @Override
        public String toString() {
            return "Wanted[***]";
        }
    }

    /** @param ticked whether it is chosen */
    record Choice(String name, boolean ticked) {}

    @GetMapping("/webhooks/new")
    String createForm(Caller caller, @ModelAttribute("wanted") Wanted wanted, Model model) {
        caller.requireAdministrator();
        FormErrors.none(model);
        return form(wanted, model);
    }

    private static String form(Wanted wanted, Model model) {
        var chosen = wanted.chosen();
        model.addAttribute(
                "choices",
                WebhookTypes.NAMES.stream()
                        .map(name -> new Choice(name, chosen.contains(name)))
                        .toList());
        return "webhooks/new";
    }

    /** Creates it and shows its secret, in this answer and nowhere else. */
    @PostMapping("/webhooks/new")
    String create(
            Caller caller,
            @ModelAttribute("wanted") Wanted wanted,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        caller.requireAdministrator();
        WebhookChanges.Created created;
        try {
            created = changes.create(caller, new NewWebhook(wanted.url(), wanted.chosen()));
        } catch (Refusal e) {
            formErrors.show(e, locale, model, response);
            return form(wanted, model);
        }
        Browsing.changed(request, created.receipt());
        model.addAttribute("webhook", created.webhook());
        model.addAttribute("secret", created.secret());
        return "webhooks/created";
    }

    @GetMapping("/webhooks/{webhookId}")
    String show(Caller caller, @PathVariable String webhookId, Model model) {
        FormErrors.none(model);
        return page(caller, webhookId, model);
    }

    private String page(Caller caller, String webhookId, Model model) {
        model.addAttribute("webhook", changes.get(caller, webhookId));
        return "webhooks/show";
    }

    @PostMapping("/webhooks/{webhookId}/enabled")
    String enable(
            Caller caller,
            @PathVariable String webhookId,
            @RequestParam boolean enabled,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        return change(
                caller,
                webhookId,
                () -> changes.change(caller, webhookId, null, new WebhookPatch(null, null, enabled)),
                enabled ? "webhooks.notice.enabled" : "webhooks.notice.disabled",
                model,
                locale,
                request,
                response);
    }

    @PostMapping("/webhooks/{webhookId}/test")
    String test(
            Caller caller,
            @PathVariable String webhookId,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        return change(
                caller,
                webhookId,
                () -> changes.test(caller, webhookId),
                "webhooks.notice.tested",
                model,
                locale,
                request,
                response);
    }

    private String change(
            Caller caller,
            String webhookId,
            Supplier<Receipt> change,
            String notice,
            Model model,
            Locale locale,
            HttpServletRequest request,
            HttpServletResponse response) {
        try {
            Browsing.changed(request, change.get(), notice);
        } catch (Refusal.Conflict e) {
            formErrors.show(e, locale, model, response);
            return page(caller, webhookId, model);
        }
        return WEBHOOK;
    }

    /** Whoever comes by the address alone, from an expired session for example, sees what they can do. */
    @GetMapping({"/webhooks/{webhookId}/enabled", "/webhooks/{webhookId}/test"})
    String formOfOneButton(Caller caller) {
        caller.requireAdministrator();
        return WEBHOOK;
    }

    /** Asks before it deletes; as a dialog where scripts run. */
    @GetMapping("/webhooks/{webhookId}/delete")
    String deleteForm(Caller caller, @PathVariable String webhookId, Model model, HttpServletRequest request) {
        page(caller, webhookId, model);
        return request.getHeader("HX-Request") == null ? "webhooks/delete" : "webhooks/delete :: form";
    }

    @PostMapping("/webhooks/{webhookId}/delete")
    String delete(Caller caller, @PathVariable String webhookId, HttpServletRequest request) {
        Browsing.changed(request, changes.delete(caller, webhookId, null), "webhooks.notice.deleted");
        return "redirect:/webhooks";
    }
}
