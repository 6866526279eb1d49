package io.keyledger.command.webhook;

import io.keyledger.api.ForRole;
import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.webhook.ChangeWebhook;
import io.keyledger.api.webhook.CreateWebhook;
import io.keyledger.api.webhook.DeleteWebhook;
import io.keyledger.api.webhook.DisableWebhook;
import io.keyledger.api.webhook.EnableWebhook;
import io.keyledger.api.webhook.WebhookDetails;
import io.keyledger.api.webhook.WebhookDisabled.Reason;
import io.keyledger.command.Commands;
import io.keyledger.command.IfMatch;
import io.keyledger.command.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** What administrators do with webhooks; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class WebhookChanges {

    private final Commands commands;
    private final Webhooks webhooks;
    private final WebhookTargets targets;
    private final WebhookOutbox outbox;

    WebhookChanges(Commands commands, Webhooks webhooks, WebhookTargets targets, WebhookOutbox outbox) {
        this.commands = commands;
        this.webhooks = webhooks;
        this.targets = targets;
        this.outbox = outbox;
    }

    /** The oldest first; never behind. */
    public List<WebhookDetails> all(Caller caller) {
        caller.requireAdministrator();
        return webhooks.all();
    }

    /** Never behind. */
    public WebhookDetails get(Caller caller, String webhookId) {
        caller.requireAdministrator();
        return webhooks.get(webhookId);
    }

    /** @param types that it shall be told of; absent or none: all */
    public record NewWebhook(@Nullable String url, @Nullable Set<String> types) {

        @Override
        public String toString() {
            return "NewWebhook[***]";
        }
    }

    /** @param secret shown this once */
    public record Created(WebhookDetails webhook, String secret, Receipt receipt) {

        @Override
        public String toString() {
            return "Created[***]";
        }
    }

    /** Creates a webhook, which is told what happens from now on. */
    public Created create(Caller caller, NewWebhook wanted) {
        var accountId = caller.requireAdministrator();
        var id = Ids.newWebhookId();
        var secret = WebhookSecret.generate();
        var types = wanted.types() == null ? Set.<String>of() : wanted.types();
        var receipt =
                commands.send(caller, new CreateWebhook(id, accountId, targets.check(wanted.url()), types, secret));
        return new Created(webhooks.get(id), secret, receipt);
    }

    /**
     * What is to be changed.
     *
     * @param url absent: stays
     * @param types none: all; absent: stay
     * @param enabled absent: stays
     */
    public record WebhookPatch(
            @Nullable String url,
            @Nullable Set<String> types,
            @Nullable Boolean enabled) {

        @Override
        public String toString() {
            return "WebhookPatch[***]";
        }
    }

    /** Changes all that is wanted or, when one part is refused, nothing. */
    public Receipt change(Caller caller, String webhookId, @Nullable Long version, WebhookPatch patch) {
        caller.requireAdministrator();
        var toSend = new ArrayList<Object>();
        if (patch.url() != null || patch.types() != null) {
            // That there is none comes before what is wrong with its address.
            webhooks.get(webhookId);
            var url = patch.url() == null ? null : targets.check(patch.url());
            toSend.add(new ChangeWebhook(webhookId, url, patch.types()));
        }
        if (patch.enabled() != null) {
            toSend.add(
                    patch.enabled() ? new EnableWebhook(webhookId) : new DisableWebhook(webhookId, Reason.REQUESTED));
        }
        if (toSend.isEmpty()) {
            IfMatch.check(version, webhooks.get(webhookId).version());
            return new Receipt(commands.head(), null);
        }
        return commands.send(caller, version, toSend);
    }

    /** Deletes it, with its secret and what waits for it. */
    public Receipt delete(Caller caller, String webhookId, @Nullable Long version) {
        caller.requireAdministrator();
        return commands.send(caller, version, List.of(new DeleteWebhook(webhookId)));
    }

    /** Sends it a message that means nothing, to see that it arrives. */
    public Receipt test(Caller caller, String webhookId) {
        if (!get(caller, webhookId).enabled()) {
            throw new Refusal.Conflict("webhook_disabled", "This webhook is disabled. Enable it first.");
        }
        outbox.test(webhookId);
        return new Receipt(commands.head(), null);
    }
}
