package io.keyledger.command.webhook;

import io.keyledger.api.webhook.ChangeWebhook;
import io.keyledger.api.webhook.CreateWebhook;
import io.keyledger.api.webhook.DeleteWebhook;
import io.keyledger.api.webhook.DisableWebhook;
import io.keyledger.api.webhook.EnableWebhook;
import io.keyledger.api.webhook.WebhookEvent;
import io.keyledger.command.IfMatch;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.messaging.annotation.MetaDataValue;
import org.axonframework.modelling.command.AggregateCreationPolicy;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.AggregateLifecycle;
import org.axonframework.modelling.command.AggregateRoot;
import org.axonframework.modelling.command.CommandHandlerInterceptor;
import org.axonframework.modelling.command.CreationPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The aggregate around {@link WebhookState}: receives commands, applies what was decided. What must not be in an event
 * (the URL, the secret) is written to its table in the same transaction.
 */
@AggregateRoot(type = "webhook")
public final class Webhook {

    private @Nullable WebhookState state;

    Webhook() {}

    @AggregateIdentifier
    @Nullable
    String webhookId() {
        return state == null ? null : state.webhookId();
    }

    @CommandHandlerInterceptor
    void checkVersion(@MetaDataValue(IfMatch.METADATA) @Nullable Long version) {
        IfMatch.check(version);
    }

    @CommandHandler
    @CreationPolicy(AggregateCreationPolicy.ALWAYS)
    void handle(CreateWebhook command, Webhooks webhooks, Clock clock) {
        apply(List.of(WebhookState.decide(command)));
        webhooks.add(command.webhookId(), command.accountId(), command.url(), command.secret(), clock.instant());
        webhooks.setTypes(command.webhookId(), state().types());
    }

    @CommandHandler
    void handle(ChangeWebhook command, Webhooks webhooks) {
        apply(state().decide(command, webhooks.url(command.webhookId())));
        if (command.url() != null) {
            webhooks.setUrl(command.webhookId(), command.url());
        }
        webhooks.setTypes(command.webhookId(), state().types());
        webhooks.setVersion(command.webhookId(), AggregateLifecycle.getVersion());
    }

    @CommandHandler
    void handle(DisableWebhook command, Webhooks webhooks) {
        var events = state().decide(command);
        apply(events);
        if (!events.isEmpty()) {
            webhooks.disable(command.webhookId(), command.reason());
            webhooks.setVersion(command.webhookId(), AggregateLifecycle.getVersion());
        }
    }

    @CommandHandler
    void handle(EnableWebhook command, Webhooks webhooks) {
        var events = state().decideToEnable();
        apply(events);
        // Also where no event says that it was disabled: a restore does that to one whose address it does not know.
        webhooks.enable(command.webhookId());
        webhooks.setVersion(command.webhookId(), AggregateLifecycle.getVersion());
    }

    @CommandHandler
    void handle(DeleteWebhook command, Webhooks webhooks) {
        apply(state().decideToDelete());
        webhooks.remove(command.webhookId());
    }

    @EventSourcingHandler
    void on(WebhookEvent event) {
        state = WebhookState.evolve(state, event);
    }

    private static void apply(List<? extends WebhookEvent> events) {
        events.forEach(AggregateLifecycle::apply);
    }

    private WebhookState state() {
        return Objects.requireNonNull(state);
    }
}
