package io.keyledger.command.webhook;

import static java.util.stream.Collectors.joining;

import io.keyledger.api.Refusal;
import io.keyledger.api.TextRules;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.webhook.ChangeWebhook;
import io.keyledger.api.webhook.CreateWebhook;
import io.keyledger.api.webhook.DisableWebhook;
import io.keyledger.api.webhook.WebhookChanged;
import io.keyledger.api.webhook.WebhookCreated;
import io.keyledger.api.webhook.WebhookDeleted;
import io.keyledger.api.webhook.WebhookDisabled;
import io.keyledger.api.webhook.WebhookEnabled;
import io.keyledger.api.webhook.WebhookEvent;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What is decided about a webhook, and what its events make of it. Its URL is no part: no event holds it whole. */
record WebhookState(String webhookId, String accountId, List<String> types, boolean enabled, boolean deleted) {

    static WebhookCreated decide(CreateWebhook command) {
        return new WebhookCreated(
                command.webhookId(), command.accountId(), origin(command.url()), checkTypes(command.types()));
    }

    /** @param currentUrl kept apart from the events */
    List<WebhookEvent> decide(ChangeWebhook command, String currentUrl) {
        requireThere();
        var wantedUrl = command.url() == null ? currentUrl : command.url();
        var wantedTypes = command.types() == null ? types : checkTypes(command.types());
        return wantedUrl.equals(currentUrl) && wantedTypes.equals(types)
                ? List.of()
                : List.of(new WebhookChanged(
                        webhookId, accountId, origin(currentUrl), origin(wantedUrl), types, wantedTypes));
    }

    List<WebhookEvent> decide(DisableWebhook command) {
        requireThere();
        return enabled ? List.of(new WebhookDisabled(webhookId, accountId, command.reason())) : List.of();
    }

    List<WebhookEvent> decideToEnable() {
        requireThere();
        return enabled ? List.of() : List.of(new WebhookEnabled(webhookId, accountId));
    }

    List<WebhookEvent> decideToDelete() {
        requireThere();
        return List.of(new WebhookDeleted(webhookId, accountId));
    }

    static WebhookState evolve(@Nullable WebhookState before, WebhookEvent event) {
        if (event instanceof WebhookCreated created) {
            return new WebhookState(created.webhookId(), created.accountId(), created.types(), true, false);
        }
        return Objects.requireNonNull(before, "the first event of a webhook is its creation")
                .evolve(event);
    }

    private WebhookState evolve(WebhookEvent event) {
        return switch (event) {
            case WebhookCreated _ -> throw new IllegalStateException("created twice: " + webhookId);
            case WebhookChanged changed -> new WebhookState(webhookId, accountId, changed.types(), enabled, deleted);
            case WebhookDisabled _ -> new WebhookState(webhookId, accountId, types, false, deleted);
            case WebhookEnabled _ -> new WebhookState(webhookId, accountId, types, true, deleted);
            case WebhookDeleted _ -> new WebhookState(webhookId, accountId, types, false, true);
        };
    }

    private void requireThere() {
        if (deleted) {
            throw notFound();
        }
    }

    static Refusal notFound() {
        return new Refusal.NotFound("webhook_not_found", "There is no such webhook.");
    }

    /** Scheme, host and port: the rest of a URL may be a secret. */
    private static PersonalText origin(String url) {
        var uri = URI.create(url);
        return PersonalText.of(uri.getScheme() + "://" + uri.getRawAuthority());
    }

    private static List<String> checkTypes(Collection<String> wanted) {
        var unknown = wanted.stream()
                .filter(type -> !WebhookTypes.NAMES.contains(type))
                .sorted()
                .limit(10)
                .map(TextRules::shortened)
                .collect(joining(", "));
        if (!unknown.isEmpty()) {
            throw new Refusal.Unprocessable(
                    "types",
                    "unknown_type",
                    "There is no such type: %s. There are %s."
                            .formatted(unknown, String.join(", ", WebhookTypes.NAMES)));
        }
        return List.copyOf(new TreeSet<>(wanted));
    }
}
